"""Steady load: callers of the gateway, and what they see."""

import asyncio
import random
import time
from collections import Counter, deque

import httpx

RATE_PER_S = 40.0
_SHARE_S = 5.0  # the time over which shares are taken


class Load:
    """Calls the gateway at random times, at a steady rate, and counts what comes back."""

    def __init__(self, url: str, model: str) -> None:
        self.succeeded = 0
        self.failures: list[str] = []
        self._url = url
        self._model = model
        self._recent: deque[tuple[float, str]] = deque()
        self._calls: set[asyncio.Task[None]] = set()

    @property
    def total(self) -> int:
        """Calls that have ended."""
        return self.succeeded + len(self.failures)

    def shares(self) -> dict[str, float]:
        """Who served the calls of the last seconds: a share of 0 to 1 for each provider."""
        oldest = time.monotonic() - _SHARE_S
        while self._recent and self._recent[0][0] < oldest:
            self._recent.popleft()
        counts = Counter(provider for _, provider in self._recent)
        return {provider: count / len(self._recent) for provider, count in counts.items()}

    async def run(self) -> None:
        """Call until the task is cancelled; then wait for the calls under way."""
        async with httpx.AsyncClient(timeout=30.0) as http:
            try:
                while True:
                    task = asyncio.create_task(self._call(http))
                    self._calls.add(task)
                    task.add_done_callback(self._calls.discard)
                    await asyncio.sleep(random.expovariate(RATE_PER_S))
            finally:
                await asyncio.gather(*self._calls, return_exceptions=True)

    async def _call(self, http: httpx.AsyncClient) -> None:
        messages = [{"role": "user", "content": "hello"}]
        body = {"model": self._model, "messages": messages}
        try:
            response = await http.post(f"{self._url}/v1/chat/completions", json=body)
        except httpx.HTTPError as error:
            self.failures.append(f"{type(error).__name__}: {error}")
            return
        if response.is_success:
            self.succeeded += 1
            self._recent.append((time.monotonic(), response.headers["x-served-by"]))
        else:
            self.failures.append(f"{response.status_code}: {response.text}")
