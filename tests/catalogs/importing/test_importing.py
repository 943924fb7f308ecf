"""Imports into a real PostgreSQL: what is created, what follows the catalog, what stays."""

import asyncio
from decimal import Decimal
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from catalogs.importing.run import NotMigrated
from db.postgres.engine import Database
from domain.enums import Capability
from tests import factories
from tests.imports import entry, graph, import_file, rows, source_file

_WINDOW = "SELECT context_window FROM provider_bindings ORDER BY provider_model_id"
_PRICES = """
    SELECT input_per_1k, source, effective_from = '-infinity' FROM prices ORDER BY effective_from
"""


async def test_a_second_import_changes_the_catalog_only(db: Database) -> None:
    file = source_file(entry("gpt-4o", "openai", "1"), entry("gpt-4o-2024-08-06", "openai", "1"))
    first = await import_file(db, file)
    assert first.has_changes
    before = await graph(db), await rows(db, "SELECT count(*) FROM audit_events")
    plan = await import_file(db, file, is_plan=True)
    again = await import_file(db, file)
    assert not plan.has_changes
    assert not again.has_changes
    ((events,),) = await rows(db, "SELECT count(*) FROM audit_events WHERE kind <> 'CATALOG'")
    assert await graph(db) == before[0]
    assert events < before[1][0][0]
    assert await rows(db, "SELECT revision, name FROM catalogs") == [(2, "first")]


async def test_a_plan_says_what_an_import_does_and_changes_nothing(db: Database) -> None:
    file = source_file(entry("gpt-4o", "openai", "1"))
    plan = await import_file(db, file, is_plan=True)
    assert await rows(db, "SELECT 1 FROM models UNION ALL SELECT 1 FROM catalogs") == []
    done = await import_file(db, file)
    assert plan.created == done.created
    assert len(done.created) == 6


async def test_a_lower_limit_and_a_dropped_capability_arrive(db: Database) -> None:
    both = (Capability.TOOLS, Capability.VISION)
    await import_file(db, source_file(entry("m-1", context_window=2000, capabilities=both)))
    report = await import_file(
        db, source_file(entry("m-1", context_window=1000, capabilities=both[:1]))
    )
    query = "SELECT context_window, capabilities FROM "
    assert await rows(db, query + "provider_bindings") == [(1000, ["TOOLS"])]
    assert await rows(db, query + "model_versions") == [(1000, ["TOOLS"])]
    assert {(each.kind, each.field) for each in report.changed} >= {
        ("binding", "context_window"),
        ("version", "capabilities"),
    }
    await import_file(db, source_file(entry("m-1")))
    assert await rows(db, query + "provider_bindings") == [(None, None)]


async def test_the_catalog_of_lower_precedence_only_fills_what_is_unknown(db: Database) -> None:
    await import_file(db, source_file(entry("m-1", price="1", context_window=2000)))
    other = entry("m-1", price="2", key="x", context_window=1000, max_output_tokens=50)
    report = await import_file(db, source_file(other, catalog="second"))
    query = "SELECT context_window, max_output_tokens FROM provider_bindings"
    assert await rows(db, query) == [(2000, 50)]
    assert await rows(db, _PRICES) == [(Decimal(1), "first", True)]
    assert {(each.field, each.owner, each.other) for each in report.disagreements} == {
        ("context_window", "first", "second"),
        ("price", "first", "second"),
    }


async def test_two_providers_have_their_own_limits(db: Database) -> None:
    await import_file(
        db,
        source_file(entry("m-1", "one", context_window=1), entry("m-1", "two", context_window=2)),
    )
    assert sorted(await rows(db, _WINDOW)) == [(1,), (2,)]
    assert len(await rows(db, "SELECT id FROM models")) == 1


async def test_an_entry_that_is_gone_is_delisted_and_comes_back(db: Database) -> None:
    both = (entry("m-1"), entry("m-2"))
    await import_file(db, source_file(*both))
    gone = await import_file(db, source_file(both[0]))
    assert gone.delisted == ["acme/m-2"]
    query = "SELECT key FROM catalog_entries WHERE delisted_at IS NOT NULL"
    assert await rows(db, query) == [("acme/m-2",)]
    assert len(await rows(db, "SELECT id FROM provider_bindings WHERE status = 'ACTIVE'")) == 2
    assert not (await import_file(db, source_file(both[0]))).has_changes
    back = await import_file(db, source_file(*both))
    assert back.relisted == ["acme/m-2"]
    assert await rows(db, query) == []
    events = (
        "SELECT action FROM audit_events WHERE action IN ('LISTED', 'DELISTED') ORDER BY sequence"
    )
    assert [each for (each,) in await rows(db, events)] == [
        "LISTED",
        "LISTED",
        "DELISTED",
        "LISTED",
    ]


async def test_a_delisted_binding_can_be_disabled(db: Database) -> None:
    both = (entry("m-1"), entry("m-2"))
    await import_file(db, source_file(*both))
    await import_file(db, source_file(both[0]), disable_delisted=True)
    query = "SELECT provider_model_id, status FROM provider_bindings ORDER BY 1"
    assert await rows(db, query) == [("m-1", "ACTIVE"), ("m-2", "DISABLED")]


async def test_a_second_snapshot_moves_the_undated_binding_to_a_rolling_version(
    db: Database,
) -> None:
    names = ("gpt-4o", "gpt-4o-2024-05-13", "gpt-4o-2024-08-06")
    await import_file(db, source_file(*(entry(each, "openai") for each in names[:2])))
    ((before,),) = await rows(
        db, "SELECT id FROM provider_bindings WHERE provider_model_id = 'gpt-4o'"
    )
    report = await import_file(db, source_file(*(entry(each, "openai") for each in names)))
    assert [each.name for each in report.moved] == ["openai/gpt-4o"]
    query = """
        SELECT b.id, v.rolling FROM provider_bindings b JOIN model_versions v ON v.id = b.version_id
        WHERE provider_model_id = 'gpt-4o'
    """
    assert await rows(db, query) == [(before, True)]


async def test_an_undated_version_goes_when_its_snapshot_is_known(db: Database) -> None:
    await import_file(db, source_file(entry("gpt-4o", "openai")))
    both = (entry("gpt-4o", "openai"), entry("gpt-4o-2024-05-13", "openai"))
    report = await import_file(db, source_file(*both))
    assert [each.kind for each in report.deleted] == ["version"]
    assert await rows(db, "SELECT version FROM model_versions") == [("2024.5.13",)]
    assert len(await rows(db, "SELECT 1 FROM catalog_values")) == len(
        await rows(
            db,
            """SELECT 1 FROM providers UNION ALL SELECT 1 FROM models
            UNION ALL SELECT 1 FROM model_versions UNION ALL SELECT 1 FROM provider_bindings""",
        )
    )


async def test_an_edited_version_keeps_its_binding(db: Database) -> None:
    await import_file(db, source_file(entry("gpt-4o", "openai")))
    await rows(db, "UPDATE model_versions SET eval_score = 0.5")
    both = (entry("gpt-4o", "openai"), entry("gpt-4o-2024-05-13", "openai"))
    report = await import_file(db, source_file(*both))
    assert report.moved == []
    assert [each.entry for each in report.remarks] == ["openai/gpt-4o"]
    query = "SELECT version FROM model_versions ORDER BY 1"
    assert await rows(db, query) == [("1.0.0",), ("2024.5.13",)]
    assert not (await import_file(db, source_file(*both))).has_changes


async def test_two_entries_of_one_binding_are_one_and_reported(db: Database) -> None:
    first, second = entry("m-1", price="1", key="a"), entry("m-1", price="2", key="b")
    await import_file(db, source_file(second, first))
    assert await rows(db, _PRICES) == [(Decimal(1), "first", True)]
    assert len(await rows(db, "SELECT id FROM provider_bindings")) == 1
    assert len(await rows(db, "SELECT id FROM catalog_entries")) == 2


async def test_an_operators_binding_is_found_by_its_key(db: Database) -> None:
    model = await factories.model(db, name="m-1")
    version = await factories.version(db, model, version="1.0.0")
    acme = await factories.provider(db, slug="acme")
    own = await factories.binding(db, version, acme, provider_model_id="m-1", context_window=7)
    report = await import_file(db, source_file(entry("m-1", context_window=9)))
    assert await rows(db, "SELECT id, context_window FROM provider_bindings") == [(own.id, 7)]
    assert ("binding", "context_window", 7, 9) in {
        (each.kind, each.field, each.ours, each.theirs) for each in report.conflicts
    }


async def test_a_deleted_binding_stays_deleted_until_it_is_forced(db: Database) -> None:
    file = source_file(entry("m-1", price="1"))
    await import_file(db, file)
    await rows(db, "DELETE FROM provider_bindings")
    for _ in range(2):
        report = await import_file(db, file)
        assert not report.has_changes
        assert [(each.name, each.field) for each in report.conflicts] == [("acme/m-1", "row")]
    assert await rows(db, "SELECT 1 FROM provider_bindings") == []
    await import_file(db, file, force=True)
    assert await rows(db, _PRICES) == [(Decimal(1), "first", True)]
    assert not (await import_file(db, file)).has_changes


async def test_two_imports_at_once_run_one_after_the_other(db: Database) -> None:
    file = source_file(entry("gpt-4o", "openai", "1"), entry("m-1", price="1"))
    reports = await asyncio.gather(import_file(db, file), import_file(db, file))
    assert sorted(each.has_changes for each in reports) == [False, True]


async def test_mutations_during_an_import_are_not_lost(db: Database) -> None:
    names = [f"model{number}x-chat" for number in range(20)]
    await import_file(db, source_file(*(entry(name, context_window=1) for name in names)))

    async def edit(name: str) -> None:
        statement = (
            "UPDATE provider_bindings SET context_window = 3 WHERE provider_model_id = :name"
        )
        async with db.write("operator") as session:
            await (await session.connection()).execute(sa.text(statement), {"name": name})

    changed = source_file(*(entry(name, context_window=2) for name in names))
    await asyncio.gather(*map(edit, names[:10]), import_file(db, changed), *map(edit, names[10:]))
    assert set(await rows(db, _WINDOW)) == {(3,)}
    report = await import_file(db, changed)
    assert len([each for each in report.conflicts if each.field == "context_window"]) == 20


async def test_a_failed_import_leaves_nothing(db: Database) -> None:
    file = source_file(entry("m-1"), entry("m-2", provider="x" * 64))
    report = await import_file(db, file)
    assert [each.entry for each in report.skipped] == ["x" * 64 + "/m-2"]
    before = await graph(db)
    await rows(db, "ALTER TABLE catalog_values ADD CHECK (false) NOT VALID")
    with pytest.raises(Exception, match="check"):
        await import_file(db, source_file(entry("m-1"), entry("m-3")))
    assert await graph(db) == before


async def test_an_old_schema_is_refused(empty_url: str) -> None:
    database = Database(empty_url)
    with pytest.raises(NotMigrated):
        await import_file(database, source_file(entry("m-1")))
    await database.close()


async def test_the_number_of_statements_does_not_depend_on_the_size(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []
    await import_file(db, source_file(entry("model0x0-chat")))  # an empty registry is read faster
    for size in (3, 60):
        names = [f"model{number}x{size}-chat" for number in range(size)]
        for amount in ("1", "2"):
            file = source_file(*(entry(name, price=amount) for name in names))
            statements = _counted(monkeypatch)
            await import_file(db, file)
            counts.append(len(statements))
            monkeypatch.undo()
    assert counts[2:] == counts[:2]
    assert max(counts) < 40


# What a new connection or transaction begins with; how many there are depends on the load.
_OF_CONNECTIONS = (
    "BEGIN",
    "set_config",
    "typname",
    "pg_catalog.version",
    "current_schema",
    "show ",
)


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The statements that the driver is told to run from now on."""
    statements: list[Any] = []
    for name in ("execute", "copy"):
        run = getattr(psycopg.AsyncCursor, name)

        def noted(self: Any, statement: Any, *rest: Any, run: Any = run, **named: Any) -> Any:
            if not any(word in str(statement) for word in _OF_CONNECTIONS):
                statements.append(statement)
            return run(self, statement, *rest, **named)

        monkeypatch.setattr(psycopg.AsyncCursor, name, noted)
    return statements


async def test_an_archived_version_stays_archived_and_is_named(db: Database) -> None:
    file = source_file(entry("m-1", price="1"))
    await import_file(db, file)
    await rows(db, "DELETE FROM provider_bindings")
    await rows(db, "UPDATE model_versions SET status = 'ARCHIVED', archived_at = now()")
    more = source_file(entry("m-1", price="2"), entry("m-1", "other", price="2"))
    report = await import_file(db, more)
    assert {each.entry for each in report.skipped} == {"acme/m-1", "other/m-1"}
    assert report.conflicts == []
    assert await rows(db, "SELECT status FROM model_versions") == [("ARCHIVED",)]
    assert await rows(db, "SELECT 1 FROM provider_bindings") == []
    assert not (await import_file(db, more)).has_changes


async def test_the_report_says_what_a_price_was_before(db: Database) -> None:
    await import_file(db, source_file(entry("m-1", price="1")))
    report = await import_file(db, source_file(entry("m-1", price="2")))
    (change,) = (each for each in report.changed if each.kind == "price")
    assert (change.before, change.after) == ("INPUT 1/TOKENS_1K", "INPUT 2/TOKENS_1K")


async def test_the_report_says_what_an_entry_said_before(db: Database) -> None:
    await import_file(db, source_file(entry("m-1", context_window=2000, docs_url="https://a.b")))
    report = await import_file(db, source_file(entry("m-1", context_window=1000)))
    assert [tuple(each) for each in report.changed if each.kind == "entry"] == [
        ("entry", "acme/m-1", "context_window", 2000, 1000),
        ("entry", "acme/m-1", "docs_url", "https://a.b", None),
    ]
