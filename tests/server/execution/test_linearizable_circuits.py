"""No response, cached or not, is older than an acknowledged change of a circuit, on any server.

An operator opens and closes the circuit of one binding; that of another opens by reported outcomes;
a third one is OPEN until a time, which passes.
"""

import asyncio
import json
import logging
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from db.postgres.engine import Database
from tests import factories, outcomes
from tests.server.commands.test_commands import serving
from tests.server.execution.test_linearizable import JSON, SECONDS

_log = logging.getLogger(__name__)
_NAMES = ("set", "reported", "timed")
_READERS = 4
_COUNT_MIN = 6  # of changes of each circuit, and of cached reads
_EXTRA_S = 60
_OPEN_S = 0.3
_SET = """mutation ($input: SetCircuitInput!) {
    setCircuit(input: $input) { userErrors { message } } }"""
_INPUTS = ", ".join(f'{{model: {{name: "{name}"}}}}' for name in _NAMES)
_BINDING = "{ binding { providerModelId } }"
# The first three depend on the data version alone; the others on outcomes as well.
_DOCUMENTS = {
    "field": "{ bindings { nodes { providerModelId routable } } }",
    "filter": "{ bindings(filter: {routable: true}) { nodes { providerModelId } } }",
    "versions": "{ versions(filter: {hasRoutableBinding: true}) { nodes { model { name } } } }",
    "health": "{ bindings { nodes { providerModelId health { circuit { state } } } } }",
    "routes": f"{{ routes(inputs: [{_INPUTS}]) {{ candidates {_BINDING} excluded {_BINDING} }} }}",
}


@dataclass
class History:
    """The changes of each circuit that were sent, and acknowledged; after an odd number it is OPEN.

    `open_until` is the end of the third one's state, as acknowledged.
    """

    end: float
    sent: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_NAMES, 0))
    known: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_NAMES, 0))
    open_until: datetime = factories.EPOCH
    reads: int = 0
    cached: int = 0  # reads of a response with the ETag that the reader had before
    checked: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def goes_on(self) -> bool:
        has_enough = min(self.cached, *self.known.values()) >= _COUNT_MIN
        end = self.end if has_enough else self.end + _EXTRA_S
        return time.monotonic() < end and not self.wrong

    def is_open(self, name: str, known: int, began_at: datetime) -> bool | None:
        """Whether a read that ends now must have seen an OPEN circuit; None if it changed then."""
        if self.sent[name] != known:
            return None
        if name != "timed" or known == 0:
            return known % 2 == 1
        if datetime.now(UTC) < self.open_until:
            return True
        return False if began_at > self.open_until else None


def _opened(document: str, data: Any) -> set[str]:
    """The bindings whose circuit a response takes for OPEN."""
    if document == "routes":
        excluded = (each for route in data["routes"] for each in route["excluded"])
        return {each["binding"]["providerModelId"] for each in excluded}
    ((_, page),) = data.items()
    if document == "field":
        return {each["providerModelId"] for each in page["nodes"] if not each["routable"]}
    if document == "health":
        states = {n["providerModelId"]: n["health"]["circuit"]["state"] for n in page["nodes"]}
        return {name for name, state in states.items() if state == "OPEN"}
    names = {each.get("providerModelId") or each["model"]["name"] for each in page["nodes"]}
    return set(_NAMES) - names


async def _errors(client: httpx.AsyncClient, query: str, input: dict[str, Any]) -> Any:
    body = {"query": query, "variables": {"input": input}}
    answer = (await client.post("/graphql", json=body)).json()
    (payload,) = answer["data"].values()
    return payload["userErrors"]


async def _sent(client: httpx.AsyncClient, query: str, input: dict[str, Any]) -> None:
    assert await _errors(client, query, input) == []


async def _change(client: httpx.AsyncClient, history: History, name: str, id: str) -> None:
    while history.goes_on:
        history.sent[name] += 1
        binding = {"binding": {"id": id}, "reason": "tests"}
        if name == "timed":
            until = datetime.now(UTC) + timedelta(seconds=_OPEN_S)
            timed = {**binding, "state": "OPEN", "until": until.isoformat()}
            if errors := await _errors(client, _SET, timed):
                assert datetime.now(UTC) > until, errors  # on a busy machine it has passed
            else:
                history.open_until = until
        elif history.sent[name] % 2 == 0:
            await _sent(client, _SET, {**binding, "state": "CLOSED"})
        elif name == "set":
            await _sent(client, _SET, {**binding, "state": "OPEN"})
        else:
            failures = [outcomes.item(id, "TIMEOUT") for _ in range(5)]
            await _sent(client, outcomes.REPORT, {"items": failures})
        history.known[name] = history.sent[name]
        await asyncio.sleep(random.uniform(0.05, 0.15) + (2 * _OPEN_S if name == "timed" else 0))


async def _read(client: httpx.AsyncClient, history: History) -> None:
    tags: dict[str, str | None] = {}
    while history.goes_on:
        name, document = random.choice([*_DOCUMENTS.items()])
        known, began_at = dict(history.known), datetime.now(UTC)
        is_quiet = known == history.sent
        body = json.dumps({"query": document}).encode()
        answer = await client.post("/graphql", content=body, headers=JSON)
        opened = _opened(name, answer.json()["data"])
        for binding in _NAMES:
            expected = history.is_open(binding, known[binding], began_at)
            if expected is not None and expected is not (binding in opened):
                history.wrong.append(f"{name}: {binding} is OPEN: {expected} after {known}")
            history.checked += is_quiet and expected is not None
        tag = answer.headers.get("etag")
        history.reads += 1
        history.cached += tag is not None and tags.get(name) == tag
        tags[name] = tag


async def test_no_read_misses_a_change_of_a_circuit_acknowledged_before_it_began(
    tmp_path: Path, database_url: str, db: Database
) -> None:
    bindings = {}
    for name in _NAMES:
        version = await factories.version(db, await factories.model(db, name=name))
        row = await factories.binding(db, version, provider_model_id=name)
        bindings[name] = row.node_id
    quiet = {"DATABASE_URL": database_url, "REGISTRY_LOG_LEVEL": "error"}
    with serving(tmp_path / "1", **quiet) as one, serving(tmp_path / "2", **quiet) as other:
        async with (
            httpx.AsyncClient(base_url=one.url, timeout=30) as of_one,
            httpx.AsyncClient(base_url=other.url, timeout=30) as of_other,
        ):
            history = History(time.monotonic() + SECONDS)
            readers = [_read((of_other, of_one)[n % 2], history) for n in range(_READERS)]
            writers = [_change(of_one, history, name, id) for name, id in bindings.items()]
            await asyncio.gather(*readers, *writers)
    _log.info("%d reads, %d cached, %s", history.reads, history.cached, history.known)
    assert history.wrong == []
    assert min(history.cached, history.checked, *history.known.values()) >= _COUNT_MIN
