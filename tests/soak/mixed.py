"""A mixed load of gateways: reads, reported outcomes and writes, each at a rate of its own."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from uuid import uuid4

import httpx

from tests.outcomes import REPORT
from tests.soak import kept
from tests.soak.clients import Client, Server, write_once
from tests.soak.kept import Failed

_ROOT = Path(__file__).resolve().parents[2]
FETCH = (_ROOT / "ui/examples/03-gateway-fetch.graphql").read_text("utf-8")
ROUTE = """query ($input: RouteInput!) { route(input: $input) {
    etag candidates { binding { id url provider { slug } } } } }"""
_ROUTED = 1 / 3  # of the reads; the others are the gateway's kept query
_ITEMS = 5  # of a report
_FAILING = 0.01  # of the reported calls: circuits stay closed
_RETRY_S = 0.5
_WAITING_MAX = 200  # requests of one kind; with more, a turn is left out
# What a client must expect while something fails, and can try again.
_TEMPORARY = {"UNAVAILABLE", "TIMEOUT", "RATE_LIMITED"}

Turn: TypeAlias = Callable[[], Awaitable[str]]


class Answer(NamedTuple):
    """One request: when it ended, in seconds since the start, and how.

    `outcome` is ok, unavailable, or internal for what no client should see: status 500 or INTERNAL.
    """

    at_s: float
    kind: str
    outcome: str
    ms: float
    why: str = ""

    @property
    def began_s(self) -> float:
        """When it was sent."""
        return self.at_s - self.ms / 1_000


class Repeat(NamedTuple):
    """A request that was sent again, as its kept connection was closed; in seconds as above."""

    since_s: float
    at_s: float
    why: str


@dataclass(slots=True)
class Journal:
    """All answers, in the order of their ends."""

    began: float = field(default_factory=time.monotonic)
    answers: list[Answer] = field(default_factory=list)
    repeats: list[Repeat] = field(default_factory=list)
    left_out: int = 0  # turns, because too many requests waited

    def now_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    def note(self, kind: str, began_s: float, why: str) -> None:
        """Note an answer; `why` is empty for a good one."""
        ended_s = self.now_s()
        self.answers.append(
            Answer(ended_s, kind, outcome_of(why), 1_000 * (ended_s - began_s), why)
        )


def outcome_of(why: str) -> str:
    """What an error means to a client: ok, unavailable or internal."""
    if not why:
        return "ok"
    is_temporary = why in _TEMPORARY or why.startswith(("transport", "503", "429"))
    return "unavailable" if is_temporary else "internal"


@dataclass(slots=True)
class Gateways:
    """What gateways send, and how many calls were acknowledged."""

    server: Server
    journal: Journal
    models: Sequence[str]
    bindings: Sequence[str]
    luck: random.Random
    reported: int = 0  # calls that the registry has acknowledged

    async def read(self) -> str:
        """The kept query by a model's name, or a route; why it failed, or an empty text."""
        name = self.luck.choice(self.models)
        if self.luck.random() < _ROUTED:
            given = {"model": {"name": name}, "strategy": "BALANCED", "seed": 1}
            return await self._why({"query": ROUTE, "variables": {"input": given}})
        return await self._why({"query": FETCH, "variables": {"name": name}})

    async def report(self) -> str:
        """Report calls once; after a failure the same report is sent until it is acknowledged."""
        at = datetime.now(UTC).isoformat()
        items = [
            {"binding": self.luck.choice(self.bindings), "at": at, "outcome": self._outcome()}
            for _ in range(_ITEMS)
        ]
        input = {"items": items, "idempotencyKey": str(uuid4())}
        body = {"query": REPORT, "variables": {"input": input}}
        first = await self._why(body)
        why = first
        while why:
            await asyncio.sleep(_RETRY_S)
            why = await self._why(body)
        self.reported += len(items)
        return first

    def _outcome(self) -> str:
        return "TIMEOUT" if self.luck.random() < _FAILING else "SUCCESS"

    async def _why(self, body: dict[str, Any]) -> str:
        """Send a query, or a report, which its key makes harmless to repeat."""
        began_s = self.journal.now_s()
        answer = await kept.post(self.server.http, self.server.url, body)
        if isinstance(answer, Failed) and answer.is_closed_while_kept:
            self.journal.repeats.append(Repeat(began_s, self.journal.now_s(), answer.why))
            answer = await kept.post(self.server.http, self.server.url, body)
        return answer.why if isinstance(answer, Failed) else why_of(answer)


def why_of(answer: httpx.Response) -> str:
    """The code of the first error, or the status; empty for data without errors."""
    try:
        body = answer.json()
    except ValueError:
        return f"{answer.status_code} without JSON"
    errors = body.get("errors") or []
    if errors:
        code = str(errors[0].get("extensions", {}).get("code", "no code"))
        return code if code in _TEMPORARY else f"{code}: {errors[0].get('message')}"[:160]
    rejected = [each for each in (body.get("data") or {}).values() if _refused(each)]
    if rejected:
        return f"refused: {rejected[0]}"
    return "" if answer.status_code == 200 else f"{answer.status_code}"


def _refused(payload: Any) -> bool:
    return isinstance(payload, dict) and bool(payload.get("userErrors"))


async def at_rate(per_second: float, journal: Journal, kind: str, turn: Turn, until: float) -> None:
    """Take a turn at random times, however long each takes, until the journal's time is `until`."""
    luck, running = random.Random(kind), set[asyncio.Task[None]]()
    next_s = journal.now_s()
    while (next_s := next_s + luck.expovariate(per_second)) < until:
        await asyncio.sleep(max(0.0, next_s - journal.now_s()))
        if len(running) >= _WAITING_MAX:
            journal.left_out += 1
            continue
        task = asyncio.create_task(_take(journal, kind, turn))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)


async def _take(journal: Journal, kind: str, turn: Turn) -> None:
    began_s = journal.now_s()
    journal.note(kind, began_s, await turn())


async def write(
    servers: list[Server],
    client: Client,
    verb: Callable[[Any, Client], Awaitable[None]] = write_once,
) -> str:
    """One change; what it was and how it ended is in the client's calls, too.

    Returns why it failed. A refusal of the registry's rules is no failure: the text is empty.
    """
    await verb(servers, client)
    call = client.calls[-1]
    if not call.why or call.outcome == "done":
        return ""
    if not call.why.isupper():  # the name of an exception
        return "no JSON" if call.why == "JSONDecodeError" else f"transport: {call.why}"
    is_failure = call.outcome == "unknown" or call.why in {*_TEMPORARY, "INTERNAL"}
    return call.why if is_failure else ""
