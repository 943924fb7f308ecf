"""The heads of requests: the headers that real clients send, changing in each request or equal."""

from enum import StrEnum
from secrets import token_hex
from urllib.parse import urlsplit


class Headers(StrEnum):
    """Whether the headers of a client's requests change."""

    CHANGING = "changing"  # each request has a new traceparent and a new X-Request-Id
    EQUAL = "equal"  # neither header is sent: the head is the same for bodies of the same length


DESCRIPTIONS = {
    Headers.CHANGING: "changing headers: a new traceparent and X-Request-Id in each request",
    Headers.EQUAL: "equal headers: the same in each request, without traceparent and X-Request-Id",
}
# Placeholders of a template. The generator replaces COUNTER by the request's number.
LENGTH, COUNTER = "@LENGTH@", "@COUNTER@"
FLAGS = "@FLAGS@"  # of a traceparent: the caller samples one request of a hundred
TARGET, ETAG = "@TARGET@", "@ETAG@"  # of a poll
_COUNTER_FORMAT = "08x"  # like bit.tohex in post.lua


def authorization(token: str) -> dict[str, str]:
    """The header of a caller with this token; none without one."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def template(url: str, headers: Headers, *, token: str = "", is_poll: bool = False) -> str:
    """A head with placeholders, for one run of a load generator; a poll is a conditional GET.

    The generator only inserts a counter, so changing headers cost it little, and the same for all
    servers. The other digits of the ids are random for each run, so no two runs have equal ids.
    """
    parts = urlsplit(url)
    lines = [
        f"GET {TARGET} HTTP/1.1" if is_poll else f"POST {parts.path} HTTP/1.1",
        f"Host: {parts.netloc}",
        "User-Agent: registry-bench/1.0",
        "Accept: application/json",
        # The registry compresses large bodies when asked, and the other servers do not. So all of
        # them send the same bytes, and the search for errors reads text.
        "Accept-Encoding: identity",
    ]
    if is_poll:
        lines += [f"If-None-Match: {ETAG}"]
    else:
        lines += ["Content-Type: application/json", f"Content-Length: {LENGTH}"]
    lines += [f"{name}: {value}" for name, value in authorization(token).items()]
    if headers is Headers.CHANGING:
        lines += [f"traceparent: {_traceparent()}", f"X-Request-Id: {_request_id()}"]
    return "\r\n".join(lines) + "\r\n\r\n"


def render(head: str, body: str, counter: int) -> bytes:
    """A whole request; a poll's body is its target, a tab, and its ETag."""
    head = head.replace(FLAGS, "00" if counter % 100 else "01")
    head = head.replace(COUNTER, format(counter, _COUNTER_FORMAT))
    if TARGET in head:
        target, _, etag = body.partition("\t")
        return head.replace(TARGET, target).replace(ETAG, etag).encode()
    return (head.replace(LENGTH, str(len(body.encode()))) + body).encode()


def _traceparent() -> str:
    """The header of W3C Trace Context: version, trace id, span id and flags."""
    return f"00-{token_hex(12)}{COUNTER}-{token_hex(4)}{COUNTER}-{FLAGS}"


def _request_id() -> str:
    """A UUID of version 4."""
    return f"{COUNTER}-{token_hex(2)}-4{token_hex(2)[1:]}-8{token_hex(2)[1:]}-{token_hex(6)}"
