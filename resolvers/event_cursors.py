"""Cursors of the event stream: sequence numbers as opaque text.

A registry revision is the sequence number of the last change, so its digits are accepted as well: a
stream then begins after it. Digits alone are never the text of a cursor.
"""

import base64
import binascii
from dataclasses import dataclass

from resolvers.errors import BAD_CURSOR, RequestError

_PREFIX = "event:"
_LENGTH_MAX = 64
_DIGITS_MAX = 19  # of 64 bits


@dataclass(slots=True)
class StreamPosition:
    """The place of one stream of events, for a transport that has a place of its own for cursors.

    `after`, if not empty, replaces the argument `after`; `cursor` is that of the start, and then of
    the last event.
    """

    after: str = ""
    cursor: str = ""

    @property
    def sequence(self) -> int | None:
        """The sequence number of the cursor; None for a stream without cursors."""
        return decode(self.cursor) if self.cursor else None


def encode(sequence: int) -> str:
    """The cursor of the event with this sequence number."""
    return base64.urlsafe_b64encode(f"{_PREFIX}{sequence}".encode()).rstrip(b"=").decode()


def decode(cursor: str, name: str = "after") -> int:
    """The sequence number of a cursor or of a registry revision.

    Raises BAD_CURSOR for any other text, under this name.
    """
    try:
        if cursor.isascii() and cursor.isdigit():
            return _revision(cursor)
        if len(cursor) > _LENGTH_MAX:
            raise ValueError
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, b"-_", validate=True).decode("ascii")
        sequence = int(text.removeprefix(_PREFIX))
        if encode(sequence) != cursor or sequence < 0:
            raise ValueError
    except (ValueError, binascii.Error):
        message = f"{name}: neither a cursor of registryChanged nor a registryRevision"
        raise RequestError(message, BAD_CURSOR) from None
    return sequence


def _revision(digits: str) -> int:
    """The number, as the API writes it; raises ValueError for any other digits."""
    if len(digits) > _DIGITS_MAX or str(int(digits)) != digits:
        raise ValueError
    return int(digits)
