"""The dashboard's documents over every transport, beside those of the settings."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from db.postgres.engine import Database
from domain.access import Role
from server.http import pages
from tests import factories
from tests.server.conftest import Serving, on_every_path
from tests.server.http.test_trusted_documents import ZERO, answers, apollo, code_in
from tests.server.sockets import greeted

COUNT = "query ModelsCount($n: Int) { models(first: $n) { totalCount } }"
CREATE = 'mutation ModelAdd { createModel(input: {name: "a", task: CHAT}) { model { name } } }'
LIVE = 'subscription AppLive { registryChanged(after: "ZXZlbnQ6MA") { model { name } } }'
OWN = "query Own { models(first: 2) { totalCount } }"


def id_of(text: str) -> dict[str, str]:
    return {"documentId": f"sha256:{sha256(text.encode()).hexdigest()}"}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the manifest of a dashboard, as its build writes it."""
    folder = tmp_path / "built"
    folder.mkdir()
    manifest = {id_of(text)["documentId"]: text for text in (COUNT, CREATE, LIVE)}
    (folder / "documents.json").write_text(json.dumps(manifest))
    monkeypatch.setattr(pages, "FILES", folder)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A directory of trusted documents that an operator has set."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "own.graphql").write_text(OWN)
    return folder


@pytest.mark.parametrize("is_only", [False, True])
@on_every_path
async def test_the_dashboard_sends_its_documents_over_every_transport(
    serve: Serving, built: Path, is_only: bool
) -> None:
    async with serve(documents_only=is_only) as client:
        payload = {**id_of(COUNT), "variables": {"n": 5}}
        assert await answers(client, payload) == [ZERO] * 5
        assert await answers(client, payload) == [ZERO] * 5
        by_text = await client.post("/graphql", json={"query": COUNT})
        assert by_text.json() == ZERO
        posted = await client.post("/graphql", json=id_of(CREATE))
        assert posted.status_code == 200  # the second of two equal ones has user errors
        async with greeted(client) as socket:
            await socket.send({"id": "1", "type": "subscribe", "payload": id_of(LIVE)})
            assert await socket.data("1") == {"registryChanged": {"model": {"name": "a"}}}


async def test_the_dashboard_follows_by_an_event_stream(
    serve: Serving, db: Database, built: Path
) -> None:
    await factories.model(db, name="a")
    headers = {"accept": "text/event-stream"}
    async with (
        serve(documents_only=True) as client,
        client.stream("POST", "/graphql", json=id_of(LIVE), headers=headers) as events,
    ):
        assert events.status_code == 200
        lines = events.aiter_lines()
        async with asyncio.timeout(20):
            data = [line async for line in until(lines, "registryChanged")]
    assert '{"model":{"name":"a"}}' in data[-1]


async def until(lines: AsyncIterator[str], word: str) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if word in line:
            return


async def test_where_only_trusted_documents_run_the_dashboards_are_beside_the_operators(
    serve: Serving, db: Database, built: Path, own: Path
) -> None:
    async with serve(documents=own, documents_only=True) as client:
        for payload in (id_of(COUNT), id_of(OWN), {"documentId": "own"}, {"query": COUNT}):
            assert await answers(client, payload) == [ZERO] * 5
        for text in ("{ __typename }", COUNT + " "):
            for answer in await answers(client, {"query": text}):
                assert code_in(answer) == "DOCUMENT_NOT_TRUSTED"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"has_own": False, "is_only": False}, "PERSISTED_QUERY_NOT_SUPPORTED"),
        ({"has_own": False, "is_only": True}, "PERSISTED_QUERY_NOT_FOUND"),
        ({"has_own": True, "is_only": False}, "PERSISTED_QUERY_NOT_FOUND"),
        ({"has_own": True, "is_only": True}, "PERSISTED_QUERY_NOT_FOUND"),
    ],
)
async def test_other_clients_are_told_whether_to_send_ids_at_all(
    serve: Serving, built: Path, own: Path, given: dict[str, bool], code: str
) -> None:
    """It does not depend on whether the page is built."""
    settings: dict[str, Any] = {"documents_only": given["is_only"]}
    if given["has_own"]:
        settings["documents"] = own
    for is_built in (True, False):
        if not is_built:
            (built / "documents.json").unlink()
        async with serve(**settings) as client:
            for payload in ({"documentId": "sha256:" + "0" * 64}, apollo("0" * 64)):
                answer = await client.post("/graphql", json=payload)
                assert code_in(answer.json()) == code


@pytest.mark.parametrize("content", ["{", '{"own": "{ __typename }"}'])
async def test_a_broken_manifest_stops_no_server(
    serve: Serving, built: Path, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    (built / "documents.json").write_text(content)
    async with serve() as client:
        answer = await client.post("/graphql", json={"query": COUNT})
        asked = await client.post("/graphql", json=id_of(COUNT))
    assert answer.json() == ZERO
    assert code_in(asked.json()) == "PERSISTED_QUERY_NOT_SUPPORTED"
    assert [line for line in caplog.messages if "dashboard's documents are not known" in line]


async def test_a_server_that_answers_nobody_but_administrators_says_so(
    serve: Serving, db: Database, built: Path, own: Path, caplog: pytest.LogCaptureFixture
) -> None:
    admin = await factories.token(db, Role.ADMIN)

    def warned() -> bool:
        found = [each for each in caplog.records if "REGISTRY_DOCUMENTS_ONLY" in each.message]
        assert all(each.levelno == logging.WARNING for each in found)
        caplog.clear()
        return bool(found)

    async with serve(documents_only=True):
        assert not warned()
    (built / "documents.json").unlink()
    async with serve(documents_only=True, documents=own):
        assert not warned()
    async with serve():
        assert not warned()
    async with serve(documents_only=True) as client:
        assert warned()
        headers = {"authorization": f"Bearer {admin}"}
        answer = await client.post("/graphql", json={"query": COUNT}, headers=headers)
        assert answer.json()["data"] == ZERO["data"]


async def test_the_dashboards_operations_have_labels_of_their_own(
    serve: Serving, built: Path
) -> None:
    async with serve() as client:
        for number in range(220):  # more than are counted by their names
            await client.post("/graphql", json={"query": f"query N{number} {{ __typename }}"})
        await client.post("/graphql", json=id_of(COUNT))
        metrics = (await client.get("/metrics")).text
    assert 'operation="ModelsCount"' in metrics
    assert 'operation="other"' in metrics
    assert 'operation="N219"' not in metrics


@pytest.fixture
def real() -> dict[str, str]:
    """The manifest of the dashboard that is built here."""
    file = pages.FILES / pages.DOCUMENTS
    if not file.exists():
        pytest.skip("the pages are not built: make ui")
    found: dict[str, str] = json.loads(file.read_text("utf-8"))
    return found


async def test_every_document_of_the_built_dashboard_is_known_and_valid(
    serve: Serving, real: dict[str, str]
) -> None:
    async with serve(documents_only=True) as client:
        for name, text in real.items():
            answer: httpx.Response = await client.post("/graphql", json={"documentId": name})
            codes = [each["extensions"]["code"] for each in answer.json().get("errors", ())]
            assert "PERSISTED_QUERY_NOT_FOUND" not in codes, text
            messages = str(answer.json().get("errors", ""))
            for fault in ("Cannot query", "Unknown", "Syntax Error"):
                assert fault not in messages, text
