"""Fake providers: HTTP servers that answer like a chat completion API, slowly or with errors.

`python -m examples.gateway.providers alpha:9001:40 beta:9002:60` serves two, with a median latency
of 40 ms and 60 ms. `PUT /fault` with {"status": 500} breaks one, {"status": 200} mends it; the
members `share` (of calls that fail, 0 to 1) and `latencyMs` are optional.
"""

import asyncio
import math
import random
import sys
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_SPREAD = 0.35  # sigma of the log-normal latencies


@dataclass
class Provider:
    """One fake provider, and what is wrong with it."""

    name: str
    latency_ms: float
    status: int = 200
    share: float = 1.0  # of the calls that get `status`
    calls: int = 0
    failures: int = 0
    chance: random.Random = field(default_factory=random.Random)

    async def complete(self, request: Request) -> Response:
        """Answer a completion, after the latency, or fail."""
        body = await request.json()
        latency_ms = self.chance.lognormvariate(math.log(self.latency_ms), _SPREAD)
        await asyncio.sleep(latency_ms / 1000)
        self.calls += 1
        if self.status != 200 and self.chance.random() < self.share:
            self.failures += 1
            return JSONResponse({"error": {"message": "injected"}}, self.status)
        message = {"role": "assistant", "content": f"hello from {self.name}"}
        usage = {"prompt_tokens": 12, "completion_tokens": self.chance.randint(20, 60)}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        return JSONResponse({"model": body.get("model"), "choices": choices, "usage": usage})

    async def set_fault(self, request: Request) -> Response:
        """Break or mend it."""
        fault = await request.json()
        self.status = int(fault.get("status", self.status))
        self.share = float(fault.get("share", self.share))
        self.latency_ms = float(fault.get("latencyMs", self.latency_ms))
        return await self.show(request)

    async def show(self, request: Request) -> Response:
        """What is wrong with it, and how many calls it has had."""
        state = {"status": self.status, "share": self.share, "latencyMs": self.latency_ms}
        return JSONResponse({**state, "calls": self.calls, "failures": self.failures})


def app(provider: Provider) -> Starlette:
    """The HTTP application of a provider."""
    return Starlette(
        routes=[
            Route("/v1/chat/completions", provider.complete, methods=["POST"]),
            Route("/fault", provider.set_fault, methods=["PUT"]),
            Route("/fault", provider.show, methods=["GET"]),
        ]
    )


async def serve(providers: dict[int, Provider]) -> None:
    """Serve each provider on its port of the loopback address, until the process is stopped."""
    servers = [
        uvicorn.Server(uvicorn.Config(app(provider), port=port, log_level="warning"))
        for port, provider in providers.items()
    ]
    await asyncio.gather(*(server.serve() for server in servers))


def main(arguments: list[str]) -> None:
    """Start the providers that the command line names, each as name:port:latency."""
    parts = [argument.split(":") for argument in arguments]
    asyncio.run(serve({int(port): Provider(name, float(ms)) for name, port, ms in parts}))


if __name__ == "__main__":
    main(sys.argv[1:])
