"""The requests of both load generators, as a server receives them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import NamedTuple

import pytest

from bench import heads, load
from bench.heads import Headers
from bench.load import RequestSource

# https://www.w3.org/TR/trace-context/: version, trace id and span id that are not zero, flags
TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]")
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
COMMON = {"host", "user-agent", "accept", "accept-encoding", "content-type", "content-length"}
BODY = {"content-type", "content-length"}
TRACING = {"traceparent", "x-request-id"}
BODIES = '{"operationName":"Q3"}', '{"operationName":"Q4","variables":{"latencyMs":@NUMBER@}}'
RESPONSE = b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n" + b'{"data":{}}'


class Request(NamedTuple):
    """What the server received: the head's bytes, its headers, and the body."""

    head: bytes
    headers: dict[str, str]
    body: bytes


class Recorder(ThreadingTCPServer):
    """An HTTP server that records requests and sends the same response to each."""

    allow_reuse_address = daemon_threads = True
    requests: list[Request]
    response = RESPONSE

    @property
    def url(self) -> str:
        """The address to post to."""
        return f"http://127.0.0.1:{self.server_address[1]}/graphql"


class _Handler(StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Recorder)
        while lines := self._head_lines():
            pairs = [line.decode().strip().split(": ", 1) for line in lines[1:-1]]
            headers = {name.lower(): value for name, value in pairs}
            assert len(headers) == len(pairs)
            body = self.rfile.read(int(headers.get("content-length", 0)))
            self.server.requests.append(Request(b"".join(lines), headers, body))
            self.wfile.write(self.server.response)

    def _head_lines(self) -> list[bytes]:
        lines: list[bytes] = []
        while line := self.rfile.readline():
            lines.append(line)
            if line == b"\r\n":
                return lines
        return []


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder(("127.0.0.1", 0), _Handler) as server:
        server.requests = []
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(params=["wrk", "Python"])
def generator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each load generator in turn."""
    if request.param == "Python":
        monkeypatch.setattr(load, "which", lambda _: None)
    elif which("wrk") is None:
        pytest.skip("wrk is not installed")


def _received(recorder: Recorder, folder: Path, headers: Headers) -> list[Request]:
    """The requests of two runs with the same seed."""
    file = folder / "mixed.bodies"
    file.write_text("".join(f"{body}\n" for body in BODIES), "utf-8")
    source = RequestSource(recorder.url, file, headers)
    results = [load.run(source, 0.2, 1, connections=2, is_checked=True) for _ in range(2)]
    assert sum(result.failures for result in results) == 0
    assert sum(result.requests for result in results) == len(recorder.requests)
    return recorder.requests


@pytest.mark.usefixtures("generator")
def test_no_two_heads_are_equal_by_default(recorder: Recorder, tmp_path: Path) -> None:
    """Neither in one run, nor in two runs with the same seed."""
    requests = _received(recorder, tmp_path, RequestSource("", tmp_path).headers)
    assert len(requests) > 10
    assert len({request.head for request in requests}) == len(requests)
    for name in TRACING:
        assert len({request.headers[name] for request in requests}) == len(requests)
    for request in requests:
        assert set(request.headers) == COMMON | TRACING
        assert request.headers["accept-encoding"] == "identity"  # no server compresses
        assert TRACEPARENT.fullmatch(request.headers["traceparent"])
        assert UUID4.fullmatch(request.headers["x-request-id"])


@pytest.mark.usefixtures("generator")
def test_equal_heads_differ_in_the_length_of_the_body_alone(
    recorder: Recorder, tmp_path: Path
) -> None:
    requests = _received(recorder, tmp_path, Headers.EQUAL)
    assert {frozenset(request.headers) for request in requests} == {frozenset(COMMON)}
    assert len({request.head for request in requests}) == len(BODIES)


@pytest.mark.usefixtures("generator")
@pytest.mark.parametrize("headers", Headers)
def test_each_body_is_whole_and_each_update_writes_another_number(
    recorder: Recorder, tmp_path: Path, headers: Headers
) -> None:
    bodies = [json.loads(request.body) for request in _received(recorder, tmp_path, headers)]
    assert {body["operationName"] for body in bodies} == {"Q3", "Q4"}
    numbers = {body["variables"]["latencyMs"] for body in bodies if "variables" in body}
    assert len(numbers) > 2
    assert all(100 <= number <= 850 for number in numbers)


@pytest.mark.usefixtures("generator")
def test_a_poll_is_a_get_with_an_etag_and_304_is_its_success(
    recorder: Recorder, tmp_path: Path
) -> None:
    file = tmp_path / "polls.bodies"
    recorder.response = b'HTTP/1.1 304 Not Modified\r\netag: "1%1"\r\n\r\n'
    file.write_text('/graphql?documentId=%7B1%7D\t"1%1"\n', "utf-8")
    result = load.run(RequestSource(recorder.url, file, is_poll=True), 0.2, 1, is_checked=True)
    assert (result.failures, result.requests) == (0, len(recorder.requests))
    for request in recorder.requests:
        assert request.head.startswith(b"GET /graphql?documentId=%7B1%7D HTTP/1.1\r\n")
        assert set(request.headers) == (COMMON - BODY | TRACING | {"if-none-match"})
        assert (request.headers["if-none-match"], request.body) == ('"1%1"', b"")


def test_a_counter_makes_each_of_the_three_ids_new() -> None:
    """The trace id, the span id and the request id; their other digits are new for each run."""
    template = heads.template("http://127.0.0.1:80/graphql", Headers.CHANGING)
    head, _, body = heads.render(template, "{}", 255).partition(b"\r\n\r\n")
    assert body == b"{}"
    assert head.startswith(b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:80\r\n")
    assert head.count(b"000000ff") == template.count(heads.COUNTER) == 3
    assert b"@" not in head
