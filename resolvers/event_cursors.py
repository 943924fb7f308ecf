"""Cursors of the event stream: sequence numbers as opaque text."""

import base64
import binascii

from resolvers.errors import BAD_CURSOR, RequestError

_PREFIX = "event:"
_LENGTH_MAX = 64


def encode(sequence: int) -> str:
    """The cursor of the event with this sequence number."""
    return base64.urlsafe_b64encode(f"{_PREFIX}{sequence}".encode()).rstrip(b"=").decode()


def decode(cursor: str) -> int:
    """The sequence number of a cursor; raises BAD_CURSOR for any other text."""
    try:
        if len(cursor) > _LENGTH_MAX:
            raise ValueError
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, b"-_", validate=True).decode("ascii")
        sequence = int(text.removeprefix(_PREFIX))
        if encode(sequence) != cursor or sequence < 0:
            raise ValueError
    except (ValueError, binascii.Error):
        raise RequestError("after: not a cursor of registryChanged", BAD_CURSOR) from None
    return sequence
