"""Operations as trusted documents over HTTP, against a real registry."""

import httpx
import pytest

from db.postgres.engine import Database
from examples.gateway.client import (
    BindingRefId,
    ClaimTrialInput,
    ModelRefName,
    RegistryClient,
    RouteInput,
)
from examples.gateway.transport import Refused, Unreachable
from tests import factories

ROUTE = RouteInput(model=ModelRefName(name="chat"))


async def test_a_route_that_has_not_changed_has_no_body(
    client: RegistryClient, db: Database
) -> None:
    version = await factories.version(db, await factories.model(db, name="chat"))
    served = await factories.binding(db, version)
    first = await client.current_route(ROUTE)
    assert first is not None
    assert [each.binding.provider_model_id for each in first.candidates] == [
        served.provider_model_id
    ]
    # its decidedAt is not selected, so the response is the same byte by byte
    assert await client.current_route(ROUTE) == first
    assert client.not_modified == 1
    await factories.binding(db, version)
    changed = await client.current_route(ROUTE)
    assert changed is not None
    assert len(changed.candidates) == 2


async def test_an_unknown_model_has_no_route(client: RegistryClient) -> None:
    assert await client.current_route(ROUTE) is None


async def test_a_stream_begins_with_the_route_now(client: RegistryClient, db: Database) -> None:
    version = await factories.version(db, await factories.model(db, name="chat"))
    await factories.binding(db, version)
    stream = client.route_changes(ROUTE)
    assert await anext(stream) == await client.current_route(ROUTE)
    await factories.binding(db, version)
    assert len((await anext(stream)).candidates) == 2
    await stream.aclose()  # type: ignore[attr-defined]  # an async generator


async def test_an_error_of_the_caller_is_refused(client: RegistryClient) -> None:
    with pytest.raises(Refused, match="limit"):
        await client.current_route(ROUTE.model_copy(update={"limit": 21}))


async def test_what_the_payload_refuses_is_no_exception(client: RegistryClient) -> None:
    unknown = ClaimTrialInput(binding=BindingRefId(id="bnd_" + "0" * 32))
    payload = await client.claim_trial(unknown)
    assert payload is not None
    assert [error.typename for error in payload.user_errors] == ["NotFoundError"]


async def test_a_registry_that_is_away_is_unreachable() -> None:
    async with httpx.AsyncClient() as http:
        client = RegistryClient("http://127.0.0.1:1/graphql", http)
        with pytest.raises(Unreachable, match="ConnectError"):
            await client.current_route(ROUTE)
        with pytest.raises(Unreachable, match="ConnectError"):
            await anext(client.route_changes(ROUTE))


async def test_an_answer_of_something_else_is_unreachable() -> None:
    """Such as the page of a proxy whose server is away."""

    def page(request: httpx.Request) -> httpx.Response:
        return httpx.Response(502, text="<html>Bad gateway</html>")

    async with httpx.AsyncClient(transport=httpx.MockTransport(page)) as http:
        client = RegistryClient("http://registry.test/graphql", http)
        with pytest.raises(Unreachable, match="JSONDecodeError"):
            await client.current_route(ROUTE)
        with pytest.raises(Unreachable, match="SSEError"):
            await anext(client.route_changes(ROUTE))
