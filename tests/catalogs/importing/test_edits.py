"""What an operator edited stays through later imports, and is reported until it is forced."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from catalogs.entry import Entry, SourceFile
from db.postgres.engine import Database
from domain.enums import Capability, TaskType
from tests.imports import entry, import_file, rows, source_file

_SAID: dict[str, Any] = {
    "context_window": 100,
    "max_output_tokens": 10,
    "capabilities": (Capability.TOOLS,),
    "requests_per_minute": 5,
    "tokens_per_minute": 50,
    "priority": 900,
    "sunset_on": date(2027, 1, 1),
    "released_on": date(2025, 1, 1),
    "deprecated": False,
    "task": TaskType.CHAT,
    "description": "A model.",
    "provider_name": "Acme",
    "api_base": "https://acme.example/v1",
    "docs_url": "https://acme.example/docs",
}
_EDITS = {
    "provider_bindings": {
        "context_window": 7,
        "max_output_tokens": 7,
        "capabilities": "{VISION}",
        "requests_per_minute": 7,
        "tokens_per_minute": 7,
        "priority": 7,
        "sunset_on": "2030-01-01",
    },
    "model_versions": {
        "status": "DRAFT",
        "context_window": 7,
        "max_output_tokens": 7,
        "capabilities": "{VISION}",
        "released_on": "2020-01-01",
        "rolling": True,
    },
    "models": {"name": "renamed", "task": "EMBEDDING", "description": "Edited."},
    "providers": {
        "name": "Edited",
        "api_base": "https://edited.example/v1",
        "docs_url": "https://edited.example/docs",
    },
}
_PRICE = """
    INSERT INTO prices (id, binding_id, input_per_1k, components, effective_from, source)
    SELECT uuidv7(), id, 7, '[{"unit": "TOKENS_1K", "meter": "INPUT", "amount": "7",
        "variant": "STANDARD", "aboveInputTokens": 0}]'::jsonb, now(), 'operator'
    FROM provider_bindings
"""


def _files(**changes: Any) -> list[SourceFile]:
    said = _SAID | changes
    amount = "2" if changes else "1"
    first = entry("m-1", price=amount, **said)
    others = [entry("m-1", price="3", key="other", **{**said, "context_window": 99})]
    return [source_file(first), source_file(*others, catalog="second")]


async def _edit(db: Database) -> None:
    for table, columns in _EDITS.items():
        values = ", ".join(f"{name} = '{value}'" for name, value in columns.items())
        await rows(db, f"UPDATE {table} SET {values}")
    await rows(db, _PRICE.replace(":", r"\:").replace(r"\:\:", "::"))


async def _rows(db: Database) -> dict[str, Any]:
    found = {
        table: await rows(db, f"SELECT {', '.join(columns)} FROM {table}")
        for table, columns in _EDITS.items()
    }
    price = "SELECT input_per_1k FROM prices ORDER BY effective_from DESC LIMIT 1"
    return found | {"prices": await rows(db, price)}


async def test_twenty_edits_stay_and_are_conflicts_until_forced(db: Database) -> None:
    for file in _files():
        await import_file(db, file)
    await _edit(db)
    edited = await _rows(db)
    changed = {"context_window": 200, "description": "Another.", "api_base": "https://new.example"}
    for files in (_files(), _files(**changed)):
        for file in files:
            report = await import_file(db, file)
            assert await _rows(db) == edited
            fields = {(each.kind, each.field) for each in report.conflicts}
            assert len(report.conflicts) == len(fields) == 20
    (only, _) = _files(**changed)
    await import_file(db, only, force=True)
    forced = await _rows(db)
    assert forced["models"] == [("m-1", "CHAT", "Another.")]
    assert forced["providers"] == [
        ("Acme", "https://new.example", "https://acme.example/docs"),
    ]
    assert forced["provider_bindings"][0][0] == 200
    assert forced["prices"] == [(Decimal(2),)]
    report = await import_file(db, only)
    assert (report.has_changes, report.conflicts) == (False, [])


async def test_a_renamed_model_stays_the_same_model(db: Database) -> None:
    await import_file(db, source_file(entry("m-1", price="1")))
    await rows(db, "UPDATE models SET name = 'ours'")
    more: list[Entry] = [entry("m-1", price="1"), entry("m-1", "other", price="1")]
    await import_file(db, source_file(*more))
    assert await rows(db, "SELECT name FROM models") == [("ours",)]
    assert len(await rows(db, "SELECT 1 FROM provider_bindings")) == 2


async def test_a_renamed_model_is_not_split(db: Database) -> None:
    """Its binding stays, although the catalog calls it otherwise now."""
    before = entry("m-1", price="1")
    await import_file(db, source_file(before))
    await rows(db, "UPDATE models SET name = 'ours'")
    await import_file(db, source_file(replace(before, raw_name="other-2")))
    assert await rows(db, "SELECT name FROM models") == [("ours",)]
