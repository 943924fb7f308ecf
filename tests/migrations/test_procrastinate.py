"""The job queue's tables are made by our migrations, and are those that the library expects."""

from pathlib import Path

from procrastinate.schema import SchemaManager

FROZEN = Path("migrations/versions/0003_procrastinate.sql")


def test_the_frozen_schema_is_that_of_the_installed_library() -> None:
    """When this fails, add a migration with what the library's own migrations changed since."""
    assert FROZEN.read_text("utf-8") == SchemaManager.get_schema()
