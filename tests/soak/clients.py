"""Clients that change a registry at random and record each response."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple, TypeAlias

import httpx

SHARED = 5  # models that all clients write to
PROVIDERS = 3
_TIMEOUT_S = 20
_CREATED = "version { id number revision }"


Input: TypeAlias = dict[str, Any]


class Server(NamedTuple):
    """Where a server answers, and the connections to it."""

    http: httpx.AsyncClient
    url: str


@dataclass(slots=True)
class Call:
    """One mutation: what it asked, and `done`, `refused` or `unknown` as its outcome.

    A write that failed and was not committed, as its error says, counts as refused.
    """

    id: str
    mutation: str
    input: Input
    events: int  # that it must leave when it was done; -1 where the data decides
    outcome: str = "unknown"
    why: str = ""
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Client:
    """One client: its own model and versions, and its luck."""

    name: str
    luck: random.Random
    calls: list[Call] = field(default_factory=list)
    model: str | None = None
    versions: list[str] = field(default_factory=list)
    bindings: list[str] = field(default_factory=list)
    prices: list[str] = field(default_factory=list)


async def prepare(server: Server) -> None:
    """The providers and the shared models."""
    setup = Client("setup", random.Random(0))
    for n in range(PROVIDERS):
        given = {"slug": f"p{n}", "name": f"P{n}", "kind": "OTHER"}
        await send(server, setup, "createProvider", given, "provider { id }", 1)
    for n in range(SHARED):
        given = {"name": f"shared-{n}", "task": "CHAT"}
        await send(server, setup, "createModel", given, "model { id }", 1)
    assert all(call.outcome == "done" for call in setup.calls), setup.calls


async def write_at_random(servers: list[Server], client: Client, until: float) -> None:
    """Call one mutation after the other, at any of the servers, until the time is over."""
    while time.monotonic() < until:
        await write_once(servers, client)
        if client.calls[-1].why == "ConnectError":
            await asyncio.sleep(0.05)


async def write_once(servers: list[Server], client: Client) -> None:
    """Call one mutation at any of the servers."""
    verbs = [_create_shared, _move_alias, _describe_shared]
    if client.model is None:
        verbs = [create_model]
    elif client.luck.random() < 0.75:
        verbs = [create_own, create_own, _describe_own, _delete_model]
        verbs += [_update_own, _delete_own, _add_binding] if client.versions else []
        verbs += [_price, _delete_binding] if client.bindings else []
        verbs += [_withdraw] if client.prices else []
    await client.luck.choice(verbs)(client.luck.choice(servers), client)


async def send(
    server: Server, client: Client, mutation: str, given: Input, selected: str, events: int
) -> Call:
    call = Call(f"{client.name}-{len(client.calls)}", mutation, given, events)
    client.calls.append(call)
    name = mutation[0].upper() + mutation[1:]
    document = (
        f"mutation ($input: {name}Input!) {{ {mutation}(input: $input)"
        f" {{ {selected} userErrors {{ code message path }} }} }}"
    )
    body = {"query": document, "variables": {"input": given}}
    try:
        answer = await server.http.post(
            server.url, json=body, headers={"x-request-id": call.id}, timeout=_TIMEOUT_S
        )
        _read(call, answer.json())
    except (httpx.TransportError, ValueError) as error:
        call.why = type(error).__name__
    return call


def _read(call: Call, body: dict[str, Any]) -> None:
    if body.get("errors"):
        extensions = body["errors"][0].get("extensions", {})
        call.why = extensions.get("code", "none")
        if extensions.get("outcome") in ("NOT_STARTED", "NOT_COMMITTED"):
            call.outcome = "refused"
    else:
        call.payload = body["data"][call.mutation]
        errors = call.payload["userErrors"]
        call.outcome = "refused" if errors else "done"
        call.why = errors[0]["code"] if errors else ""


def _new_version(client: Client, model: dict[str, str], bindings: int) -> dict[str, Any]:
    place = f"{client.name}-{len(client.calls)}"
    given = {
        "model": model,
        "version": f"1.{len(client.calls)}.0-{client.name}",
        "contentHash": sha256(place.encode()).hexdigest(),
        "region": "eu",
        "bindings": [
            {
                "provider": f"p{n % PROVIDERS}",
                "providerModelId": f"{place}-{n}",
                "price": {"inputPer1k": "0.001"},
            }
            for n in range(bindings)
        ],
    }
    return given


async def create_model(server: Server, client: Client) -> None:
    given = {"name": f"{client.name}-{len(client.calls)}", "task": "CHAT"}
    call = await send(server, client, "createModel", given, "model { id }", 1)
    if call.outcome == "done":
        client.model = call.payload["model"]["id"]


async def _describe_own(server: Server, client: Client) -> None:
    given = {"model": {"id": client.model}, "description": f"{client.name}-{len(client.calls)}"}
    await send(server, client, "updateModel", given, "model { revision }", 1)


async def _delete_model(server: Server, client: Client) -> None:
    if client.luck.random() < 0.8:
        return await create_own(server, client)
    given = {"model": {"id": client.model}, "force": client.luck.random() < 0.8}
    selected = "deletedId deletedVersions deletedBindings"
    call = await send(server, client, "deleteModel", given, selected, -1)
    if call.outcome != "refused":
        client.model, client.versions, client.bindings = None, [], []
    return None


async def create_own(server: Server, client: Client) -> None:
    bindings = client.luck.randrange(5)
    given = _new_version(client, {"id": client.model or ""}, bindings)
    given["status"] = client.luck.choice(["DRAFT", "ACTIVE"])
    selected = "version { id bindings(first: 10) { nodes { id } } }"
    call = await send(server, client, "createVersion", given, selected, 1 + 2 * bindings)
    if call.outcome == "done":
        client.versions.append(call.payload["version"]["id"])
        client.bindings += [b["id"] for b in call.payload["version"]["bindings"]["nodes"]]


async def _update_own(server: Server, client: Client) -> None:
    score = round(client.luck.random(), 6)
    given = {"version": {"id": client.luck.choice(client.versions)}, "evalScore": score}
    await send(server, client, "updateVersion", given, _CREATED, 1)


async def _delete_own(server: Server, client: Client) -> None:
    version = client.luck.choice(client.versions)
    given = {"version": {"id": version}, "force": True}
    call = await send(server, client, "deleteVersion", given, "deletedId deletedBindings", -1)
    if call.outcome != "refused":
        client.versions.remove(version)


async def _add_binding(server: Server, client: Client) -> None:
    place = f"{client.name}-{len(client.calls)}"
    given = {
        "version": {"id": client.luck.choice(client.versions)},
        "binding": {"provider": "p0", "providerModelId": place},
    }
    call = await send(server, client, "createBinding", given, "binding { id }", 1)
    if call.outcome == "done":
        client.bindings.append(call.payload["binding"]["id"])


async def _price(server: Server, client: Client) -> None:
    price = {"inputPer1k": str(client.luck.randrange(100)), "source": client.name}
    given = {"binding": {"id": client.luck.choice(client.bindings)}, "price": price}
    call = await send(server, client, "setPrice", given, "price { id inputPer1k }", 1)
    if call.outcome == "done" and call.payload["price"]:
        client.prices.append(call.payload["price"]["id"])


async def _withdraw(server: Server, client: Client) -> None:
    """Refused where another price has followed, or the binding is gone."""
    given = {"price": client.prices.pop()}
    await send(server, client, "withdrawPrice", given, "binding { id }", 1)


async def _delete_binding(server: Server, client: Client) -> None:
    binding = client.luck.choice(client.bindings)
    given = {"binding": {"id": binding}}
    call = await send(server, client, "deleteBinding", given, "deletedId", -1)
    if call.outcome != "refused":
        client.bindings.remove(binding)


def _shared(client: Client) -> dict[str, str]:
    return {"name": f"shared-{client.luck.randrange(SHARED)}"}


async def _create_shared(server: Server, client: Client) -> None:
    given = _new_version(client, _shared(client), 2)
    await send(server, client, "createVersion", given, _CREATED, 5)


async def _describe_shared(server: Server, client: Client) -> None:
    query = '{ models(first: 5, filter: {nameContains: "shared"}) { nodes { id revision } } }'
    document = {"query": query}
    try:
        answer = await server.http.post(server.url, json=document, timeout=_TIMEOUT_S)
        model = client.luck.choice(answer.json()["data"]["models"]["nodes"])
    except (httpx.TransportError, ValueError, KeyError, TypeError):
        return await _create_shared(server, client)
    text = f"{client.name}-{len(client.calls)}"
    expected = model["revision"]
    given = {"model": {"id": model["id"]}, "expectedRevision": expected, "description": text}
    await send(server, client, "updateModel", given, "model { revision }", 1)
    return None


async def _move_alias(server: Server, client: Client) -> None:
    model = _shared(client)
    if client.luck.random() < 0.3:
        given: dict[str, Any] = {"model": model, "alias": "production"}
        await send(server, client, "rollbackAlias", given, "alias { name }", 1)
        return
    number = client.luck.randrange(1, 40)
    version = {"inModel": {"model": model, "select": {"number": number}}}
    given = {"model": model, "alias": "production", "version": version}
    await send(server, client, "setAlias", given, "alias { name }", -1)
