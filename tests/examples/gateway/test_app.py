"""A gateway between callers, real HTTP providers and a real registry."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from db.postgres.engine import Database
from examples.gateway import app as gateway
from examples.gateway import providers
from examples.gateway.client import RouteStrategy
from examples.gateway.demo.processes import free_port
from examples.gateway.providers import Provider
from examples.gateway.transport import DOCUMENTS
from server import app as registry_app
from server.settings import Settings
from tests import factories
from tests.outcomes import rows
from tests.server.conftest import running

MODEL = "chat"
BODY = {"model": MODEL, "messages": [{"role": "user", "content": "hello"}]}
TIMEOUT_S = 20.0


class Site(NamedTuple):
    """The gateway, its providers in the order of their priority, and the registry's database."""

    gateway: httpx.AsyncClient
    first: Provider
    second: Provider
    database_url: str

    async def served_by(self) -> str:
        """The provider that answers a call."""
        response = await self.gateway.post("/v1/chat/completions", json=BODY)
        assert response.status_code == 200, response.text
        return str(response.headers["x-served-by"])

    async def figure(self, name: str) -> float:
        """One of the gateway's metrics."""
        text = (await self.gateway.get("/metrics")).text
        families = text_string_to_metric_families(text)
        return next(f.samples[0].value for f in families if f.name == f"gateway_{name}")

    async def excluded(self) -> list[str]:
        """The reasons in the route that the gateway knows."""
        route = (await self.gateway.get("/routes")).json()[MODEL]
        return [each["reason"] for each in route["excluded"]]

    def execute(self, sql: str) -> None:
        """Change the database behind everybody's back."""
        with psycopg.connect(self.database_url) as connection:
            connection.execute(sql)  # type: ignore[arg-type]  # a literal of a test


async def until(is_so: Callable[[], Any]) -> None:
    """Wait until an awaitable or plain condition holds."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            found = is_so()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.05)


@pytest.fixture
async def site(registry: httpx.AsyncClient, db: Database, database_url: str) -> AsyncIterator[Site]:
    """A model with two bindings: `first` has the better priority."""
    first, second = Provider("first", 1), Provider("second", 1)
    version = await factories.version(db, await factories.model(db, name=MODEL))
    async with AsyncExitStack() as stack:
        for priority, provider in enumerate((first, second)):
            served = running(providers.app(provider), http="httptools")
            url = str((await stack.enter_async_context(served)).base_url)
            by = await factories.provider(db, slug=provider.name, api_base=f"{url}/v1")
            await factories.binding(db, version, by, priority=priority)
        application = gateway.app(f"{registry.base_url}/graphql", RouteStrategy.PRIORITY)
        served = running(application, http="httptools", lifespan="on")
        yield Site(await stack.enter_async_context(served), first, second, database_url)


async def test_a_call_is_answered_by_the_best_candidate_and_reported(site: Site) -> None:
    assert await site.served_by() == "first"
    await until(lambda: rows(site.database_url, "outcome_minutes"))
    (row,) = rows(site.database_url, "outcome_minutes")
    assert row["success"] == 1
    # The row is committed before the gateway has read the answer to its report.
    await until(lambda: _is_done(site))


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({**BODY, "model": "unknown"}, 404, "there is no route for 'unknown'"),
        ({"messages": []}, 400, "the body must be a JSON object with `model`"),
        ([], 400, "the body must be a JSON object with `model`"),
    ],
)
async def test_what_cannot_be_routed_is_said(site: Site, body: Any, status: int, text: str) -> None:
    response = await site.gateway.post("/v1/chat/completions", json=body)
    assert (response.status_code, response.json()) == (status, {"error": {"message": text}})


async def test_a_broken_provider_is_left_out_until_one_trial_succeeds(site: Site) -> None:
    site.first.status = 500
    for _ in range(5):
        assert await site.served_by() == "second"
    await until(lambda: site.excluded())
    assert await site.excluded() == ["CIRCUIT_OPEN"]
    (circuit,) = rows(site.database_url, "circuits")
    assert (circuit["state"], circuit["openings"]) == ("OPEN", 1)
    called = site.first.calls
    assert await site.served_by() == "second"
    assert site.first.calls == called

    site.first.status = 200
    site.execute("UPDATE circuits SET open_until = now()")
    await until(lambda: _is_served_by(site, "first"))
    assert site.first.calls == called + 1
    assert await site.figure("claimed_trials") == 1
    await until(lambda: rows(site.database_url, "circuits")[0]["state"] == "CLOSED")
    await until(lambda: _is_served_by(site, "first"))


async def _is_served_by(site: Site, provider: str) -> bool:
    return await site.served_by() == provider


async def test_a_call_fails_when_all_candidates_do(site: Site) -> None:
    site.first.status = site.second.status = 503
    response = await site.gateway.post("/v1/chat/completions", json=BODY)
    assert response.status_code == 502
    assert response.json() == {"error": {"message": "second answered OVERLOADED"}}
    assert (site.first.calls, site.second.calls) == (1, 1)


async def test_without_a_usable_candidate_the_reasons_are_said(site: Site) -> None:
    site.execute("UPDATE provider_bindings SET status = 'DISABLED'")
    response = await site.gateway.post("/v1/chat/completions", json=BODY)
    assert response.status_code == 503
    message = response.json()["error"]["message"]
    assert message.startswith("no provider of 'chat' is usable (first: NOT_ACTIVE, ")


async def test_the_gateway_serves_while_the_registry_is_away(
    db: Database, database_url: str
) -> None:
    """And what it counted meanwhile is reported to the next registry at the same address."""
    provider = Provider("only", 1)
    version = await factories.version(db, await factories.model(db, name=MODEL))
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running(providers.app(provider), http="httptools"))
        by = await factories.provider(db, slug="only", api_base=f"{server.base_url}/v1")
        await factories.binding(db, version, by)
        port = free_port()
        settings = Settings(_env_file=None, documents=DOCUMENTS, documents_only=True)
        application = gateway.app(f"http://127.0.0.1:{port}/graphql", RouteStrategy.PRIORITY)
        served = running(application, http="httptools", lifespan="on")
        site = Site(await stack.enter_async_context(served), provider, provider, database_url)
        async with running(
            registry_app.build(settings, database_url), port=port, timeout_graceful_shutdown=1
        ):
            assert await site.served_by() == "only"
        for _ in range(20):
            assert await site.served_by() == "only"
        await until(lambda: _is_waiting(site))
        async with running(
            registry_app.build(settings, database_url), port=port, timeout_graceful_shutdown=1
        ):
            await until(lambda: _success(database_url) == 21)
            await until(lambda: _is_done(site))
        assert await site.figure("dropped_calls") == 0


async def _is_waiting(site: Site) -> bool:
    return await site.figure("waiting_calls") >= 20


async def _is_done(site: Site) -> bool:
    return await site.figure("waiting_calls") == 0


def _success(database_url: str) -> int:
    return sum(row["success"] for row in rows(database_url, "outcome_minutes"))


async def test_a_model_that_is_deleted_is_unknown_until_it_exists_again(
    site: Site, db: Database
) -> None:
    assert await site.served_by() == "first"
    site.execute("DELETE FROM models")
    await until(lambda: _status(site, 404))
    version = await factories.version(db, await factories.model(db, name=MODEL))
    by = await factories.provider(db, api_base="http://127.0.0.1:1/v1")
    await factories.binding(db, version, by)
    await until(lambda: _status(site, 502))


async def _status(site: Site, expected: int) -> bool:
    response = await site.gateway.post("/v1/chat/completions", json=BODY)
    return response.status_code == expected
