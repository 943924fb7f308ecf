"""Every root field and every restricted field x every caller x every transport.

The operations are generated from the schema, so a new field is tested as soon as it is declared.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from db.postgres.engine import Database
from db.reads import data_version
from domain.access import Role
from tests import factories
from tests.server.access import transports
from tests.server.access.issuer import Issuer
from tests.server.access.operations_of_fields import Cell, object_cells, root_cells
from tests.server.access.transports import Send
from tests.server.conftest import Serving

NOW = datetime.now(UTC)
ENDED = NOW - timedelta(days=1)
ROOTS = root_cells()
OBJECTS = object_cells()


class Way(NamedTuple):
    """A transport: how to send, the kinds of operations that it takes, and the server's path."""

    send: Send
    kinds: tuple[str, ...]
    path: str


_ALL = ("query", "mutation", "subscription")
WAYS = {
    "POST": Way(transports.post, _ALL[:2], "direct path"),
    "POST, kept answers": Way(transports.post, _ALL[:1], "cached responses"),
    "POST, executor": Way(transports.post, _ALL[:2], "executor"),
    "POST, ASGI": Way(transports.post, _ALL[:2], "asgi"),
    "GET": Way(transports.get, _ALL[:1], "direct path"),
    "trusted document": Way(transports.by_document, _ALL[:2], "direct path"),
    "stream": Way(transports.stream, _ALL, "asgi"),
    "stream by GET": Way(transports.stream_by_get, ("query", "subscription"), "asgi"),
    "socket, handshake": Way(transports.socket_by_handshake, _ALL, "asgi"),
    "socket, connection_init": Way(transports.socket_by_init, _ALL, "asgi"),
}
each_way = pytest.mark.parametrize(
    ("way", "path"), [(name, way.path) for name, way in WAYS.items()], indirect=["path"], ids=WAYS
)


async def callers(db: Database, issuer: Issuer) -> dict[str, tuple[str, Role | None]]:
    """The secret and role of each kind of caller; without a role for one that is not let in."""
    valid = {role.value: (await factories.token(db, role), role) for role in Role}
    admin = valid[Role.ADMIN.value][0]
    return {
        **valid,
        "anonymous": ("", None),
        "expired": (await factories.token(db, Role.ADMIN, expires_at=ENDED), None),
        "rotated out": (await factories.token(db, Role.ADMIN, secret_expires_at=ENDED), None),
        "of OpenID Connect, EDITOR": (issuer.token().decode(), Role.EDITOR),
        "of OpenID Connect, READER": (issuer.token(groups=["everyone"]).decode(), Role.READER),
        "of OpenID Connect, expired": (issuer.token(exp=1).decode(), None),
        "revoked": (await factories.token(db, Role.ADMIN, revoked_at=NOW), None),
        "with a wrong secret": (admin[:-1] + ("a" if admin[-1] != "a" else "b"), None),
        "malformed": ("mrk_", None),
        "of another issuer": ("eyJhbGciOiJub25lIn0" + ".eyJzdWIiOiJyb290In0.", None),
    }


def expected(cell: Cell, role: Role | None) -> str | None:
    """The code of the refusal, if it is one."""
    if role is None:
        return "UNAUTHENTICATED"
    return None if role.includes(cell.role) else "FORBIDDEN"


def code(answer: dict[str, Any]) -> str | None:
    """The code of a refusal; another error is not one."""
    found = answer["errors"][0]["extensions"]["code"] if answer.get("errors") else None
    return found if found in ("UNAUTHENTICATED", "FORBIDDEN") else None


def documents(folder: Path, cells: Sequence[Cell]) -> Path:
    """A folder of trusted documents."""
    for cell in cells:
        name = sha256(cell.document.encode()).hexdigest()[:16]
        (folder / f"{name}.graphql").write_text(cell.document, "utf-8")
    return folder


@each_way
async def test_each_caller_may_do_what_its_role_may_do(
    serve: Serving, db: Database, tmp_path: Path, issuer: Issuer, way: str
) -> None:
    await factories.model(db)  # an event, for subscriptions
    send, kinds, _ = WAYS[way]
    cells = [cell for cell in ROOTS if cell.kind in kinds]
    known = await callers(db, issuer)
    runs = [(cell, name) for cell in cells for name in known]
    runs.sort(key=lambda run: expected(run[0], known[run[1]][1]) is None)  # refusals first
    folder = documents(tmp_path, ROOTS)
    settings = {"require_tokens": True, "wrong_credentials_per_minute": 0, **issuer.settings()}
    async with serve(documents=folder, **settings) as client:
        before, is_refusing = await data_version.revision(db.reader), True
        for cell, name in runs:
            secret, role = known[name]
            if is_refusing and expected(cell, role) is None:
                assert await data_version.revision(db.reader) == before  # nothing was written
                is_refusing = False
            answer = await send(client, secret, cell)
            assert code(answer) == expected(cell, role), (cell.coordinate, name, answer)


@each_way
async def test_a_restricted_field_is_null_below_its_role(
    serve: Serving, db: Database, tmp_path: Path, way: str
) -> None:
    version = await factories.version(db, await factories.model(db))
    await factories.binding(db, version, credential_ref="vault://secret/openai")
    folder = documents(tmp_path, OBJECTS)
    async with serve(require_tokens=True, documents=folder) as client:
        for role in (*Role, *reversed(Role)):
            secret = await factories.token(db, role)
            for cell in OBJECTS:
                answer = await WAYS[way].send(client, secret, cell)
                values = _values(answer["data"], cell.path)
                assert "errors" not in answer
                assert [value is not None for value in values] == [role.includes(cell.role)]


def _values(data: Any, path: Sequence[str]) -> list[Any]:
    """The values at a path, through lists."""
    if isinstance(data, list):
        return [value for item in data for value in _values(item, path)]
    return _values(data[path[0]], path[1:]) if path else [data]


async def test_a_caller_of_an_open_server_may_do_everything(serve: Serving) -> None:
    async with serve() as client:
        for cell in ROOTS:
            if cell.kind != "subscription":
                assert code(await transports.post(client, "", cell)) is None


async def test_a_field_of_an_input_needs_its_role(serve: Serving, db: Database) -> None:
    document = (
        "mutation ($at: DateTime) { applyRetention(input: {purgeArchivedBefore: $at})"
        " { run { id } userErrors { message } } }"
    )
    async with serve(require_tokens=True) as client:
        for role in (Role.EDITOR, Role.ADMIN):
            headers = transports.bearer(await factories.token(db, role))
            for at, refused in ((None, False), ("2024-01-01T00:00:00Z", role is Role.EDITOR)):
                body = {"query": document, "variables": {"at": at}}
                answer = await client.post("/graphql", json=body, headers=headers)
                assert _is_refused(answer) == refused, answer.text


def _is_refused(response: httpx.Response) -> bool:
    errors = response.json().get("errors")
    return bool(errors) and errors[0]["extensions"]["code"] == "FORBIDDEN"
