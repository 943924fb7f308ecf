"""A batch reads only the declared attributes of its parents: a compiled plan loads no others."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.orm import undefer
from sqlmodel import SQLModel, select
from strawberry.types.base import StrawberryObjectDefinition

from db.postgres.engine import Database
from domain.periods import UsageStep
from resolvers.costs import UsageInput
from resolvers.pages import Page
from resolvers.reference_inputs import VersionSelector
from tests import factories
from tests.graphql import SCHEMA, context

NOW = datetime.now(UTC)
REQUIRED: dict[str, dict[str, Any]] = {
    "selected_versions": {"select": VersionSelector(latest=True)},
    "estimates": {"usage": UsageInput(input_tokens=1_000)},
    "points": {"since": NOW - timedelta(hours=3), "until": NOW, "step": UsageStep.HOUR},
}
BATCHES = {
    f"{entry.definition.name}.{field.python_name}": (
        getattr(entry.definition.origin, "__row__", None),
        field.metadata,
    )
    for entry in SCHEMA.schema_converter.type_map.values()
    if isinstance(entry.definition, StrawberryObjectDefinition)
    for field in entry.definition.fields
    if "batch" in field.metadata
}
OF_TABLES = {
    name: batch for name, batch in BATCHES.items() if batch[0] and issubclass(batch[0], SQLModel)
}


def _plain(value: Any) -> Any:
    """The values of a batch in a form that compares by value."""
    if isinstance(value, Page):
        return [_plain(row) for row in value.nodes]
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return getattr(value, "id", value)


async def _rows(db: Database, table: Any) -> list[Any]:
    for _ in range(2):
        await factories.token(db)
        version = await factories.version(db, await factories.model(db), slo_latency_ms=5)
        binding = await factories.binding(db, version, latency_ms=1.0)
        await factories.price(db, binding, "0.1")
        minute = (NOW - timedelta(hours=2)).replace(second=0, microsecond=0)
        await factories.minute(db, binding.id, minute, **factories.latencies(10))
        await factories.alias(db, version)
        await factories.entry(db, await factories.catalog(db), binding, {"priority": 7})
    async with db.write("tests") as session:
        return list(await session.exec(select(table).options(undefer("*"))))


@pytest.mark.parametrize("name", OF_TABLES)
async def test_a_batch_reads_only_what_it_declares(db: Database, name: str) -> None:
    table, metadata = OF_TABLES[name]
    batch = metadata["batch"]
    rows = await _rows(db, table)
    assert len(rows) > 1
    narrow = [
        SimpleNamespace(**{need: getattr(row, need) for need in metadata["needs"]}) for row in rows
    ]
    info = SimpleNamespace(context=context(db))
    arguments = REQUIRED.get(batch.__name__, {})
    expected = _plain(await batch(info, rows, **arguments))
    assert _plain(await batch(info, narrow, **arguments)) == expected
    assert len(expected) == len(rows)


def test_there_is_something_to_check() -> None:
    assert len(OF_TABLES) > 12
