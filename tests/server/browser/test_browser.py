"""A real browser: a dashboard on another origin, GraphiQL's token field, and the sign-in page.

It needs Chromium and `make ui`, and is skipped without them.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import which
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Route

from db.postgres.engine import Database
from domain.access import Role
from server.http import pages
from tests import factories
from tests.server.conftest import Serving, running

UI = Path(__file__).parents[3] / "ui"
PAGE = Path(__file__).parent / "dashboard.html"
# The first one has no windows, and takes a fifth less of the processor's time.
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(which, BROWSERS)), None)
MISSING = [
    name
    for name, path in {
        "Chromium": CHROMIUM,
        "Node": which("node"),
        "GraphiQL, by make ui": (pages.FILES / "graphiql.html").exists(),
        "ui/node_modules": (UI / "node_modules" / "playwright-core").exists(),
    }.items()
    if not path
]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {MISSING}")

WAIT_S = 120
CREATED = {"registryChanged": {"event": {"kind": "MODEL", "action": "CREATED"}}}
BLOCKED = "TypeError: Failed to fetch"
RUN_BUTTON = "button.graphiql-execute-button"
RESULT = ".result-window :text('\"data\"')"


class Visit(NamedTuple):
    """What a page answered, and what the browser's console said."""

    results: list[Any]
    console: list[str]


async def visit(url: str, *steps: tuple[str, ...]) -> Visit:
    """Open a page in a browser, and do these steps."""
    command = ("node", str(UI / "browser.mjs"), url, json.dumps(steps))
    environment = {**os.environ, "CHROMIUM": str(CHROMIUM)}
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(WAIT_S):
        told, failure = await process.communicate()
    seen = json.loads(told.splitlines()[-1])
    assert process.returncode == 0, f"{failure.decode()}\n{seen}"
    return Visit(seen["results"], seen["console"])


@asynccontextmanager
async def dashboard() -> AsyncIterator[str]:
    """The dashboard's address, on an origin of its own."""
    page = Starlette(routes=[Route("/", lambda _: FileResponse(PAGE))])
    async with running(page, http="httptools") as client:
        yield str(client.base_url).rstrip("/")


def asking(site: str, client: httpx.AsyncClient, token: str = "") -> str:
    api = str(client.base_url.join("/graphql"))
    return f"{site}/?{urlencode({'api': api, 'token': token})}"


async def test_a_dashboard_on_a_listed_origin_uses_everything(serve: Serving, db: Database) -> None:
    token = await factories.token(db, Role.EDITOR)
    async with (
        dashboard() as site,
        serve(cors_origins=site, require_tokens=True) as client,
    ):
        seen = await visit(asking(site, client, token), ("eval", "run()"))
        without = await visit(asking(site, client), ("eval", "run()"))
    [told] = seen.results
    counted = {"models": {"totalCount": 0}}
    assert told["query"] == {"status": 200, "id": True, "data": counted}
    assert told["mutation"]["data"] == {"createModel": {"model": {"name": "over-http"}}}
    assert told["get"] == {"status": 200, "data": {"models": {"totalCount": 1}}}
    assert told["socket"] == told["events"] == CREATED
    assert told["wrongToken"] == {"status": 401, "id": True, "code": "UNAUTHENTICATED"}
    assert [line for line in seen.console if "401" not in line] == []
    [refused] = without.results
    assert refused["query"] == {"status": 401, "id": True, "code": "UNAUTHENTICATED"}
    assert refused["socket"].startswith("Error: the socket was closed: 4403 ")


async def test_a_dashboard_on_another_origin_can_do_nothing(serve: Serving, db: Database) -> None:
    async with dashboard() as site, serve(cors_origins="https://other.example") as client:
        seen = await visit(asking(site, client), ("eval", "run()"))
        answer = await client.post("/graphql", json={"query": "{ models { totalCount } }"})
    [told] = seen.results
    assert told == {
        **dict.fromkeys(("query", "mutation", "get", "events", "wrongToken"), BLOCKED),
        "socket": "Error: the socket was refused",
    }
    assert answer.json() == {"data": {"models": {"totalCount": 0}}}
    assert sum("blocked by CORS policy" in line for line in seen.console) == 5


async def test_graphiql_opens_at_once_in_open_mode_and_sends_a_token(
    serve: Serving, db: Database
) -> None:
    token = await factories.token(db, Role.READER)
    typed = f'{{"Authorization": "Bearer {token}"}}'
    store = (
        "[sessionStorage['registry.token'] ?? null, JSON.stringify(localStorage).includes('mrk_'),"
        " localStorage['graphiql:queries'].includes('ExploreModels')]"
    )
    async with serve() as client:
        seen = await visit(
            str(client.base_url.join("/graphql")),
            ("wait", RUN_BUTTON),
            ("fill", ".token input", token),
            ("click", ".token button"),
            ("wait", f"text=Forget token {token[:12]}"),
            ("press", RUN_BUTTON, RESULT),
            ("click", "text=Headers"),
            ("type", ".graphiql-editor-tool .graphiql-editor:not(.hidden)", typed),
            ("wait", ".graphiql-editor-tool :text('Authorization')"),
            ("press", RUN_BUTTON, RESULT),
            ("eval", store),
            ("click", "button.token"),
            ("wait", ".token input"),
            ("eval", store),
        )
    assert seen.results == [[token, False, True], [None, False, True]]
    assert seen.console == []


async def test_where_tokens_are_required_a_person_signs_in(serve: Serving, db: Database) -> None:
    token = await factories.token(db, Role.READER)
    wrong = f"mrk_zzzzzzzz_{token[13:]}"
    async with serve(require_tokens=True) as client:
        seen = await visit(
            str(client.base_url.join("/graphql")),
            ("wait", "#sign-in"),
            ("eval", "document.body.innerText.toLowerCase().includes('graphiql')"),
            ("fill", "#token", wrong),
            ("click", "#sign-in button"),
            ("wait", "text=The registry does not accept this token"),
            ("fill", "#token", token),
            ("click", "#sign-in button"),
            ("wait", RUN_BUTTON),
            ("press", RUN_BUTTON, RESULT),
            ("reload",),
            ("wait", RUN_BUTTON),
            ("click", "button.token"),
            ("wait", "#sign-in"),
            ("eval", "sessionStorage.length"),
        )
    assert seen.results == [False, 0]
    assert [line for line in seen.console if "401" not in line] == []
