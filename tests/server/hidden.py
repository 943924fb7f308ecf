"""Unique values in each hidden field of a registry, and documents that read all there is."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
from graphql import get_named_type, is_leaf_type
from psycopg import sql
from sqlmodel import SQLModel

from archive.store import ArchiveStore
from db.postgres.engine import Database
from domain.access import Role
from resolvers.arguments import REQUIRES
from tests.graphql import SCHEMA, GraphQL
from tests.resolvers.writing.cases import World, world
from tests.resolvers.writing.mutations import call
from tests.schema import seeded
from tests.schema.test_contract import TYPES, row_of
from tests.schema.test_projection import _fields, _given, _objects

MARK = "LEAK"  # in each hidden value
CORE = SCHEMA._schema
_ROOTS = ("Query", "Mutation", "Subscription")
_PAGE = "(first: 8)"
_MARKED = "env://{mark}-{table}-{column}-"


class HiddenColumn(NamedTuple):
    """A column that a field shows from a role on."""

    table: str
    column: str
    field: str
    role: Role


def hidden_columns() -> list[HiddenColumn]:
    """The columns of all restricted fields of the schema."""
    found = []
    for name, definition in TYPES.items():
        row = row_of(definition)
        for field in definition.fields if name not in _ROOTS else ():
            role = field.metadata.get(REQUIRES)
            if role is not None and isinstance(row, type) and issubclass(row, SQLModel):
                for need in sorted(field.metadata["needs"]):
                    column = row.__table__.columns[need]  # type: ignore[attr-defined]  # of a table
                    found.append(HiddenColumn(column.table.name, column.name, str(field), role))
    return found


async def fill(db: Database, store: ArchiveStore, url: str) -> tuple[seeded.Known, World]:
    """A registry with hidden values in rows, archives, and events of each kind of change."""
    known = await seeded.fill(db)
    gql = GraphQL(db, store)
    made = await world(gql)
    for round_ in ("ONE", "TWO"):
        mark(url, f"{MARK}-{round_}")
    archived = await call(gql, "createVersion", **_version(made))
    version = {"id": archived["version"]["id"]}
    binding = {"provider": "acme", "providerModelId": "x", "credentialRef": f"env://{MARK}-X"}
    for suffix in ("1", "2"):
        new = {**binding, "providerModelId": f"x-{suffix}"}
        last = await call(gql, "createBinding", version=version, binding=new)
    await call(gql, "deleteBinding", binding={"id": last["binding"]["id"]})
    await call(gql, "archiveVersion", version=version)
    return known, made


def _version(made: World) -> dict[str, Any]:
    return {
        "model": {"id": made.model},
        "version": "9.0.0",
        "contentHash": "9" * 64,
        "region": "eu",
        "status": "DRAFT",
    }


def mark(url: str, mark: str, *, descending: bool = False, silent: bool = False) -> None:
    """Give each row a value of its own in each hidden column; `silent` leaves no event."""
    order = sql.SQL("DESC" if descending else "ASC")
    with psycopg.connect(url) as connection:
        if silent:
            connection.execute("SET session_replication_role = replica")
        for table, column, *_ in hidden_columns():
            prefix = _MARKED.format(mark=mark, table=table, column=column)
            connection.execute(
                sql.SQL(
                    "UPDATE {table} t SET {column} = {prefix} || n.place FROM (SELECT id,"
                    " 1000 + row_number() OVER (ORDER BY id {order}) AS place FROM {table}) n"
                    " WHERE n.id = t.id"
                ).format(
                    table=sql.Identifier(table),
                    column=sql.Identifier(column),
                    prefix=sql.Literal(prefix),
                    order=order,
                )
            )


def change_silently(url: str) -> None:
    """Other hidden values everywhere, in another order, and nothing else has changed."""
    mark(url, f"{MARK}-OTHER", descending=True, silent=True)
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for _, column, *_ in hidden_columns():
            connection.execute(
                "UPDATE audit_events SET changes = jsonb_set(changes, ARRAY[%(column)s],"
                ' \'["env://A", "env://B"]\') WHERE changes ? %(column)s',
                {"column": column},
            )


def documents(known: seeded.Known) -> Iterator[str]:
    """All leaves of each object type, by each field that leads there; one document for each."""
    given = _given(known)
    seen = {CORE.query_type}
    level: list[tuple[Any, str]] = [(CORE.query_type, "{ %s }")]
    while level:
        below = []
        for type_, way in level:
            for text, field in _fields(type_, given):
                if is_leaf_type(get_named_type(field.type)):
                    continue
                is_page = "first" in field.args and "(" not in text
                text += _PAGE if is_page else ""
                is_listing = is_page or "(" not in text or text.startswith("retentionPlan")
                for narrowed, one in _objects(field.type):
                    inner = "{ " + narrowed + ("{ %s } }" if narrowed else "%s }")
                    onward = way % f"{text} {inner}"
                    yield onward % " ".join(_leaves(one, given))
                    if is_listing and one not in seen:
                        seen.add(one)
                        below.append((one, onward))
        level = below


def _leaves(type_: Any, given: dict[str, str]) -> Iterator[str]:
    yield "__typename"
    for text, field in _fields(type_, given):
        if is_leaf_type(get_named_type(field.type)):
            yield text


def everything(type_name: str, depth: int) -> str:
    """All fields of a type that need no arguments, so many levels deep."""
    return " ".join(_everything(CORE.type_map[type_name], depth))


def _everything(type_: Any, depth: int) -> Iterator[str]:
    yield from _leaves(type_, {})
    for text, field in _fields(type_, {}) if depth > 1 else ():
        if is_leaf_type(get_named_type(field.type)):
            continue
        for narrowed, one in _objects(field.type):
            inner = " ".join(_everything(one, depth - 1))
            alias = f"{text}_{one}: " if narrowed else ""  # their fields' types differ
            yield (
                f"{alias}{text} {{ {narrowed}{{ {inner} }} }}"
                if narrowed
                else (f"{text} {{ {inner} }}")
            )
