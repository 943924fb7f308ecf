"""The attack table: what a server that requires tokens answers, how fast, and at what cost.

`python -m tests.floods.attacks` prints it. Documents come from a caller with a READER token, all
else from anybody; a bystander with a token of its own asks every 10 ms. The figures depend on the
machine, so they are no test; tests/floods has the tests.
"""

import json
import socket
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bench import data, terminal, tokens
from domain.access import Role
from tests.floods import test_http, test_sockets
from tests.floods.harness import Flood, Measured, Server, measure, served
from tests.floods.sending import Sending

_SECONDS = 4.0
_ANSWER_MS_MAX, _GROWTH_MB_MAX, _RATIO_MAX = 100, 50, 2
_TYPES = "__schema { types { fields { type { fields { type { fields { type { name } } } } } } } }"
_LEVELS = 24
_FRAGMENTS = " ".join(
    f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(_LEVELS)
)
_OVERLAPPING = " ".join(
    f"fragment O{n} on Query {{ models {{ nodes {{ name }} }} }}" for n in range(60)
)
_ALIASES = " ".join(f"a{n}: __typename" for n in range(600))
_BRACKETS = "[" * 20_000 + "]" * 20_000
_PAGES = "models(first: 100) { nodes { versions(first: 100) { nodes { %s } } } }"

DOCUMENTS = {
    "600 aliases": f"{{ {_ALIASES} }}",
    "300 directives": f"{{ __typename {'@include(if: true) ' * 300} }}",
    "fragments, 2^24 spreads": f"{{ ...F0 }} {_FRAGMENTS} fragment F24 on Query {{ __typename }}",
    "cyclic fragments": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "cyclic introspection": f"{{ {_TYPES} a: {_TYPES} }}",
    "a list of 20,000 levels": f"{{ models(filter: {{labels: {_BRACKETS}}}) {{ totalCount }} }}",
    "1,900 overlapping fields": f"{{ models {{ nodes {{ {'name ' * 1_900} }} }} }}",
    "overlapping fields in fragments": (
        f"{{ {' '.join(f'...O{n}' for n in range(60))} }} {_OVERLAPPING}"
    ),
    "10^6 nodes": f"{{ {_PAGES % 'bindings(first: 100) { nodes { id } }'} }}",
}


_COLUMNS = (
    "attack",
    "answer",
    "ms",
    "growth / kept MB",
    "bystander's p99 ms, rest -> beside",
    "",
)


class Row(NamedTuple):
    """One attack: what one request of it got and when, and what many did to others."""

    attack: str
    answer: str
    answer_ms: float
    measured: Measured

    def cells(self) -> list[str]:
        """The row of the table."""
        rest, flooded = self.measured.rest_p99_s * 1_000, self.measured.p99_s * 1_000
        return [
            self.attack,
            self.answer,
            f"{self.answer_ms:.0f}",
            f"{self.measured.growth_mb:.1f} / {self.measured.kept_mb:.1f}",
            f"{rest:.0f} -> {flooded:.0f}",
            "" if self._is_within else "missed",
        ]

    @property
    def _is_within(self) -> bool:
        ratio = self.measured.p99_s / max(self.measured.rest_p99_s, 1e-9)
        is_fast = self.answer_ms <= _ANSWER_MS_MAX and ratio <= _RATIO_MAX
        return is_fast and self.measured.growth_mb <= _GROWTH_MB_MAX


def main() -> None:
    """Print the table."""
    with TemporaryDirectory() as scratch, data.fresh(data.PER_MODEL * 100) as url:
        secret = tokens.issue(url, Role.READER)
        with served(url, Path(scratch), require_tokens=True) as server:
            rows = [row.cells() for row in _rows(server, secret)]
    terminal.table("Attacks", _COLUMNS, rows)


def _rows(server: Server, secret: str) -> Iterator[Row]:
    for name, flood, request in _attacks(secret):
        terminal.progress(name)
        answer, answer_ms = _answer(server.port, request)
        yield Row(name, answer, answer_ms, measure(server, flood, _SECONDS, secret))
        time.sleep(1)


def _attacks(secret: str) -> Iterator[tuple[str, Flood, bytes]]:
    """The name, the flood, and one request of it."""
    for name, document in DOCUMENTS.items():
        request = _post(document, secret)
        yield name, Sending(_Repeated(request), reads=True), request
    wrong = _post("{ __typename }", "mrk_aaaaaaaa_" + "b" * 43)
    yield "wrong tokens", Sending(_wrong_tokens, reads=True), wrong
    yield "no token", Sending(_Repeated(_post("{ __typename }", "")), reads=True), _post("{a}", "")
    for name, waiting in test_http.WAITING.items():
        yield f"800 connections: {name}", waiting, b""
    for chunks in test_sockets.FLOODS:
        flood = Sending(chunks, reads=True, greeting=test_sockets.UPGRADE)
        yield f"socket: {chunks.__name__}", flood, b""
    yield "500 sockets x 50 subscriptions", test_sockets.Subscribing(500, 50), b""


class _Repeated:
    """Yields one request over and over; a flood runs in a process of its own, so it is pickled."""

    def __init__(self, request: bytes) -> None:
        self._request = request

    def __call__(self) -> Iterator[bytes]:
        return cycle((self._request * 4,))


def _wrong_tokens() -> Iterator[bytes]:
    """Another token in each request."""
    number = 0
    while True:
        number += 1
        yield _post("{ __typename }", f"mrk_{number % 100_000_000:08}_" + "b" * 43)


def _post(document: str, secret: str) -> bytes:
    body = json.dumps({"query": document}).encode()
    credential = f"Authorization: Bearer {secret}\r\n" if secret else ""
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\n{credential}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _answer(port: int, request: bytes) -> tuple[str, float]:
    """The status and code of the answer to one request, and the milliseconds that it took."""
    if not request:
        return "", 0.0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        begun = time.perf_counter()
        connection.sendall(request)
        head, _, body = connection.recv(65_536).partition(b"\r\n\r\n")
        answer_ms = (time.perf_counter() - begun) * 1_000
    code = body.partition(b'"code":"')[2].partition(b'"')[0].decode()
    return f"{head.split()[1].decode()} {code}".strip(), answer_ms


if __name__ == "__main__":
    main()
