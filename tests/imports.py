"""Imports of small files into a test's registry, and what is in the registry then."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from catalogs.entry import Entry, Said, SaidPrice, SourceFile
from catalogs.importing.plan import Options
from catalogs.importing.report import Report
from catalogs.importing.run import run
from db.postgres.engine import Database
from domain.enums import PriceMeter, PriceUnit
from domain.prices import PriceComponent

# Without ids, times and numbers, which depend on the order of imports.
_GRAPH = {
    "providers": "SELECT slug, name, kind, api_base, docs_url FROM providers",
    "models": "SELECT name, task, description, labels FROM models",
    "versions": """
        SELECT m.name, v.version, v.content_hash, v.status, v.context_window, v.max_output_tokens,
            v.capabilities, v.released_on, v.rolling
        FROM model_versions v JOIN models m ON m.id = v.model_id
    """,
    "bindings": """
        SELECT m.name, v.version, p.slug, b.provider_model_id, b.region, b.status, b.priority,
            b.sunset_on, b.context_window, b.max_output_tokens, b.capabilities,
            b.requests_per_minute, b.tokens_per_minute
        FROM provider_bindings b JOIN model_versions v ON v.id = b.version_id
        JOIN models m ON m.id = b.model_id JOIN providers p ON p.id = b.provider_id
    """,
    "prices": """
        SELECT p.slug, b.provider_model_id, b.region, x.components, x.input_per_1k,
            x.effective_from = '-infinity', x.source
        FROM prices x JOIN provider_bindings b ON b.id = x.binding_id
        JOIN providers p ON p.id = b.provider_id
    """,
    "entries": """
        SELECT c.name, e.key, e.said, m.name, v.version, b.provider_model_id, e.delisted_at IS NULL
        FROM catalog_entries e JOIN catalogs c ON c.id = e.catalog_id
        JOIN provider_bindings b ON b.id = e.binding_id
        JOIN model_versions v ON v.id = e.version_id AND v.id = b.version_id
        JOIN models m ON m.id = v.model_id
    """,
    "bases": "SELECT columns FROM catalog_values",
}
PRECEDENCE = {"first": 10, "second": 20, "third": 30}


async def import_file(db: Database, file: SourceFile, **options: Any) -> Report:
    """Import or plan the file; `options` are those of catalogs.importing.plan.Options."""
    report = await run(db, file, {}, Options(**options), lambda done, total: None)
    assert not report.warnings
    return report


def source_file(*entries: Entry, catalog: str = "first") -> SourceFile:
    """A file with these entries, of a catalog of PRECEDENCE."""
    return SourceFile(
        catalog=catalog,
        precedence=PRECEDENCE[catalog],
        url=None,
        file_hash="a" * 64,
        entries=entries,
    )


def entry(
    name: str, provider: str = "acme", price: str | None = None, key: str = "", **said: Any
) -> Entry:
    """An entry of a model; `price` is in US dollars per 1,000 tokens of input."""
    if price is not None:
        said["prices"] = (SaidPrice(None, components(price)),)
    return Entry(
        key=key or f"{provider}/{name}",
        provider=provider,
        provider_model_id=name,
        region=None,
        raw_name=name,
        said=Said(**said),
    )


def components(amount: str) -> tuple[PriceComponent, ...]:
    """A price of input only."""
    return (PriceComponent(PriceMeter.INPUT, PriceUnit.TOKENS_1K, Decimal(amount)),)


async def rows(db: Database, query: str, parameters: Mapping[str, Any] | None = None) -> list[Any]:
    """The rows of a statement, as an operator would change or read them."""
    async with db.write("operator") as session:
        connection = await session.connection()
        result = await connection.execute(sa.text(query), parameters or {})
        return [tuple(row) for row in result] if result.returns_rows else []


async def graph(db: Database) -> dict[str, list[str]]:
    """All rows, without what depends on the order of imports."""
    return {name: sorted(map(repr, await rows(db, query))) for name, query in _GRAPH.items()}
