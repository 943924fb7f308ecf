"""The load of a failover: reads, writes and outcomes, each repeated until it is acknowledged."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count, pairwise
from typing import Any

import httpx

_READERS, _WRITERS, _REPORTERS = 4, 4, 2
_PAUSE_S = 0.02  # between two requests of a client
_AGAIN_S = 0.2  # before a request is repeated
_CALLS = 10  # in a report

_ROUTES = "{ models(first: 5) { nodes { name latestVersion { version } } } }"
_CREATE = """mutation ($name: String!, $key: String!) {
    createModel(input: {name: $name, task: CHAT, idempotencyKey: $key}) {
        model { id } userErrors { message } } }"""
_SET_UP = """mutation {
    createProvider(input: {slug: "lab", name: "Lab", kind: OTHER}) { userErrors { message } }
    createModel(input: {name: "lab", task: CHAT}) { userErrors { message } }
    createVersion(input: {model: {name: "lab"}, version: "1.0.0", region: "global",
        contentHash: "%s", bindings: [{provider: "lab", providerModelId: "lab"}]}) {
        version { bindings(first: 1) { nodes { id } } } userErrors { message } } }"""
_REPORT = """mutation ($input: ReportOutcomesInput!) {
    reportOutcomes(input: $input) { accepted userErrors { message } } }"""


class Load:
    """Clients of one registry. Times are those of monotonic()."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=8)
        self._numbers = count()
        self._good: dict[str, list[float]] = {"read": [], "write": [], "outcomes": []}
        self.fault_at = float("inf")
        self.acknowledged: set[str] = set()
        self.reported = 0  # calls in acknowledged reports
        self.answers: Counter[str] = Counter()
        self._binding = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send while the block runs."""
        self._binding = await self._made_binding()
        clients = [self._read] * _READERS + [self._write] * _WRITERS + [self._report] * _REPORTERS
        tasks = [asyncio.create_task(self._repeat(client)) for client in clients]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._http.aclose()

    async def recovered(self, timeout_s: float) -> None:
        """Wait until each kind of request was answered well after the fault; raises TimeoutError.

        A request that was sent before does not count: a write that had taken place is only
        answered again.
        """
        async with asyncio.timeout(timeout_s):
            while not self._is_good_again():  # noqa: ASYNC110  clients of another process
                await asyncio.sleep(0.05)

    def _is_good_again(self) -> bool:
        return all(times and times[-1] > self.fault_at + 1 for times in self._good.values())

    def away_s(self, kind: str) -> float:
        """The longest time after the fault between two good answers of a kind."""
        times = [at for at in self._good[kind] if at > self.fault_at - 1]
        return max((later - at for at, later in pairwise(times)), default=0)

    def first_answers(self) -> list[tuple[str, float]]:
        """The end of the longest time without a good answer, of each kind."""
        found = []
        for kind, times in self._good.items():
            since = [at for at in times if at > self.fault_at - 1]
            gaps = pairwise(since)
            last, first = max(gaps, key=lambda gap: gap[1] - gap[0], default=(0.0, 0.0))
            if first - last > 1:
                found += [(f"last good {kind} before", last), (f"first good {kind} after", first)]
        return found

    async def _repeat(self, client: Callable[[], Any]) -> None:
        while True:
            await client()
            await asyncio.sleep(_PAUSE_S)

    async def _read(self) -> None:
        await self._until_good("read", _ROUTES, {})

    async def _write(self) -> None:
        name = f"lab-{next(self._numbers)}"
        await self._until_good("write", _CREATE, {"name": name, "key": name})
        self.acknowledged.add(name)

    async def _report(self) -> None:
        minute = datetime.now(UTC).replace(second=0, microsecond=0).isoformat()
        rollup = {
            "binding": self._binding,
            "minute": minute,
            "outcome": "SUCCESS",
            "count": _CALLS,
        }
        key = f"lab-{next(self._numbers)}"
        given = {"rollups": [rollup], "idempotencyKey": key}
        await self._until_good("outcomes", _REPORT, {"input": given})
        self.reported += _CALLS

    async def _until_good(self, kind: str, document: str, variables: dict[str, Any]) -> None:
        """Send the same request until it is acknowledged, as clients do."""
        began_at = time.monotonic()
        while True:
            answer = await self._answer(document, variables)
            self.answers[f"{kind} {answer}"] += 1
            if answer == "OK":
                now = time.monotonic()
                if now < self.fault_at or began_at > self.fault_at:
                    self._good[kind].append(now)
                return
            await asyncio.sleep(_AGAIN_S)

    async def _answer(self, document: str, variables: dict[str, Any]) -> str:
        """`OK`, the code of the first error, or why there is no answer."""
        try:
            body = await self._sent(document, variables)
        except (httpx.HTTPError, ValueError) as error:
            return type(error).__name__
        if errors := body.get("errors"):
            return str(errors[0].get("extensions", {}).get("code"))
        (payload,) = body["data"].values()
        refused = isinstance(payload, dict) and payload.get("userErrors")
        return f"refused: {refused[0]['message']}" if refused else "OK"

    async def _sent(self, document: str, variables: dict[str, Any]) -> Any:
        sent = {"query": document, "variables": variables}
        return (await self._http.post("/graphql", json=sent)).json()

    async def _made_binding(self) -> str:
        """The id of a binding for the outcomes."""
        found = await self._sent(_SET_UP % ("ab" * 32), {})
        return str(found["data"]["createVersion"]["version"]["bindings"]["nodes"][0]["id"])
