"""Subscribers over server-sent events that come back after each loss, where they were."""

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Any

import httpx

CHANGES = """subscription ($after: String) { registryChanged(after: $after) {
    cursor event { id } } }"""
ROUTES = "subscription ($input: RouteInput!) { routeChanged(input: $input) { etag } }"
_SILENT_S = 30.0  # the registry sends a comment every 12 s
_PAUSE_S = 0.5
_HEADERS = {"accept": "text/event-stream"}


@dataclass(slots=True)
class Subscriber:
    """One subscription: what it received, and how often it had to come back.

    Without a model it follows all changes; with one, its route.
    """

    number: int
    cursor: str
    model: str | None = None
    received: list[str] = field(default_factory=list)  # ids of events, or etags
    losses: int = 0
    errors: list[str] = field(default_factory=list)

    async def follow(self, http: httpx.AsyncClient, url: str, is_over: asyncio.Event) -> None:
        """Follow until `is_over`."""
        luck = random.Random(self.number)
        while not is_over.is_set():
            try:
                await self._once(http, url, is_over)
            except (httpx.TransportError, ValueError) as error:
                self.errors.append(type(error).__name__)
            if not is_over.is_set():
                self.losses += 1
                await asyncio.sleep(_PAUSE_S * (1 + luck.random()))

    async def _once(self, http: httpx.AsyncClient, url: str, is_over: asyncio.Event) -> None:
        async with http.stream(
            "POST", url, json=self._body(), headers=_HEADERS, timeout=_SILENT_S
        ) as answer:
            if answer.status_code != 200:
                self.errors.append(str(answer.status_code))
                return
            async for line in answer.aiter_lines():
                if line.startswith("data: ") and len(line) > len("data: "):
                    self._take(json.loads(line.removeprefix("data: ")))
                if is_over.is_set():
                    return

    def _body(self) -> dict[str, Any]:
        if self.model is None:
            return {"query": CHANGES, "variables": {"after": self.cursor}}
        given = {"model": {"name": self.model}, "strategy": "PRIORITY"}
        return {"query": ROUTES, "variables": {"input": given}}

    def _take(self, result: dict[str, Any]) -> None:
        if result.get("errors"):
            self.errors.append(str(result["errors"][0].get("extensions", {}).get("code")))
        elif self.model is None:
            change = result["data"]["registryChanged"]
            self.cursor = change["cursor"]
            self.received.append(change["event"]["id"])
        else:
            self.received.append(result["data"]["routeChanged"]["etag"])
