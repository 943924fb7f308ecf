"""Arrays in PostgreSQL's notation, formatted faster than psycopg does it."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import psycopg
from psycopg.adapt import Dumper


class UuidArray(str):
    """A parameter of type uuid[], in PostgreSQL's notation."""

    __slots__ = ()


class _UuidArrayDumper(Dumper):
    oid = psycopg.adapters.types["uuid"].array_oid

    def dump(self, obj: UuidArray) -> bytes:
        """The text as it is."""
        return obj.encode()


psycopg.adapters.register_dumper(UuidArray, _UuidArrayDumper)


def uuid_array(keys: Sequence[UUID]) -> UuidArray:
    """The keys as one parameter: 20 us for 200 of them, where psycopg takes 150 us for a list."""
    return UuidArray("{" + ",".join([f"{key.int:032x}" for key in keys]) + "}")


def number_array(numbers: Iterable[object]) -> str:
    """Numbers, or other values whose text needs no quotes, for a cast to an array; None is NULL."""
    return "{" + ",".join(["NULL" if each is None else str(each) for each in numbers]) + "}"


def bytes_array(values: Iterable[bytes]) -> str:
    """Bytes for a cast to bytea[]."""
    return "{" + ",".join([f'"\\\\x{value.hex()}"' for value in values]) + "}"


def text_array(texts: Iterable[str | None]) -> str:
    """Texts for a cast to an array of text, of JSON, or of another type; None is NULL."""
    return "{" + ",".join(["NULL" if each is None else _quoted(each) for each in texts]) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
