"""The audit log, replayed: from an empty registry it must give exactly the tables."""

import json
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

import psycopg
from psycopg import sql

Row: TypeAlias = dict[str, Any]
Tables: TypeAlias = dict[str, dict[str, Row]]  # table -> id -> row, nulls left out

TABLES = {
    "PROVIDER": "providers",
    "MODEL": "models",
    "VERSION": "model_versions",
    "BINDING": "provider_bindings",
    "PRICE": "prices",
    "ALIAS": "model_aliases",
    "CATALOG": "catalogs",
    "TOKEN": "tokens",
}
# What rows got that are older than a column, and so than the events that know it.
_DEFAULTS: dict[str, Row] = {
    "MODEL": {"last_number": 0},
    "VERSION": {"rolling": False},
    "PRICE": {"components": []},
}
_DROPPED = ("listed_in",)  # columns that the log knows, and the tables no longer have
_COMPUTED = "release_order"  # by PostgreSQL, so that no event has it
CIRCUITS = "circuits"  # by their binding, with which they go
LISTINGS = "catalog_entries"  # of which the log knows the listed ones: binding, catalog and key
# The columns that say which row an event is about: the subject's id, and for some its name.
_SUBJECT = {"PRICE": ("binding_id", "effective_from"), "ALIAS": ("model_id", "name")}


class Event(NamedTuple):
    """An event as replaying needs it; `changes` maps a column to its value before and after."""

    sequence: int
    kind: str
    action: str
    subject_id: str
    subject_name: str
    changes: dict[str, list[Any]]


class Disagreement(AssertionError):
    """An event does not follow from those before it."""


def replay(events: Iterable[Event]) -> Tables:
    """The tables that the events lead to. Raises Disagreement where one changes what was not."""
    tables: Tables = {table: {} for table in (*TABLES.values(), CIRCUITS, LISTINGS)}
    places: dict[tuple[str, ...], str] = {}  # kind and subject -> id
    for event in events:
        if event.action in ("LISTED", "DELISTED"):
            _list(tables[LISTINGS], event)
            continue
        if event.action.startswith("CIRCUIT_"):
            _switch(tables[CIRCUITS], event)
            continue
        before, after = _places(event)
        row_id = (event.changes.get("id") or [None, None])[1] or places.get(before)
        if row_id is None:
            raise Disagreement(f"{event.sequence}: no {event.kind} {before} before")
        rows = tables[TABLES[event.kind]]
        rows[row_id] = _changed(rows.get(row_id, {}), event)
        places.pop(before, None)
        if rows[row_id]:
            places[after] = row_id
        else:
            del rows[row_id]
            tables[CIRCUITS].pop(row_id, None)
        _count(tables, event, rows.get(row_id, {}))
    return tables


def stored(connection: psycopg.Connection[Any]) -> Tables:
    """The tables as they are."""
    connection.execute("SET timezone TO 'UTC'")
    found: Tables = {}
    for table in TABLES.values():
        query = sql.SQL("SELECT (to_jsonb(t) - {})::text FROM {} t").format(
            _COMPUTED, sql.Identifier(table)
        )
        rows = (_without_nulls(_parsed(text)) for (text,) in connection.execute(query))
        found[table] = {row["id"]: row for row in rows}
    circuits = connection.execute(
        "SELECT binding_id::text, (to_jsonb(c) - 'binding_id')::text FROM circuits c"
    )
    found[CIRCUITS] = {binding: _without_nulls(_parsed(text)) for binding, text in circuits}
    listed = connection.execute(
        "SELECT binding_id::text, name, key FROM catalog_entries e"
        " JOIN catalogs c ON c.id = catalog_id WHERE delisted_at IS NULL"
    )
    found[LISTINGS] = {f"{name} {key}": {"binding_id": binding} for binding, name, key in listed}
    return found


def events(connection: psycopg.Connection[Any], dropped: Collection[str] = ()) -> Iterator[Event]:
    """The audit log of what is replayed, from its start, without the columns `dropped`."""
    query = """SELECT sequence, kind, action, subject_id::text, subject_name, changes::text
        FROM audit_events WHERE kind = ANY(%s) ORDER BY sequence"""
    for *values, changes in connection.execute(query, [list(TABLES)]):
        known = {key: both for key, both in _parsed(changes).items() if key not in dropped}
        yield Event(*values, known)


def check(url: str, dropped: Collection[str] = ()) -> dict[str, int]:
    """How many events and rows agree. Raises Disagreement, naming what does not.

    `dropped` are columns that the tables had for a while, beside those that an older release had.
    """
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        replayed, there = replay(events(connection, (*_DROPPED, *dropped))), stored(connection)
        for table, rows in there.items():
            _agree(table, replayed[table], rows)
        total = _gapless(connection)
    return {"events": total, **{table: len(rows) for table, rows in there.items()}}


def _agree(table: str, replayed: dict[str, Row], there: dict[str, Row]) -> None:
    for key in sorted({*replayed, *there}):
        if replayed.get(key) != there.get(key):
            raise Disagreement(f"{table} {key}: {replayed.get(key)} is stored as {there.get(key)}")


def _gapless(connection: psycopg.Connection[Any]) -> int:
    """How many events there are; they count up from 1 to the registry's revision."""
    query = """SELECT count(*), coalesce(min(sequence), 1), coalesce(max(sequence), 0),
        (SELECT revision FROM registry_state), (SELECT count(*) FROM audit_pending)
        FROM audit_events"""
    total, first, last, revision, pending = connection.execute(query).fetchone() or ()
    if (first, last, revision, pending) != (1, total, total, 0):
        raise Disagreement(f"{total} events from {first} to {last}, revision {revision}, {pending}")
    return int(total)


def _list(listings: dict[str, Row], event: Event) -> None:
    """What a catalog lists from this event on, or lists no longer."""
    catalog, key = event.changes["catalog"], event.changes["key"]
    place = f"{catalog[0] or catalog[1]} {key[0] or key[1]}"
    listed = {"binding_id": event.subject_id}
    if event.action == "DELISTED" and listings.pop(place, None) != listed:
        raise Disagreement(f"{event.sequence}: {place} was not listed of {event.subject_id}")
    if event.action == "LISTED" and listings.setdefault(place, listed) is not listed:
        raise Disagreement(f"{event.sequence}: {place} was listed before")


def _switch(circuits: dict[str, Row], event: Event) -> None:
    """A binding's circuit after this event; a row that is deleted loses its state."""
    row = _changed(circuits.pop(event.subject_id, {}), event)
    if row:
        circuits[event.subject_id] = row


def _changed(row: Row, event: Event) -> Row:
    defaults = _DEFAULTS.get(event.kind, {})
    changed = dict(row or defaults)
    for column, (before, after) in event.changes.items():
        if row.get(column) != before:
            raise Disagreement(f"{event.sequence}: {column} was {row.get(column)}, not {before}")
        changed[column] = after
    if event.changes.get("id", [None, ""])[1] is None:  # the row is gone
        for column in defaults:
            changed.pop(column, None)
    return _without_nulls(changed)


def _places(event: Event) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where the row stood before the event, and where it stands after it."""
    columns = _SUBJECT.get(event.kind, ("id",))
    subject = (event.subject_id, event.subject_name)
    pairs = [
        event.changes.get(column, [now, now]) for column, now in zip(columns, subject, strict=False)
    ]
    before = tuple(str(was or is_) for was, is_ in pairs)
    after = tuple(str(is_ or was) for was, is_ in pairs)
    return (event.kind, *before), (event.kind, *after)


def _count(tables: Tables, event: Event, row: Row) -> None:
    """The counter behind versions' numbers: the highest number seen, deleted ones included."""
    if event.kind == "VERSION" and "number" in row:
        model = tables["models"][row["model_id"]]
        model["last_number"] = max(model["last_number"], row["number"])


def _parsed(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def _without_nulls(row: Row) -> Row:
    return {column: value for column, value in row.items() if value is not None}
