"""A registry that requires no tokens answers on loopback addresses only, and warns of proxies."""

import logging
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from server import app
from server.http.open_mode import is_here
from server.settings import Settings
from tests.server.conftest import Serving, on_every_path, running
from tests.server.sockets import connected

COUNT = {"query": "{ models { totalCount } }"}
FORWARDED = {"x-forwarded-for": "192.0.2.7"}


@pytest.mark.parametrize(
    ("end", "is_local"),
    [
        (("127.0.0.1", 80), True),
        (("127.3.2.1", 80), True),
        (("::1", 80), True),
        (("::ffff:127.0.0.1", 80), True),
        (("/run/registry.sock", None), True),
        (None, True),  # a Unix socket without a name
        (("192.0.2.1", 80), False),
        (("10.0.0.1", 80), False),
        (("fe80::1%eth0", 80), False),
        (("2001:db8::1", 80), False),
        (("registry.example.com", 80), False),
    ],
)
def test_which_end_of_a_connection_only_this_machine_reaches(
    end: tuple[str, int | None] | None, is_local: bool
) -> None:
    assert is_here(end) is is_local


@pytest.mark.parametrize(
    ("given", "status"),
    [({}, 403), ({"allow_open": True}, 200), ({"require_tokens": True}, 401)],
)
async def test_another_program_cannot_open_the_registry_to_others(
    database_url: str, given: dict[str, Any], status: int
) -> None:
    """uvicorn can start the application on any address, without the check of `registry serve`."""
    settings = Settings(_env_file=None, allowed_hosts="*", **given)
    application = app.build(settings, database_url)

    async def elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            scope["server"] = ("192.0.2.1", 8003)
        await application(scope, receive, send)

    async with running(elsewhere, http="httptools") as client:
        for path in ("/graphql", "/schema.graphql"):
            answer = await client.get(path, params=COUNT)
            assert answer.status_code == status
        if status == 403:
            assert "REGISTRY_REQUIRE_TOKENS=true" in answer.json()["errors"][0]["message"]
            assert (await client.get("/readyz")).status_code == 403
            with pytest.raises(Exception, match="403"):
                async with connected(client):
                    pass


@on_every_path
async def test_the_first_request_through_a_proxy_is_warned_of(
    serve: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "access")
    async with serve() as client:
        await client.post("/graphql", json=COUNT)
        assert _warnings(caplog) == 0
        for _ in range(3):
            answer = await client.post("/graphql", json=COUNT, headers=FORWARDED)
            assert answer.json() == {"data": {"models": {"totalCount": 0}}}
        assert _warnings(caplog) == 1


@pytest.mark.parametrize("given", [{"require_tokens": True}, {"allow_open": True}])
async def test_proxies_are_no_surprise_elsewhere(
    serve: Serving, caplog: pytest.LogCaptureFixture, given: dict[str, Any]
) -> None:
    caplog.set_level(logging.WARNING, "access")
    async with serve(**given) as client:
        answer: httpx.Response = await client.post("/graphql", json=COUNT, headers=FORWARDED)
        assert answer.status_code in (200, 401)
    assert _warnings(caplog) == 0


def _warnings(caplog: pytest.LogCaptureFixture) -> int:
    return sum("through a proxy" in record.message for record in caplog.records)
