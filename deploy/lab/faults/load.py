"""A small steady load: reads, writes, outcomes, probes and one subscriber, each of them recorded.

Requests start at fixed times, whether or not earlier ones have been answered.
"""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeAlias

import httpx

READ, FRESH, WRITE, OUTCOMES = "read", "fresh read", "write", "outcomes"
READY, ALIVE, ARCHIVE = "readyz", "healthz", "archive"
OK = "ok"
_TIMEOUT_S = 20.0  # longer than any answer may take
_PERIODS_S = {
    READ: 0.1,
    FRESH: 0.2,
    WRITE: 0.2,
    OUTCOMES: 0.5,
    READY: 0.25,
    ALIVE: 0.5,
    ARCHIVE: 0.5,
}

_KEPT = "{ models(first: 5) { nodes { name task } } }"
_FRESH = 'query { model(by: {name: "seed"}) { name %s: description } }'
_CREATE = """mutation ($name: String!) {
  createModel(input: {name: $name, task: CHAT, idempotencyKey: $name}) {
    model { name } userErrors { code } } }"""
_REPORT = """mutation ($input: ReportOutcomesInput!) {
  reportOutcomes(input: $input) { accepted userErrors { code } } }"""
_MOVE = """mutation ($version: ID!) {{
  {verb}Version(input: {{version: {{id: $version}}}}) {{ userErrors {{ code }} }} }}"""
_LIVE = "subscription { registryChanged { cursor event { action } model { name } } }"

Send: TypeAlias = Callable[[int], Awaitable[str]]


class Answered(NamedTuple):
    """One request: its kind, when it began and ended by monotonic(), and what was answered."""

    kind: str
    began_at: float
    ended_at: float
    label: str  # "ok", a code, a status, or the client's error


@dataclass(slots=True)
class Load:
    """What has been sent to a server, and what came back."""

    url: str
    name: str  # begins the names of the models that it creates
    binding: str
    versions: list[str] = field(default_factory=list)  # to archive and restore, one a second
    answers: list[Answered] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)  # by the subscriber, in order
    breaks: list[str] = field(default_factory=list)  # why its stream ended
    _cursor: str | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _http: httpx.AsyncClient = field(init=False)

    @property
    def last_failure_at(self) -> float:
        """When the last request ended that failed, by monotonic(); probes are not counted."""
        failed = (one for one in self.answers if one.label != OK and one.kind not in (READY, ALIVE))
        return max((one.ended_at for one in failed), default=0.0)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send while the block runs; then wait for what is outstanding."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        async with httpx.AsyncClient(
            base_url=self.url, timeout=_TIMEOUT_S, limits=limits, trust_env=False
        ) as self._http:
            sends: dict[str, Send] = {
                READ: lambda _: self._asked(_KEPT),
                FRESH: lambda number: self._asked(_FRESH % f"n{number}"),
                WRITE: self._write,
                OUTCOMES: self._report,
                READY: lambda _: self._probed("/readyz"),
                ALIVE: lambda _: self._probed("/healthz"),
            }
            if self.versions:
                sends[ARCHIVE] = self._archive
            subscriber = asyncio.create_task(self._follow())
            while self._cursor is None:  # noqa: ASYNC110  # else it would miss the first writes
                await asyncio.sleep(0.05)
            runs = [asyncio.create_task(self._repeat(kind, send)) for kind, send in sends.items()]
            try:
                yield
            finally:
                for run in runs:
                    run.cancel()
                await asyncio.gather(*runs, *self._tasks, return_exceptions=True)
                await self._caught_up()
                subscriber.cancel()
                await asyncio.gather(subscriber, return_exceptions=True)

    async def _repeat(self, kind: str, send: Send) -> None:
        for number in itertools.count():
            task = asyncio.create_task(self._recorded(kind, send(number)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await asyncio.sleep(_PERIODS_S[kind])

    async def _recorded(self, kind: str, request: Awaitable[str]) -> None:
        began_at = time.monotonic()
        try:
            label = await request
        except httpx.HTTPError as error:
            label = type(error).__name__
        self.answers.append(Answered(kind, began_at, time.monotonic(), label))

    async def _asked(self, query: str, **variables: Any) -> str:
        answer = await self._http.post("/graphql", json={"query": query, "variables": variables})
        return _label(answer)

    async def _write(self, number: int) -> str:
        name = f"{self.name}-{number}"
        label = await self._asked(_CREATE, name=name)
        if label == OK:
            self.acknowledged.add(name)
        return label

    async def _archive(self, number: int) -> str:
        """Archive a version, and restore it a little later."""
        late = 4  # so that several are archived at any time
        if number % 2 or number < late:
            verb, of = "archive", number // 2
        else:
            verb, of = "restore", (number - late) // 2
        version = self.versions[of % len(self.versions)]
        return await self._asked(_MOVE.format(verb=verb), version=version)

    async def _report(self, _: int) -> str:
        at = datetime.now(UTC).isoformat()
        item = {"binding": self.binding, "at": at, "outcome": "SUCCESS"}
        return await self._asked(_REPORT, input={"items": [item]})

    async def _probed(self, path: str) -> str:
        answer = await self._http.get(path)
        status = answer.json().get("status", "?")
        return (
            OK if answer.status_code == 200 and status == OK else f"{answer.status_code} {status}"
        )

    async def _follow(self) -> None:
        """Follow the changes; a stream that ends is resumed after the last event."""
        while True:
            try:
                await self._follow_once()
                self.breaks.append("ended")
            except httpx.HTTPError as error:
                self.breaks.append(type(error).__name__)
            await asyncio.sleep(0.2)

    async def _follow_once(self) -> None:
        headers = {"accept": "text/event-stream"}
        if self._cursor:
            headers["last-event-id"] = self._cursor
        timeout = httpx.Timeout(_TIMEOUT_S)
        async with self._http.stream(
            "GET", "/graphql", params={"query": _LIVE}, headers=headers, timeout=timeout
        ) as answer:
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    self._cursor = value
                elif name == "data" and value:
                    self._take(json.loads(value))

    def _take(self, result: dict[str, Any]) -> None:
        if result.get("errors"):
            self.breaks.append(result["errors"][0]["extensions"]["code"])
            return
        change = result["data"]["registryChanged"]
        name = (change["model"] or {}).get("name", "")
        if change["event"]["action"] == "CREATED" and name.startswith(f"{self.name}-"):
            self.seen.append(name)

    async def _caught_up(self) -> None:
        """Wait until the subscriber has seen what was acknowledged, for some seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_TIMEOUT_S):
                while not self.acknowledged <= set(self.seen):  # noqa: ASYNC110  # it has no event
                    await asyncio.sleep(0.05)


def _label(answer: httpx.Response) -> str:
    """`ok`, or the status and the code of the first error."""
    try:
        body = answer.json()
    except ValueError:
        return f"{answer.status_code}"
    if errors := body.get("errors"):
        extensions = errors[0].get("extensions", {})
        outcome = f" {extensions['outcome']}" if "outcome" in extensions else ""
        return f"{answer.status_code} {extensions.get('code')}{outcome}"
    for payload in body["data"].values():
        if isinstance(payload, dict) and payload.get("userErrors"):
            return f"userError {payload['userErrors'][0]['code']}"
    return OK
