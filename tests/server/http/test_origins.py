"""Pages of other origins: what a browser hears, by real HTTP and WebSocket."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import websockets

from server.http.responses import SECURITY
from tests.server.conftest import Serving, on_every_path
from tests.server.sockets import connected, events
from tests.server.wire import head, request

Serve = Callable[..., Any]

PAGE = "https://dash.example"
OTHER = "https://other.example"
LISTED = {"cors_origins": f"{PAGE}, http://localhost:5173"}
QUERY = {"query": "{ __typename }"}
ALLOWED = {
    "access-control-allow-origin": PAGE,
    "access-control-expose-headers": "etag, registry-revision, retry-after, traceresponse,"
    " www-authenticate, x-request-id",
}


def cors(answer: httpx.Response) -> dict[str, str]:
    """The headers of CORS that an answer has."""
    return {k: v for k, v in answer.headers.items() if k.startswith("access-control-")}


async def preflight(client: httpx.AsyncClient, origin: str, path: str = "/graphql") -> Any:
    headers = {"origin": origin, "access-control-request-method": "POST"}
    headers["access-control-request-headers"] = "authorization,content-type"
    return await client.options(path, headers=headers)


async def test_a_preflight_of_a_listed_origin_is_answered_and_may_be_kept(serve: Serving) -> None:
    async with serve(**LISTED) as client:
        for path in ("/graphql", "/schema.graphql"):
            answer = await preflight(client, PAGE, path)
            assert (answer.status_code, answer.content) == (204, b"")
            assert cors(answer) == {
                **ALLOWED,
                "access-control-allow-methods": "GET, HEAD, POST",
                "access-control-allow-headers": (
                    "accept, authorization, content-type, graphql-require-preflight,"
                    " if-none-match, last-event-id, registry-revision, traceparent,"
                    " tracestate, x-request-id"
                ),
                "access-control-max-age": "7200",
            }
            assert answer.headers["vary"] == "origin"
            assert "content-length" not in answer.headers


@pytest.mark.parametrize("origin", [OTHER, "null", "http://dash.example", f"{PAGE}:8443"])
async def test_a_preflight_of_another_origin_is_refused(serve: Serving, origin: str) -> None:
    async with serve(**LISTED) as client:
        answer = await preflight(client, origin)
        assert answer.status_code == 403
        assert "REGISTRY_CORS_ORIGINS" in answer.json()["errors"][0]["message"]
        assert cors(answer) == {}
        assert answer.headers["cache-control"] == "no-store"


async def test_a_preflight_that_names_a_foreign_host_is_refused(serve: Serving) -> None:
    """DNS rebinding: the page's own name points here."""
    async with serve(**LISTED) as client:
        for origin, status in ((PAGE, 421), ("http://evil.example", 421)):
            headers = {"host": "evil.example", "origin": origin}
            headers["access-control-request-method"] = "POST"
            assert (await client.options("/graphql", headers=headers)).status_code == status


async def test_options_without_a_page_is_no_preflight(serve: Serving) -> None:
    async with serve(**LISTED) as client:
        assert (await client.options("/graphql")).status_code == 405


@on_every_path
async def test_answers_and_errors_can_be_read_by_a_listed_page(serve: Serving) -> None:
    async with serve(body_bytes_max=1_000, **LISTED) as client:
        sent: list[tuple[int, dict[str, Any]]] = [
            (200, {"json": QUERY}),
            (200, {"json": {"query": "{ nope }"}}),
            (400, {"json": []}),
            (401, {"json": QUERY, "headers": {"authorization": "Bearer mrk_none"}}),
            (403, {"json": QUERY, "headers": {"origin": OTHER}}),
            (413, {"content": b" " * 1_001, "headers": {"content-type": "application/json"}}),
            (415, {"content": b"{}"}),
            (421, {"json": QUERY, "headers": {"host": "evil.example"}}),
        ]
        for status, given in sent:
            headers = {"origin": PAGE, **given.pop("headers", {})}
            answer = await client.post("/graphql", headers=headers, **given)
            assert answer.status_code == status
            assert cors(answer) == ({} if status == 403 else ALLOWED), status
            assert "origin" in answer.headers.get_list("vary", split_commas=True), status


async def test_refused_heads_can_be_read_by_a_listed_page(serve_bytes: Serve) -> None:
    long = "x" * 4_000
    sent = {
        431: request("{ __typename }", f"Origin: {PAGE}", f"X-Long: {long}"),
        414: head(None, f"Origin: {PAGE}", method="GET", path=f"/graphql?query={long}"),
        408: head(2, f"Origin: {PAGE}"),
    }
    limits = {"head_bytes_max": 4_000, "operation_timeout_ms": 200}
    async with serve_bytes(**limits, **LISTED) as site:
        for status, one in sent.items():
            answer = await (await site.connected()).ask(one)
            assert answer.status == status
            assert ALLOWED.items() <= answer.headers.items()
            assert answer.headers["x-content-type-options"] == "nosniff"


@on_every_path
async def test_a_cache_keeps_answers_to_pages_apart(serve: Serving) -> None:
    """Also the answer to no page at all says that it depends on the origin."""
    async with serve(**LISTED) as client:
        for headers in ({}, {"origin": PAGE}):
            answer = await client.post("/graphql", json=QUERY, headers=headers)
            vary = answer.headers.get_list("vary", split_commas=True)
            assert vary == [
                "accept",
                "accept-encoding",
                "authorization",
                "registry-revision",
                "origin",
            ]
    async with serve() as client:
        answer = await client.post("/graphql", json=QUERY)
        assert answer.headers["vary"] == "accept, accept-encoding, authorization, registry-revision"
        assert cors(answer) == {}


async def test_cookies_are_allowed_where_the_setting_says_so(serve: Serving) -> None:
    async with serve(cors_credentials=True, **LISTED) as client:
        for answer in (
            await preflight(client, PAGE),
            await client.post("/graphql", json=QUERY, headers={"origin": PAGE}),
        ):
            assert answer.headers["access-control-allow-credentials"] == "true"
            assert answer.headers["access-control-allow-origin"] == PAGE


async def test_a_get_of_a_listed_page_needs_no_other_header(serve: Serving) -> None:
    """An <img> of any site sends no Origin; the script of a page cannot leave it out."""
    params = {"query": "{ __typename }"}
    site = {"sec-fetch-site": "cross-site"}
    async with serve(**LISTED) as client:
        for headers, status in (
            (site, 403),
            ({**site, "origin": OTHER}, 403),
            ({**site, "origin": OTHER, "graphql-require-preflight": "1"}, 403),
            ({**site, "origin": PAGE}, 200),
            ({**site, "graphql-require-preflight": "1"}, 200),
            ({"sec-fetch-site": "same-origin"}, 200),
        ):
            answer = await client.get("/graphql", params=params, headers=headers)
            assert answer.status_code == status, headers


async def test_requests_of_pages_take_the_direct_path(serve_bytes: Serve) -> None:
    query = "/graphql?query={__typename}"
    sent = [
        request("{ __typename }", f"Origin: {PAGE}"),
        request("{ __typename }", "Origin: http://localhost"),  # GraphiQL
        head(None, f"Origin: {PAGE}", "Sec-Fetch-Site: cross-site", method="GET", path=query),
        head(None, "Sec-Fetch-Site: same-origin", method="GET", path=query),
    ]
    async with serve_bytes(**LISTED) as site:
        for one in sent:
            answer = await (await site.connected()).ask(one)
            assert answer.body == {"data": {"__typename": "Query"}}
        assert site.asgi_count == 0
        connection = await site.connected()
        for origin, status in ((PAGE, 200), (OTHER, 403), (PAGE, 200), ("null", 403)):
            answer = await connection.ask(request("{ __typename }", f"Origin: {origin}"))
            assert answer.status == status
        assert site.asgi_count == 2


async def test_event_streams_are_for_listed_pages_too(serve: Serving) -> None:
    async with serve(**LISTED) as client:
        client.headers["origin"] = PAGE
        async with events(client, "{ __typename }") as received:
            assert await anext(received) == ("next", {"data": {"__typename": "Query"}})
        headers = {"accept": "text/event-stream"}
        body = {"query": "subscription { events { sequence } }"}
        async with client.stream("POST", "/graphql", json=body, headers=headers) as answer:
            assert answer.status_code == 200
            assert cors(answer) == ALLOWED


@pytest.mark.parametrize(
    ("origin", "status"), [(PAGE, 101), (OTHER, 403), ("null", 403), (f"{PAGE}.evil.example", 403)]
)
async def test_sockets_are_for_the_same_pages(serve: Serving, origin: str, status: int) -> None:
    async with serve(**LISTED) as client:
        try:
            async with connected(client, origin=origin) as socket:
                await socket.send({"type": "connection_init"})
                assert await socket.receive() == {"type": "connection_ack"}
                answered = 101
        except websockets.InvalidStatus as refused:
            answered = refused.response.status_code
        assert answered == status


@on_every_path
async def test_every_response_has_headers_that_keep_pages_of_others_out(serve: Serving) -> None:
    async with serve() as client:
        for answer in (
            await client.post("/graphql", json=QUERY),
            await client.get("/graphql", headers={"accept": "text/html"}),
            await client.get("/healthz"),
            await client.get("/schema.graphql"),
            await client.get("/nowhere"),
            await client.get("/", headers={"host": "evil.example"}),
        ):
            for name, value in SECURITY:
                assert answer.headers.get_list(name.decode()) == [value.decode()], answer
            assert "server" not in answer.headers
