"""No value of a restricted field is seen below its role: by no way, and by no guess."""

import logging
import random
import re
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson
import pytest
import sqlalchemy as sa
from graphql import parse, validate
from sqlmodel import SQLModel

from archive.store import ArchiveStore
from db.postgres.engine import Database
from domain.access import Role
from domain.catalog_fields import FIELDS, MERGED_FIELDS
from tests import factories, outcomes
from tests.planner.documents import cases
from tests.resolvers.writing.cases import World
from tests.schema import seeded
from tests.server import hidden, sockets
from tests.server.conftest import Serving
from tests.server.hidden import CORE, MARK

on_two_paths = pytest.mark.parametrize(
    "path", ["cached responses", "executor"], indirect=True, scope="session"
)
TOKEN = "unseen-token"  # the name of one, which only an ADMIN may see
BELOW = (Role.READER, Role.GATEWAY)
LEFT_OUT = frozenset({"RegistryStats.computedAt", "Route.decidedAt", "Query.viewer"})  # made anew
GUESSES = 150  # random documents
CONTROL = "{ bindings { nodes { credentialRef } } auditEvents { nodes { changes { after } } } }"
_REQUEST_ID = re.compile(r'"requestId":"[^"]*"')


class Registry(NamedTuple):
    """A registry with hidden values; the secret of a token of each role."""

    known: seeded.Known
    world: World
    secrets: dict[Role, str]
    archive_url: str


@pytest.fixture
async def registry(
    db: Database, store: ArchiveStore, tmp_path: Path, database_url: str
) -> Registry:
    known, world = await hidden.fill(db, store, database_url)
    secrets = {role: await factories.token(db, role, name=role.lower()) for role in Role}
    await factories.token(db, name=TOKEN)
    return Registry(known, world, secrets, (tmp_path / "cold").as_uri())


def _bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


async def _post(client: httpx.AsyncClient, secret: str, query: str, **variables: Any) -> str:
    body = {"query": query, "variables": variables}
    response = await client.post("/graphql", json=body, headers=_bearer(secret))
    return _REQUEST_ID.sub("", response.text)


def test_there_are_hidden_columns_and_each_can_hold_a_text() -> None:
    """A column of another type needs a mark of its own in hidden.py."""
    columns = hidden.hidden_columns()
    assert ("provider_bindings", "credential_ref") in {each[:2] for each in columns}
    tables = SQLModel.metadata.tables
    assert all(isinstance(tables[c.table].columns[c.column].type, sa.Text) for c in columns)


def test_no_catalog_says_a_hidden_value() -> None:
    """Else the differences of its entries, and the values that were merged, would show it."""
    told = {field.column for field in (*FIELDS, *MERGED_FIELDS)}
    assert told.isdisjoint(each.column for each in hidden.hidden_columns())


@on_two_paths
async def test_no_response_has_a_hidden_value(
    serve: Serving, registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    """Each response is first made, and perhaps cached, for a caller who may see the value."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):  # of this test itself
        caplog.set_level(logging.WARNING, name)
    seen = tokens_seen = 0
    async with serve(
        require_tokens=True, archive_url=registry.archive_url, values_max=200_000
    ) as client:
        for text in hidden.documents(registry.known):
            assert not validate(CORE, parse(text)), text
            shown = await _post(client, registry.secrets[Role.ADMIN], text)
            tokens_seen += TOKEN in shown
            shown = await _post(client, registry.secrets[Role.EDITOR], text)
            seen += MARK in shown
            assert TOKEN not in shown, text
            for role in BELOW:
                told = await _post(client, registry.secrets[role], text)
                assert '"data"' in told, told
                assert MARK not in told, text
                assert TOKEN not in told, text
        for path in ("/metrics", "/schema.graphql", "/healthz", "/readyz"):
            page = await client.get(path, headers=_bearer(registry.secrets[Role.READER]))
            assert MARK not in page.text
    assert seen > 3
    assert tokens_seen > 3
    assert MARK not in caplog.text


async def test_no_guess_tells_a_hidden_value(
    serve: Serving, registry: Registry, database_url: str
) -> None:
    """Random filters, orders, searches and pages: other hidden values change no response."""
    values = seeded.values(registry.known)

    def guess(chance: random.Random, path: str, type_: Any) -> Any:
        if str(type_).strip("!") == "String" and chance.random() < 0.3:
            return chance.choice([MARK, f"env://{MARK}", f"env://{MARK}-TWO"])
        return values(chance, path, type_)

    asked = [
        (registry.secrets[BELOW[seed % 2]], case.text, case.variables)
        for seed, case in cases(CORE, guess, range(GUESSES), leave_out=LEFT_OUT)
        if case.text.startswith("query")
    ]
    answers: list[list[str]] = []
    for _ in range(2):
        async with serve(require_tokens=True, response_cache_bytes_max=0) as client:
            shown = await _post(client, registry.secrets[Role.EDITOR], CONTROL)
            answers.append([shown, *[await _post(client, s, q, **v) for s, q, v in asked]])
        hidden.change_silently(database_url)
    (shown, *before), (changed, *after) = answers
    assert shown != changed
    assert MARK in shown
    for (_, text, _), *both in zip(asked, before, after, strict=True):
        assert both[0] == both[1], text


async def test_no_event_has_a_hidden_value(serve: Serving, registry: Registry) -> None:
    """Over both kinds of streams, while one who may see the values subscribes to the same."""
    of_event, of_binding = (hidden.everything(n, 1) for n in ("AuditEvent", "ProviderBinding"))
    document = f"""subscription {{ registryChanged(after: "0") {{ cursor event {{
        {of_event} changes {{ field before after isHidden }}
        subject {{ ... on ProviderBinding {{ {of_binding} }} }} }}
        model {{ name versions {{ nodes {{ bindings {{ nodes {{ {of_binding} }} }} }} }} }} }} }}"""
    told: dict[Role, list[str]] = {}
    token_count = len(Role) + 2  # that of the world, and the unseen one
    async with serve(require_tokens=True) as client:
        for role in (Role.ADMIN, Role.EDITOR, *BELOW, Role.EDITOR):
            client.headers.update(_bearer(registry.secrets[role]))
            told[role], tokens = [], 0
            async with sockets.events(client, document) as events:
                async for _, data in events:
                    told[role].append(orjson.dumps(data).decode())
                    tokens += '"kind":"TOKEN"' in told[role][-1]
                    if tokens == token_count:
                        break
    assert len({len(each) for each in told.values()}) == 1
    assert TOKEN in "".join(told[Role.ADMIN])
    assert TOKEN not in "".join(told[Role.EDITOR])
    for role in BELOW:
        assert TOKEN not in "".join(told[role])
        assert MARK not in "".join(told[role])
        assert '"isHidden":true' in "".join(told[role])
    assert "".join(told[Role.EDITOR]).count(MARK) > 100


async def test_no_payload_of_a_gateway_has_a_hidden_value(
    serve: Serving, registry: Registry
) -> None:
    binding, secrets = registry.world.binding, registry.secrets
    claim = f"""mutation ($input: ClaimTrialInput!) {{ claimTrial(input: $input) {{
        {hidden.everything("ClaimTrialPayload", 3)} }} }}"""
    report = f"""mutation ($input: ReportOutcomesInput!) {{ reportOutcomes(input: $input) {{
        {hidden.everything("ReportOutcomesPayload", 3)} }} }}"""
    async with serve(require_tokens=True) as client:
        for document, input in (
            (claim, {"binding": {"id": binding}, "idempotencyKey": "k"}),
            (report, {"rollups": [outcomes.rollup(binding, 40)]}),
            (report, {"rollups": [outcomes.rollup("bnd_nobody", 40)]}),
        ):
            for secret in (secrets[Role.EDITOR], *[secrets[Role.GATEWAY]] * 2):
                told = await _post(client, secret, document, input=input)
                assert '"data"' in told, told
                if secret != secrets[Role.EDITOR]:
                    assert MARK not in told
