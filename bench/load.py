"""Load on one server over connections that are kept open: from wrk, or else from Python itself."""

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count
from math import ceil
from pathlib import Path
from random import Random
from shutil import which
from urllib.parse import urlsplit

from bench import heads
from bench.heads import Headers
from bench.operations import NUMBER_PLACEHOLDER

CONNECTIONS = 32
_SCRIPT = Path(__file__).parent / "post.lua"
_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class LoadResult:
    """The result of one run of the generator; latencies are until the end of the response."""

    requests: int
    duration_s: float
    bytes: int
    p50_ms: float
    p90_ms: float
    p99_ms: float
    failures: int  # of connections, time-outs, HTTP statuses, and GraphQL errors if checked

    @property
    def per_second(self) -> float:
        """Responses per second."""
        return self.requests / self.duration_s

    def figures(self) -> dict[str, float]:
        """All figures, for JSON."""
        return asdict(self) | {"per_second": round(self.per_second, 1)}


@dataclass(frozen=True, slots=True)
class RequestSource:
    """The requests of a load: lines of a file of bodies, sent to a URL.

    The lines of polls have a target, a tab, and an ETag instead of a body.
    """

    url: str
    bodies: Path
    headers: Headers = Headers.CHANGING
    is_poll: bool = False
    token: str = ""


def generator() -> str:
    """The load generator of this machine."""
    return "wrk" if which("wrk") else "Python (less precise: it takes more CPU than wrk)"


def run(
    source: RequestSource,
    seconds: float,
    seed: int,
    *,
    connections: int = CONNECTIONS,
    is_checked: bool = False,
) -> LoadResult:
    """Send random requests of the source. 304 is a success.

    `is_checked` searches each response for errors; then a poll must be answered by 304.
    """
    head = heads.template(source.url, source.headers, token=source.token, is_poll=source.is_poll)
    if which("wrk") is None:
        requests = _requests(head, source.bodies.read_text("utf-8").splitlines(), Random(seed))
        return asyncio.run(_run(source.url, requests, seconds, connections))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{ceil(seconds) + _TIMEOUT_S}s"]
    command += [f"--timeout={_TIMEOUT_S}s", "-s", str(_SCRIPT), source.url]
    command += ["--", str(source.bodies), head, str(seconds), str(connections), str(seed)]
    command += ["check"] if is_checked else []
    return LoadResult(**json.loads(_run_until_drained(command)))


def _run_until_drained(command: list[str]) -> str:
    """The last line of wrk's output, when all requests are answered or its time is over."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as wrk:
        assert wrk.stdout is not None
        lines = []
        for line in wrk.stdout:
            lines.append(line)
            if line == "drained\n":
                wrk.send_signal(signal.SIGINT)  # wrk then prints its summary
    if wrk.returncode or not lines:
        raise SystemExit(f"wrk failed: {''.join(lines)[-500:]}")
    return lines[-1]


@dataclass(slots=True)
class _Totals:
    latencies_s: list[float]
    bytes: int = 0
    failures: int = 0


async def _run(url: str, requests: Iterator[bytes], seconds: float, connections: int) -> LoadResult:
    totals = _Totals([])
    start = time.perf_counter()
    await asyncio.gather(
        *(_client(url, requests, totals, start + seconds) for _ in range(connections))
    )
    duration = time.perf_counter() - start
    totals.latencies_s.sort()
    total = len(totals.latencies_s)
    p50, p90, p99 = (
        round(totals.latencies_s[min(total - 1, total * percent // 100)] * 1_000, 3)
        for percent in (50, 90, 99)
    )
    return LoadResult(total, duration, totals.bytes, p50, p90, p99, totals.failures)


def _requests(head: str, bodies: list[str], random: Random) -> Iterator[bytes]:
    for counter in count(1):
        number = f"{random.uniform(100, 850):.3f}"
        yield heads.render(head, random.choice(bodies).replace(NUMBER_PLACEHOLDER, number), counter)


async def _client(url: str, requests: Iterator[bytes], totals: _Totals, until: float) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=2**20)
    try:
        while (start := time.perf_counter()) < until:
            writer.write(next(requests))
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_content_length(head))
            totals.latencies_s.append(time.perf_counter() - start)
            totals.bytes += len(head) + len(body)
            is_ok = b" 200 " in head[:16] or b" 304 " in head[:16]
            totals.failures += not is_ok or b'"errors"' in body
    finally:
        writer.close()


def _content_length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    lengths = (int(line[15:]) for line in lines if line.startswith(b"content-length:"))
    return next(lengths, 0)  # a 304 has none
