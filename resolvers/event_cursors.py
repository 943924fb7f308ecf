"""Cursors of the event stream: sequence numbers as opaque text."""

import base64
import binascii
from dataclasses import dataclass

from resolvers.errors import BAD_CURSOR, RequestError

_PREFIX = "event:"
_LENGTH_MAX = 64


@dataclass(slots=True)
class StreamPosition:
    """The place of one stream of events, for a transport that has a place of its own for cursors.

    `after`, if not empty, replaces the argument `after`; `cursor` is that of the start, and then of
    the last event.
    """

    after: str = ""
    cursor: str = ""


def encode(sequence: int) -> str:
    """The cursor of the event with this sequence number."""
    return base64.urlsafe_b64encode(f"{_PREFIX}{sequence}".encode()).rstrip(b"=").decode()


def decode(cursor: str, name: str = "after") -> int:
    """The sequence number of a cursor; raises BAD_CURSOR for any other text, under this name."""
    try:
        if len(cursor) > _LENGTH_MAX:
            raise ValueError
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, b"-_", validate=True).decode("ascii")
        sequence = int(text.removeprefix(_PREFIX))
        if encode(sequence) != cursor or sequence < 0:
            raise ValueError
    except (ValueError, binascii.Error):
        raise RequestError(f"{name}: not a cursor of registryChanged", BAD_CURSOR) from None
    return sequence
