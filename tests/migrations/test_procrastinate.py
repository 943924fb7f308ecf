"""Our migrations create the tables of the job queue as the installed library expects them."""

from pathlib import Path

from procrastinate.schema import SchemaManager

FROZEN = Path("migrations/versions/0003_procrastinate.sql")


def test_the_frozen_schema_is_that_of_the_installed_library() -> None:
    """When this fails, add a migration with what the library's own migrations have changed."""
    assert FROZEN.read_text("utf-8") == SchemaManager.get_schema()
