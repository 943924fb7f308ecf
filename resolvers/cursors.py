"""Cursors: a row's place in one order, as opaque text."""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from db.keyset import Position
from resolvers.errors import BAD_CURSOR, RequestError

_PARSERS: dict[type, Callable[[str], Any]] = {
    str: str,
    int: int,
    float: float,
    Decimal: Decimal,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}
_LENGTH_MAX = 2_000  # characters; the longest real one holds a semantic version's sort key


def encode(order: str, position: Position) -> str:
    """The cursor of a row at a position of the order."""
    key = position.key
    text = key.isoformat() if isinstance(key, datetime) else str(key)
    parts = json.dumps([order, text, position.id.hex], separators=(",", ":"))
    return base64.urlsafe_b64encode(parts.encode()).rstrip(b"=").decode()


def decode(order: str, key_type: type, cursor: str, argument: str) -> Position:
    """The position a cursor of this order stands for; BAD_CURSOR when it is not one.

    A cursor of another order is refused too, for it would give a wrong page.
    """
    try:
        if len(cursor) > _LENGTH_MAX:
            raise ValueError
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        of_order, key, id_hex = json.loads(base64.b64decode(padded, b"-_", validate=True))
        position = Position(_PARSERS[key_type](key), UUID(hex=id_hex))
    except (ValueError, TypeError, AttributeError, InvalidOperation, binascii.Error) as error:
        raise RequestError(f"{argument}: not a cursor of this connection", BAD_CURSOR) from error
    if of_order != order or position.key != position.key or not _is_aware(position.key):
        message = f"{argument}: a cursor of another order; this one is {order}"
        raise RequestError(message, BAD_CURSOR)
    return position


def _is_aware(key: Any) -> bool:
    return not isinstance(key, datetime) or key.tzinfo is not None
