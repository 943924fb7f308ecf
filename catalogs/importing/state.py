"""Reads and locks what an import needs to know: entries, and the rows that they are about.

Each kind of row is read by one statement, however many there are.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.rows import dict_row
from sqlmodel.ext.asyncio.session import AsyncSession

from catalogs import adoption, entry
from catalogs.entry import Entry
from catalogs.price_merging import StoredPrice
from db.postgres.reader import driver_connection

Row = dict[str, Any]

_CATALOGS = "SELECT id, name, precedence, url, imported_at, file_hash FROM catalogs ORDER BY name"
_ENTRIES = """
    SELECT id, catalog_id, key, binding_id, version_id, said, first_seen_at, last_seen_at,
        delisted_at
    FROM catalog_entries ORDER BY catalog_id, key
"""
# Rows are locked by kind, and in the order of their keys, as other writers do.
_PROVIDERS = """
    SELECT id, slug, name, api_base, docs_url FROM providers
    WHERE slug = ANY(%(slugs)s) ORDER BY id
"""
_MODELS = """
    SELECT m.id, m.name, m.task, m.description, m.last_number,
        m.subject IS NOT NULL OR m.retention_keep <> 3 OR m.labels - 'catalog' <> '{}'
            OR EXISTS (SELECT FROM model_aliases a WHERE a.model_id = m.id) AS is_touched
    FROM models m
    WHERE lower(m.name) = ANY(%(names)s) OR m.id IN (
        SELECT v.model_id FROM model_versions v WHERE v.id = ANY(%(versions)s)
        UNION ALL
        SELECT b.model_id FROM provider_bindings b WHERE b.id = ANY(%(bindings)s)
    )
    ORDER BY m.id
"""
_VERSIONS = """
    SELECT v.id, v.model_id, v.version, v.content_hash, v.status, v.context_window,
        v.max_output_tokens, v.capabilities, v.released_on::text, v.rolling,
        v.held_at IS NOT NULL OR v.region <> 'global' OR v.eval_score IS NOT NULL
            OR v.cost_per_1k IS NOT NULL OR v.slo_latency_ms IS NOT NULL
            OR v.slo_success_rate IS NOT NULL OR v.artifact_url IS NOT NULL
            OR v.size_bytes IS NOT NULL OR v.metadata IS NOT NULL
            OR v.deprecated_on IS NOT NULL OR v.sunset_on IS NOT NULL
            OR EXISTS (SELECT FROM model_aliases a WHERE a.version_id = v.id) AS is_touched
    FROM model_versions v WHERE v.model_id = ANY(%(models)s) ORDER BY v.id
"""
_BINDINGS = """
    SELECT id, version_id, model_id, provider_id, provider_model_id, region, status, priority,
        sunset_on::text, context_window, max_output_tokens, capabilities, requests_per_minute,
        tokens_per_minute
    FROM provider_bindings WHERE model_id = ANY(%(models)s) ORDER BY id
"""
_PRICES = """
    SELECT id, binding_id, nullif(effective_from, '-infinity') AS starts, components, source
    FROM prices WHERE binding_id = ANY(%(bindings)s) ORDER BY binding_id, effective_from
"""
_VALUES = "SELECT row_id, columns FROM catalog_values WHERE row_id = ANY(%(ids)s)"


class StoredEntry(NamedTuple):
    """A row of catalog_entries."""

    id: UUID
    catalog: str
    entry: Entry
    binding_id: UUID
    version_id: UUID
    is_listed: bool
    is_migrated: bool
    first_seen_at: datetime
    last_seen_at: datetime | None
    delisted_at: datetime | None


@dataclass(slots=True)
class State:
    """The rows that an import is about, by id; of providers by slug, of catalogs by name.

    `versions` and `bindings` are all of these models, `prices` those of a binding, by start.
    """

    now: datetime
    catalogs: dict[str, Row]
    entries: list[StoredEntry]
    providers: dict[str, Row] = field(default_factory=dict)
    models: dict[UUID, Row] = field(default_factory=dict)
    versions: dict[UUID, Row] = field(default_factory=dict)
    bindings: dict[UUID, Row] = field(default_factory=dict)
    prices: dict[UUID, list[StoredPrice]] = field(default_factory=dict)
    values: dict[UUID, Row] = field(default_factory=dict)


async def read_entries(session: AsyncSession) -> State:
    """The catalogs and their entries; nothing else changes them, for imports run one by one."""
    ((now,),) = [tuple(row.values()) for row in await _rows(session, "SELECT now() AS now", {})]
    catalogs = {row["name"]: row for row in await _rows(session, _CATALOGS, {})}
    names = {row["id"]: name for name, row in catalogs.items()}
    entries = [_stored_entry(row, names) for row in await _rows(session, _ENTRIES, {})]
    return State(now, catalogs, entries)


async def read_rows(
    session: AsyncSession,
    state: State,
    *,
    slugs: Collection[str],
    names: Collection[str],
    is_plan: bool,
) -> None:
    """Read the rows of the entries, and those of these providers and names of models.

    They are locked until the transaction ends, unless this is but a plan.
    """
    lock = "" if is_plan else " FOR UPDATE"
    found = await _rows(session, _PROVIDERS + lock, {"slugs": sorted(slugs)})
    state.providers = {row["slug"]: row for row in found}
    bindings = [stored.binding_id for stored in state.entries]
    of_entries = {
        "versions": [stored.version_id for stored in state.entries],
        "bindings": bindings,
        "names": sorted({name.lower() for name in names}),
    }
    state.models = await _by_id(session, _MODELS + _of(lock, "m"), of_entries)
    models = {"models": list(state.models)}
    state.versions = await _by_id(session, _VERSIONS + _of(lock, "v"), models)
    state.bindings = await _by_id(session, _BINDINGS + lock, models)
    state.prices = await _prices(session, state.bindings)
    ids = [row["id"] for row in state.providers.values()]
    ids += [*state.models, *state.versions, *state.bindings, *bindings]
    state.values = {
        row["row_id"]: row["columns"] for row in await _rows(session, _VALUES, {"ids": ids})
    }


def _of(lock: str, table: str) -> str:
    return lock and f"{lock} OF {table}"


async def _prices(session: AsyncSession, bindings: Iterable[UUID]) -> dict[UUID, list[StoredPrice]]:
    found: dict[UUID, list[StoredPrice]] = defaultdict(list)
    for row in await _rows(session, _PRICES, {"bindings": list(bindings)}):
        price = StoredPrice(row["id"], row["starts"], row["components"], row["source"])
        found[row["binding_id"]].append(price)
    return found


async def _by_id(
    session: AsyncSession, query: str, parameters: Mapping[str, Any]
) -> dict[UUID, Row]:
    return {row["id"]: row for row in await _rows(session, query, parameters)}


async def _rows(session: AsyncSession, query: str, parameters: Mapping[str, Any]) -> list[Row]:
    async with driver_connection(session).cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        return await cursor.fetchall()


def _stored_entry(row: Row, names: Mapping[UUID, str]) -> StoredEntry:
    return StoredEntry(
        row["id"],
        names[row["catalog_id"]],
        entry.from_json(row["key"], row["said"]),
        row["binding_id"],
        row["version_id"],
        row["delisted_at"] is None,
        adoption.is_migrated(row["said"]),
        row["first_seen_at"],
        row["last_seen_at"],
        row["delisted_at"],
    )
