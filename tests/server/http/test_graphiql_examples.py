"""The example tabs of GraphiQL, sent to a server that holds the catalog of a first start."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psycopg
import pytest

from catalogs.sources import genai_prices
from db.postgres.engine import Database
from tests.imports import import_file
from tests.server.conftest import Serving
from tests.server.sockets import events

FOLDER = Path(__file__).parents[3] / "ui" / "examples"
GATEWAY = "03-gateway-fetch"
FOLLOW = "07-follow-changes"
FOLLOW_ROUTE = "11-follow-a-route"


class Tab(NamedTuple):
    """A document and its variables, as GraphiQL has them."""

    document: str
    variables: dict[str, Any]


def _tab(file: Path) -> Tab:
    variables = file.with_suffix(".json")
    given = json.loads(variables.read_text("utf-8")) if variables.exists() else {}
    return Tab(file.read_text("utf-8"), given)


TABS = {file.stem: _tab(file) for file in sorted(FOLDER.glob("*.graphql"))}


def _is(kind: str, tab: Tab) -> bool:
    return re.search(rf"^{kind} ", tab.document, re.MULTILINE) is not None


WRITING = {name: tab for name, tab in TABS.items() if _is("mutation", tab)}


@pytest.fixture
async def registry(db: Database) -> None:
    await import_file(db, genai_prices.read())


async def _run(client: httpx.AsyncClient, tab: Tab) -> dict[str, Any]:
    answer = await client.post("/graphql", json={"query": tab.document, "variables": tab.variables})
    body = answer.json()
    assert "errors" not in body, body
    return body["data"]


def _codes(data: dict[str, Any]) -> set[str]:
    return {error["code"] for each in data.values() for error in each.get("userErrors", ())}


def _rows(url: str) -> dict[str, list[Any]]:
    """What the tabs could change, beside the audit log and the marks of time."""
    columns = {
        "models": "name",
        "model_versions": "model_id, number, version, status",
        "provider_bindings": "version_id, provider_id, provider_model_id, status",
        "prices": "binding_id, input_per_1k, effective_from::text",
        "providers": "slug",
        "model_aliases": "model_id, name, version_id",
    }
    with psycopg.connect(url) as connection:
        return {
            table: connection.execute(f"SELECT {names} FROM {table} ORDER BY id").fetchall()
            for table, names in columns.items()
        }


@pytest.mark.usefixtures("registry")
async def test_every_tab_runs_twice(serve: Serving, database_url: str) -> None:
    async with serve() as client:
        for tab in TABS.values():
            if _is("subscription", tab):
                continue
            assert _codes(await _run(client, tab)) == set()
            after = _rows(database_url)
            assert _codes(await _run(client, tab)) == set()
            assert _rows(database_url) == after
        for tab in WRITING.values():  # and all of them in their order
            assert _codes(await _run(client, tab)) == set()
        assert _rows(database_url) == after


@pytest.mark.usefixtures("registry")
async def test_the_tab_that_follows_changes_shows_what_the_others_do_twice(serve: Serving) -> None:
    follow = TABS[FOLLOW]
    async with serve() as client:
        for _ in range(2):
            async with events(client, follow.document, **follow.variables) as stream:
                for tab in WRITING.values():
                    await _run(client, tab)
                kind, body = await anext(stream)
            assert kind == "next"
            assert body["data"]["registryChanged"]["event"]["changes"]


@pytest.mark.usefixtures("registry")
async def test_the_tab_that_follows_a_route_shows_the_route_of_now(serve: Serving) -> None:
    tab = TABS[FOLLOW_ROUTE]
    async with serve() as client, events(client, tab.document, **tab.variables) as stream:
        kind, body = await anext(stream)
    assert kind == "next"
    assert body["data"]["routeChanged"]["candidates"]


@pytest.mark.usefixtures("registry")
async def test_tabs_that_write_leave_the_catalog_as_it_is(
    serve: Serving, database_url: str
) -> None:
    before = _rows(database_url)
    async with serve() as client:
        shown = await _run(client, TABS[GATEWAY])
        assert shown["model"]["latestVersion"]["bindings"]["nodes"]
        for tab in WRITING.values():
            await _run(client, tab)
        assert await _run(client, TABS[GATEWAY]) == shown
    after = _rows(database_url)
    with psycopg.connect(database_url) as connection:
        names = connection.execute("SELECT name FROM models UNION SELECT slug FROM providers")
        known = {name for (name,) in names}
    assert {name for name in known if name.startswith("example-")} == {
        "example-assistant",
        "example-provider",
    }
    assert [len(set(after[table]) - set(before[table])) for table in before] == [1, 2, 2, 2, 1, 1]
    assert all(set(before[table]) <= set(after[table]) for table in before)
