"""Imports catalogs into a real PostgreSQL."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from catalogs import genai_prices, litellm, synthetic
from catalogs.catalog import Binding, Catalog, Facts, Model, Price, Provider, Version
from catalogs.load import Counts, NotMigrated, Report, load
from catalogs.prices import EPOCH
from db.postgres.engine import Database
from domain.enums import Capability, ProviderKind, TaskType
from tests import factories

MAP = Path(__file__).with_name("litellm.json")
TABLES = ("models", "model_versions", "providers", "provider_bindings", "prices", "registry_state")


def _price(amount: str, effective_from: datetime | None = None) -> Price:
    return Price(
        input_per_1k=Decimal(amount),
        output_per_1k=None,
        cache_read_per_1k=None,
        effective_from=effective_from,
    )


def _catalog(
    *prices: Price, source: str = "test", versions: tuple[str, ...] = ("1.0.0",), **facts: Any
) -> Catalog:
    binding = Binding(provider="acme", provider_model_id="m-1", prices=prices)
    return Catalog(
        source=source,
        providers=(Provider(slug="acme", name="Acme", kind=ProviderKind.OPENAI),),
        models=[
            Model(
                name="m",
                task=TaskType.CHAT,
                versions=tuple(
                    Version(version=version, facts=Facts(**facts), bindings=(binding,))
                    for version in versions
                ),
            )
        ],
        binding_count=len(versions),
    )


async def _load(db: Database, catalog: Catalog) -> Report:
    return await load(db, catalog, lambda done, total: None)


async def _rows(db: Database, query: str, **parameters: Any) -> list[Any]:
    async with db.write("tests") as session:
        return [tuple(row) for row in await session.exec(sa.text(query), params=parameters)]


async def _contents(db: Database) -> dict[str, list[Any]]:
    return {table: await _rows(db, f"SELECT * FROM {table} ORDER BY id") for table in TABLES}


async def _prices(db: Database) -> list[Any]:
    rows = "SELECT input_per_1k, effective_from, source FROM prices ORDER BY effective_from"
    return await _rows(db, rows)


def _changes(report: Report) -> int:
    return sum(counts.created + counts.changed for counts in report.counts.values())


async def test_a_second_import_of_the_genai_prices_catalog_changes_nothing(
    db: Database,
) -> None:
    first = await _load(db, genai_prices.read())
    before = await _contents(db)
    second = await _load(db, genai_prices.read())
    assert all(counts.created > 0 for counts in first.counts.values())
    assert _changes(second) == 0
    assert {k: c.unchanged for k, c in second.counts.items()} == {
        k: c.created for k, c in first.counts.items()
    }
    assert await _contents(db) == before
    counts = await _rows(
        db,
        "SELECT count(DISTINCT provider_id), count(input_per_1k) FROM provider_bindings b"
        " JOIN models m ON m.id = model_id JOIN prices ON binding_id = b.id WHERE name = 'gpt-4o'",
    )
    assert counts[0] > (1, 3)


async def test_the_report_counts_the_rows_of_the_tables(db: Database) -> None:
    report = await _load(db, litellm.read(str(MAP)))
    for kind, table in zip(report.counts, ("providers", *TABLES[:2], *TABLES[3:5]), strict=True):
        assert await _rows(db, f"SELECT count(*) FROM {table}") == [(report.counts[kind].created,)]
    assert await _rows(db, "SELECT revision FROM registry_state") == [(_changes(report),)]
    assert len(report.skipped) == 6


async def test_two_catalogs_share_models_and_importing_both_again_changes_nothing(
    db: Database,
) -> None:
    await _load(db, genai_prices.read())
    second = await _load(db, litellm.read(str(MAP)))
    assert second.counts["model"].unchanged > 10
    before = await _contents(db)
    assert _changes(await _load(db, genai_prices.read())) == 0
    assert _changes(await _load(db, litellm.read(str(MAP)))) == 0
    assert await _contents(db) == before


async def test_versions_are_numbered_by_precedence_and_later_imports_continue_the_numbers(
    db: Database,
) -> None:
    await _load(db, _catalog(versions=("1.10.0", "1.2.0", "1.10.0-rc.1")))
    await _load(db, _catalog(versions=("1.3.0", "1.10.0")))
    rows = await _rows(db, "SELECT version, number FROM model_versions ORDER BY number")
    assert rows == [("1.2.0", 1), ("1.10.0-rc.1", 2), ("1.10.0", 3), ("1.3.0", 4)]
    assert await _rows(db, "SELECT last_number FROM models") == [(4,)]


async def test_the_first_price_starts_at_the_epoch_and_a_changed_price_is_added(
    db: Database,
) -> None:
    await _load(db, _catalog(_price("0.001")))
    start = datetime.now(UTC)
    report = await _load(db, _catalog(_price("0.002")))
    again = await _load(db, _catalog(_price("0.002")))
    old, new = await _prices(db)
    assert old == (Decimal("0.001"), EPOCH, "test")
    assert new[0] == Decimal("0.002")
    assert new[1] >= start
    assert (report.counts["price"].created, _changes(again)) == (1, 0)


async def test_a_price_that_changes_back_is_added_again(db: Database) -> None:
    for amount in ("0.001", "0.002", "0.001"):
        await _load(db, _catalog(_price(amount)))
    assert [row[0] for row in await _prices(db)] == [
        Decimal("0.001"),
        Decimal("0.002"),
        Decimal("0.001"),
    ]


async def test_dated_prices_keep_their_dates_also_in_the_future(db: Database) -> None:
    june, later = datetime(2025, 6, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)
    catalog = _catalog(_price("1", EPOCH), _price("2", june), _price("3", later))
    await _load(db, catalog)
    assert [row[1] for row in await _prices(db)] == [EPOCH, june, later]
    assert _changes(await _load(db, catalog)) == 0


async def test_a_corrected_past_price_is_added_as_the_price_from_now_on(db: Database) -> None:
    june = datetime(2025, 6, 1, tzinfo=UTC)
    await _load(db, _catalog(_price("1", EPOCH), _price("2", june)))
    corrected = _catalog(_price("1", EPOCH), _price("5", june))
    report = await _load(db, corrected)
    assert [row[0] for row in await _prices(db)] == [Decimal(1), Decimal(2), Decimal(5)]
    assert report.counts["price"].created == 1
    assert _changes(await _load(db, corrected)) == 0


async def test_two_sources_that_disagree_add_one_price_each(db: Database) -> None:
    ours, theirs = _catalog(_price("1")), _catalog(_price("2"), source="other")
    for catalog in (ours, theirs, ours, theirs):
        await _load(db, catalog)
    rows = await _prices(db)
    assert [(row[0], row[2]) for row in rows] == [(Decimal(1), "test"), (Decimal(2), "other")]


async def test_facts_are_updated_and_the_content_hash_is_not(db: Database) -> None:
    few, more = (Capability.VISION,), (Capability.TOOLS,)
    await _load(db, _catalog(context_window=1_000, capabilities=few))
    query = "SELECT content_hash, context_window, capabilities, revision FROM model_versions"
    [before] = await _rows(db, query)
    report = await _load(db, _catalog(context_window=2_000, capabilities=more))
    await _load(db, _catalog(context_window=None, capabilities=None))
    assert await _rows(db, query) == [(before[0], 2_000, ["TOOLS", "VISION"], 2)]
    assert report.counts["version"] == Counts(created=0, changed=1, unchanged=0)


async def test_a_sunset_date_is_updated_and_values_that_people_set_are_kept(db: Database) -> None:
    await _load(db, _catalog())
    async with db.write("tests") as session:
        for change in (
            "UPDATE provider_bindings SET priority = 7, status = 'DRAINING'",
            "UPDATE models SET task = 'RERANK', subject = 'law'",
        ):
            await session.exec(sa.text(change))
    catalog = _catalog()
    [model] = catalog.models
    [version] = model.versions
    with_sunset = replace(version.bindings[0], sunset_on=date(2030, 1, 1))
    models = [replace(model, versions=(replace(version, bindings=(with_sunset,)),))]
    report = await _load(db, replace(catalog, models=models))
    bindings = "SELECT priority, status, sunset_on, revision FROM provider_bindings"
    assert await _rows(db, bindings) == [(7, "DRAINING", date(2030, 1, 1), 2)]
    assert await _rows(db, "SELECT task, subject FROM models") == [("RERANK", "law")]
    assert report.counts["binding"].changed == 1


async def test_an_archived_version_is_not_changed_and_is_reported(db: Database) -> None:
    model = await factories.model(db, name="m")
    archived = {"version": "1.0.0", "status": "ARCHIVED", "archived_at": datetime.now(UTC)}
    await factories.version(db, of=model, **archived)
    report = await _load(db, _catalog(_price("1"), versions=("1.0.0", "2.0.0"), context_window=5))
    assert [(issue.entry, issue.reason) for issue in report.skipped] == [
        ("m 1.0.0", "the version is archived; restoreVersion brings it back")
    ]
    for kind in ("version", "binding", "price"):
        assert report.counts[kind] == Counts(created=1, changed=0, unchanged=0, skipped=1)
    assert await _rows(db, "SELECT context_window FROM model_versions ORDER BY version") == [
        (None,),
        (5,),
    ]
    assert await _rows(db, "SELECT count(*) FROM provider_bindings") == [(1,)]


async def test_a_failed_import_leaves_no_rows(db: Database) -> None:
    catalog = _catalog(_price("-1"))
    with pytest.raises(Exception, match="ck_prices_input_per_1k_range"):
        await _load(db, catalog)
    rows = await _contents(db)
    assert rows.pop("registry_state") == [(1, 0)]
    assert not any(rows.values())


async def test_concurrent_imports_run_one_after_another(db: Database) -> None:
    catalogs = [_catalog(_price("1"), versions=("1.0.0", "2.0.0")) for _ in range(4)]
    reports = await asyncio.gather(*(_load(db, catalog) for catalog in catalogs))
    assert sorted(_changes(report) for report in reports) == [0, 0, 0, 8]


async def test_a_database_without_the_tables_raises_not_migrated(empty_url: str) -> None:
    database = Database(empty_url)
    try:
        with pytest.raises(NotMigrated):
            await _load(database, _catalog())
    finally:
        await database.close()


async def test_progress_ends_with_the_total(db: Database) -> None:
    steps: list[tuple[int, int]] = []
    await load(db, synthetic.read(30, 2, 5, 1), lambda *step: steps.append(step))
    assert steps[-1] == (300, 300)


def test_a_synthetic_catalog_depends_on_its_seed_alone() -> None:
    def models(seed: int) -> list[Model]:
        return list(synthetic.read(5, 3, 4, seed).models)

    assert models(1) == models(1)
    assert models(1) != models(2)
    assert [model.name for model in models(1)] == [f"model-000{n}" for n in range(1, 6)]


async def test_a_synthetic_catalog_is_labelled_and_has_every_figure(db: Database) -> None:
    report = await _load(db, synthetic.read(20, 5, 40, 7))
    assert _changes(await _load(db, synthetic.read(20, 5, 40, 7))) == 0
    assert report.counts["binding"] == Counts(created=4_000, changed=0, unchanged=0)
    labels = await _rows(db, "SELECT DISTINCT labels ->> 'synthetic' FROM models")
    assert labels == [("true",)]
    assert await _rows(db, "SELECT DISTINCT source FROM prices") == [("synthetic",)]
    names = await _rows(db, "SELECT name FROM providers")
    assert all(re.match("Synthetic ", name) for (name,) in names)
    unknown = "eval_score IS NULL OR cost_per_1k IS NULL OR slo_latency_ms IS NULL"
    assert await _rows(db, f"SELECT count(*) FROM model_versions WHERE {unknown}") == [(0,)]
    unknown = "success_rate IS NULL OR latency_ms IS NULL"
    assert await _rows(db, f"SELECT count(*) FROM provider_bindings WHERE {unknown}") == [(0,)]
