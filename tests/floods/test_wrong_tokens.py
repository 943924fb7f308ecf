"""Floods of wrong tokens, each another one, with prefixes that look like those of tokens."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.floods.harness import assert_harmless, served
from tests.floods.sending import Chunks, Sending

_BODY = b'{"query":"{ models { totalCount } }"}'
_HEAD = (
    b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nAuthorization: Bearer " % len(_BODY)
)


def _endless(prefix: bytes, rest: bytes) -> Iterator[bytes]:
    for start in count(step=100):
        tokens = (b"%s%08d%s" % (prefix, start + number, rest) for number in range(100))
        yield b"".join(_HEAD + token + b"\r\n\r\n" + _BODY for token in tokens)


def tokens() -> Iterator[bytes]:
    return _endless(b"mrk_", b"_" + b"x" * 43)


def long_tokens() -> Iterator[bytes]:
    return _endless(b"mrk_", b"x" * 8_000)


def foreign_tokens() -> Iterator[bytes]:
    return _endless(b"eyJ", b".e30.x")


@pytest.mark.parametrize("chunks", [tokens, long_tokens, foreign_tokens], ids=lambda c: c.__name__)
def test_wrong_tokens_without_end(chunks: Chunks, database_url: str, tmp_path: Path) -> None:
    with served(database_url, tmp_path) as server:
        assert_harmless(server, Sending(chunks, reads=True))
        assert "Traceback" not in server.log.read_text("utf-8")
