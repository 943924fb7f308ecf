"""The first imports into a registry whose entries migration 0010 made."""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from catalogs.entry import Entry, Said, SaidPrice, SourceFile, to_json
from catalogs.importing import run
from catalogs.importing.plan import Options
from catalogs.importing.report import Report
from db.postgres.engine import Database
from domain.enums import Capability, PriceMeter, PriceUnit, TaskType
from domain.prices import PriceComponent, columns
from domain.prices import to_json as price_json
from tests import factories

PRICE = (PriceComponent(PriceMeter.INPUT, PriceUnit.TOKENS_1K, Decimal("0.1")),)


def _entry(key: str, model: str, **said: Any) -> Entry:
    said = {"task": TaskType.CHAT, "prices": (SaidPrice(None, PRICE),), **said}
    return Entry(
        key=key,
        provider="acme",
        provider_model_id=model,
        region=None,
        raw_name=model,
        said=Said(**said),
    )


async def _migrated(db: Database, model: str, catalog: Any, provider: Any) -> None:
    """A model of one version and binding, as the migration leaves what an import wrote."""
    row = await factories.model(db, name=model)
    version = await factories.version(
        db, row, version="1.0.0", context_window=8_192, capabilities=[Capability.TOOLS]
    )
    binding = await factories.binding(db, version, provider, provider_model_id=model, priority=100)
    start = {"effective_from": None, "source": catalog.name}
    amounts = {name: value for name, value in columns(PRICE).items() if name != "input_per_1k"}
    await factories.price(db, binding, "0.1", components=price_json(PRICE), **start, **amounts)
    entry = _entry(f"acme/{model}", model)
    stored = await factories.entry(db, catalog, binding, key=entry.key)
    async with db.write("tests") as session:
        merged = await session.merge(stored)
        merged.said = {**to_json(entry), "migrated": True}
    await factories.catalog_values(db, row, name=model, task="CHAT")
    await factories.catalog_values(
        db, version, status="ACTIVE", context_window=8_192, capabilities=["TOOLS"]
    )
    await factories.catalog_values(db, binding, priority=100)


async def _import(db: Database, name: str, *entries: Entry) -> Report:
    file = SourceFile(
        catalog=name, precedence=10, url=None, file_hash="0" * 64, entries=tuple(entries)
    )
    return await run.run(db, file, {}, Options(), lambda done, total: None)


async def _rows(db: Database, query: str) -> list[Any]:
    async with db.write("tests") as session:
        return [tuple(row) for row in await (await session.connection()).execute(sa.text(query))]


VERSIONS = """SELECT m.name, context_window, capabilities FROM model_versions v
    JOIN models m ON m.id = v.model_id ORDER BY 1"""
ENTRIES = """SELECT c.name, key, said ? 'migrated', delisted_at IS NULL FROM catalog_entries e
    JOIN catalogs c ON c.id = e.catalog_id ORDER BY 1, 2"""


async def test_an_import_continues_its_entries_and_clears_nothing_of_another_catalog(
    db: Database,
) -> None:
    provider = await factories.provider(db, slug="acme", name="Acme")
    first = await factories.catalog(db, name="first", precedence=10)
    other = await factories.catalog(db, name="other", precedence=30)
    await _migrated(db, "alpha", first, provider)
    await _migrated(db, "beta", other, provider)
    report = await _import(db, "first", _entry("own key", "alpha", context_window=100))
    assert (report.created, report.conflicts, report.delisted) == ([], [], [])
    assert await _rows(db, ENTRIES) == [
        ("first", "own key", False, True),
        ("other", "acme/beta", True, True),
    ]
    assert await _rows(db, VERSIONS) == [("alpha", 100, None), ("beta", 8_192, ["TOOLS"])]
    again = await _import(db, "first", _entry("own key", "alpha", context_window=100))
    assert not again.has_changes


async def test_what_its_file_does_not_name_is_delisted_and_stays_as_it_is(db: Database) -> None:
    provider = await factories.provider(db, slug="acme", name="Acme")
    catalog = await factories.catalog(db, name="first", precedence=10)
    await _migrated(db, "alpha", catalog, provider)
    report = await _import(db, "first", _entry("x", "gamma"))
    assert report.delisted == ["acme/alpha"]
    assert ("alpha", 8_192, ["TOOLS"]) in await _rows(db, VERSIONS)
