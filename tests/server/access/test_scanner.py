"""What a scanner finds: the checks of graphql-cop, against a server that requires tokens.

Source: https://github.com/dolevf/graphql-cop
"""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from db.postgres.engine import Database
from domain.access import Role
from tests import factories
from tests.server.access.transports import bearer
from tests.server.conftest import Serving

# Whether a server has a weakness, asked with these headers.
Check = Callable[[httpx.AsyncClient, dict[str, str]], Awaitable[bool]]

PAGES = ("", "/graphql", "/graphiql", "/playground", "/console", "/altair", "/v1/graphql", "/api")
IDES = ("graphiql", "graphql playground", "altair", "apollo studio", "embeddable-sandbox")
CREATE = 'mutation { createModel(input: {name: "scanned", task: CHAT}) { model { name } } }'


async def answered(client: httpx.AsyncClient, headers: dict[str, str], query: Any) -> Any:
    """The JSON of a response; None when there is none."""
    body = query if isinstance(query, list) else {"query": query}
    response = await client.post("/graphql", json=body, headers=headers)
    try:
        return response.json()
    except ValueError:
        return None


def has_data(answer: Any) -> bool:
    return isinstance(answer, dict) and bool(answer.get("data"))


def executing(query: str) -> Check:
    """Whether the query is executed."""

    async def check(client: httpx.AsyncClient, headers: dict[str, str]) -> bool:
        return has_data(await answered(client, headers, query))

    return check


async def batching(client: httpx.AsyncClient, headers: dict[str, str]) -> bool:
    answer = await answered(client, headers, [{"query": "{ __typename }"}] * 10)
    return isinstance(answer, list)


async def suggestions(client: httpx.AsyncClient, headers: dict[str, str]) -> bool:
    queries = ("{ modelz { totalCount } }", "{ models(fisrt: 1) { totalCount } }", "{ __schemaa }")
    answers = [str(await answered(client, headers, query)) for query in queries]
    return any("Did you mean" in answer for answer in answers)


async def ide(client: httpx.AsyncClient, headers: dict[str, str]) -> bool:
    accepted = {**headers, "accept": "text/html"}
    pages = [await client.get(path, headers=accepted, follow_redirects=True) for path in PAGES]
    return any(name in page.text.lower() for page in pages for name in IDES)


async def tracing(client: httpx.AsyncClient, headers: dict[str, str]) -> bool:
    answer = await answered(client, {**headers, "x-apollo-tracing": "1"}, "{ __typename }")
    shown = str(answer).lower()
    return any(word in shown for word in ("tracing", "starttime", "debug", "stacktrace"))


async def unhandled_errors(client: httpx.AsyncClient, headers: dict[str, str]) -> bool:
    """Whether broken requests show exceptions or server errors."""
    bodies = (b"", b"{", b"[]", b"null", b'{"query": 1}', b'{"query": "qwerty"}', b"\xff\xfe")
    json_type = {**headers, "content-type": "application/json"}
    found = [await client.post("/graphql", content=body, headers=json_type) for body in bodies]
    words = ("exception", "traceback", "stack")
    return any(r.status_code >= 500 or any(w in r.text.lower() for w in words) for r in found)


async def get_queries(client: httpx.AsyncClient, headers: dict[str, str]) -> bool:
    parameters = {"query": "{ __typename }"}
    return has_data((await client.get("/graphql", params=parameters, headers=headers)).json())


async def get_mutations(client: httpx.AsyncClient, headers: dict[str, str]) -> bool:
    response = await client.get("/graphql", params={"query": CREATE}, headers=headers)
    return has_data(response.json())


async def urlencoded_post(client: httpx.AsyncClient, headers: dict[str, str]) -> bool:
    response = await client.post("/graphql", data={"query": "{ __typename }"}, headers=headers)
    return response.status_code == 200 and has_data(response.json())


_TYPES = "{ __schema { types { name } } }"
_CIRCULAR = (
    "__schema { types { fields { type { fields { type { fields { type { name } } } } } } } }"
)
_ALIASES = " ".join(f"a{n}: __typename" for n in range(101))
CHECKS: dict[str, Check] = {
    "introspection": executing(_TYPES),
    "circular introspection": executing(f"{{ {_CIRCULAR} a: {_CIRCULAR} }}"),
    "alias overloading": executing(f"{{ {_ALIASES} }}"),
    "directive overloading": executing("{ __typename %s }" % ("@include(if: true) " * 50)),
    "field duplication": executing("{ %s }" % ("__typename " * 501)),
    "batching": batching,
    "suggestions": suggestions,
    "IDE": ide,
    "tracing": tracing,
    "unhandled errors": unhandled_errors,
    "GET queries": get_queries,
    "GET mutations": get_mutations,
    "url-encoded POST": urlencoded_post,
}
# For callers with a token: what the API offers them. Introspection is bounded by the cost.
MEANT = {"introspection", "suggestions", "GET queries", "IDE"}


@pytest.mark.parametrize("name", CHECKS)
async def test_a_scanner_without_a_token_finds_nothing(
    serve: Serving, db: Database, name: str
) -> None:
    async with serve(require_tokens=True) as client:
        assert not await CHECKS[name](client, {})
        assert not await CHECKS[name](client, bearer("mrk_aaaaaaaa_guessed"))


@pytest.mark.parametrize("role", [Role.READER, Role.ADMIN])
async def test_a_scanner_with_a_token_finds_what_is_meant_for_it(
    serve: Serving, db: Database, role: Role
) -> None:
    headers = bearer(await factories.token(db, role))
    async with serve(require_tokens=True) as client:
        found = {name for name, check in CHECKS.items() if await check(client, headers)}
        assert found <= MEANT | {"field duplication"}
        assert {"introspection", "suggestions", "GET queries"} <= found


async def test_the_checks_find_what_is_there(serve: Serving) -> None:
    """In open mode everybody may look, so the checks above can fail."""
    async with serve() as client:
        found = {name for name, check in CHECKS.items() if await check(client, {})}
        assert {"introspection", "suggestions", "IDE", "GET queries"} <= found
        assert not found & {"batching", "tracing", "GET mutations", "url-encoded POST"}
