"""Archiving deletes rows: each of them must be in the archive."""

from typing import Any
from uuid import UUID

import pytest
from sqlmodel import SQLModel

from db.tables import (
    BindingHealth,
    Circuit,
    ModelAlias,
    ModelVersion,
    Price,
    ProviderBinding,
)
from db.writes.archive_rows import rows_of

ARCHIVED = {ProviderBinding.__tablename__, Price.__tablename__}
HELD = {Circuit.__tablename__}  # archived if an operator holds it: tests/resolvers/writing
REFUSED = {ModelAlias.__tablename__}  # a version with an alias is not archived
MEASURED = {BindingHealth.__tablename__}  # of the last minutes: begins anew


def test_every_table_below_a_version_is_archived() -> None:
    """A table that is added below a version or a binding would lose its rows with them."""
    parents = {ModelVersion.__tablename__, *ARCHIVED}
    children = {
        table.name
        for table in SQLModel.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in parents
    }
    assert children == ARCHIVED | HELD | REFUSED | MEASURED


@pytest.mark.parametrize(
    ("start", "source", "said"),
    [
        ("2020-01-01T00:00:00+00:00", "litellm", False),
        ("2020-01-01T00:00:00+00:00", "contract", True),
        ("2024-01-01T00:00:00+00:00", "litellm", True),
    ],
)
def test_an_old_price_has_no_made_up_start(start: str, source: str, said: bool) -> None:
    id = str(UUID(int=1))
    price: dict[str, Any] = {"id": id, "binding_id": id, "input_per_1k": "0.5"}
    price |= {"effective_from": start, "source": source}
    binding = {"id": id, "version_id": id, "model_id": id, "provider_id": id}
    binding |= {
        "provider_model_id": "m",
        "status": "ACTIVE",
        "provider": {"id": id, "slug": "p"},
        "prices": [price],
    }
    found = rows_of({"version": {"metadata": None}, "bindings": [binding]}).prices[0]
    assert (found["effective_from"] is not None) == said
    assert [each["amount"] for each in found["components"]] == ["0.5"]
