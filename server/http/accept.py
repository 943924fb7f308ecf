"""Content negotiation: what the headers of a request say about the response it wants.

Source: RFC 9110, section 12.5
"""

from collections.abc import Iterator
from functools import lru_cache

from server.execution.representations import (
    CODED_BYTES_MIN,
    CODINGS,
    EVENT_STREAM,
    GRAPHQL,
    JSON,
    Accepted,
)

_MEDIA_TYPES = {GRAPHQL: GRAPHQL, JSON: JSON, "*/*": JSON, "application/*": JSON}


@lru_cache(maxsize=256)
def accepted(accept: bytes, accept_encoding: bytes, is_get: bool) -> Accepted:
    """What a client accepts, by these headers; an event stream is never compressed."""
    if prefers_events(accept):
        return Accepted(media_type(accept), is_get=is_get)
    name, bytes_min = coding(accept_encoding)
    return Accepted(media_type(accept), name, bytes_min, is_get)


@lru_cache(maxsize=64)
def media_type(accept: bytes) -> str:
    """The better of the two media types by the q values of RFC 9110; JSON when none is named."""
    best, best_q = JSON, 0.0
    for name, q in _weighted(accept):
        media = _MEDIA_TYPES.get(name)
        if media and q and (q > best_q or (q == best_q and media == GRAPHQL)):
            best, best_q = media, q
    return best


@lru_cache(maxsize=64)
def accepts_events(accept: bytes) -> bool:
    """Whether a client accepts an event stream."""
    return _events_quality(accept) > 0


@lru_cache(maxsize=64)
def prefers_events(accept: bytes) -> bool:
    """Whether a client prefers an event stream to JSON, or accepts no JSON."""
    json_q = max((q for name, q in _weighted(accept) if name in _MEDIA_TYPES), default=0.0)
    return _events_quality(accept) > json_q


def coding(accept_encoding: bytes, codings: tuple[str, ...] = CODINGS) -> tuple[str, int]:
    """The content coding that a client wants, and from how many bytes on; "" when it wants none.

    Of equal q values the cheaper coding is taken. A client that refuses to get a response without
    a coding gets small ones with one too, if there is one that it accepts.
    """
    given = dict(_weighted(accept_encoding))
    if "x-gzip" in given:
        given.setdefault("gzip", given["x-gzip"])
    others = given.get("*", 0.0)
    best = max(codings, key=lambda name: given.get(name, others))  # of equal ones the first
    best_q = given.get(best, others)
    plain_q = given.get("identity", given.get("*"))
    if not best_q or ("identity" in given and given["identity"] > best_q):
        return "", 0
    return best, 0 if plain_q == 0 else CODED_BYTES_MIN


@lru_cache(maxsize=64)
def prefers_html(accept: bytes) -> bool:
    """Whether a client names HTML, and wants JSON no more than that: a browser, and not curl."""
    given = dict(_weighted(accept))
    quality = given.get("text/html", 0.0)
    return quality > 0 and quality >= given.get(JSON, 0.0)


def _events_quality(accept: bytes) -> float:
    return max((q for name, q in _weighted(accept) if name == EVENT_STREAM), default=0.0)


def _weighted(header: bytes) -> Iterator[tuple[str, float]]:
    """What an Accept header names, each with its q value."""
    for part in header.decode("latin-1").split(","):
        name, *parameters = (item.strip().lower() for item in part.split(";"))
        yield name, _quality(parameters)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                q = float(parameter[2:])
            except ValueError:
                return 0.0
            return q if 0 <= q <= 1 else 0.0  # not a number is refused as well
    return 1.0
