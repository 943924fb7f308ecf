"""Cursors of connections: a row's position in an order, as opaque text."""

import base64
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from db.reads.windows import Position
from resolvers.errors import BAD_CURSOR, RequestError

_PARSERS: dict[type, Callable[[str], Any]] = {
    str: str,
    int: int,
    float: float,
    Decimal: Decimal,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}
_LENGTH_MAX = 2_000  # characters; the longest valid cursor holds the sort key of a semantic version


def encode(order: str, position: Position) -> str:
    """The cursor of a position in an order."""
    key = position.key
    text = key.isoformat() if isinstance(key, datetime) else str(key)
    parts = json.dumps([order, text, position.id.hex], separators=(",", ":"))
    return base64.urlsafe_b64encode(parts.encode()).rstrip(b"=").decode()


def decode(order: str, key_type: type, cursor: str, argument: str) -> Position:
    """The position of a cursor of this order; raises BAD_CURSOR for any other text.

    A cursor of another order is refused too: it would give a wrong page.
    """
    try:
        if len(cursor) > _LENGTH_MAX:
            raise ValueError
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        of_order, key, id_hex = json.loads(base64.b64decode(padded, b"-_", validate=True))
        position = Position(_PARSERS[key_type](key), UUID(hex=id_hex))
        if not _is_comparable(position.key) or encode(of_order, position) != cursor:
            raise ValueError
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise RequestError(f"{argument}: not a cursor of this connection", BAD_CURSOR) from error
    if of_order != order:
        message = f"{argument}: the cursor is of another order than {order}"
        raise RequestError(message, BAD_CURSOR)
    return position


def _is_comparable(key: Any) -> bool:
    """Whether PostgreSQL can compare the key with stored ones; every key that it returned is so."""
    if isinstance(key, str):
        return key.isascii() and key.isprintable()
    if isinstance(key, int):
        return abs(key) < 2**63
    if isinstance(key, Decimal):
        return key.is_infinite() or (key.is_finite() and abs(key.adjusted()) < 100)
    if isinstance(key, datetime):
        return key.tzinfo is not None
    return bool(key == key)  # NaN is not
