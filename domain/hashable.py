"""Hashable stand-ins for values that cannot be hashed, as keys of dictionaries."""

from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass

_HASHABLE = frozenset((str, int, float, bool, type(None)))  # the most frequent types


def hashable(value: object) -> Hashable:
    """Equal values for equal mappings, lists and dataclasses; any other value as it is."""
    if type(value) in _HASHABLE:
        return value
    if isinstance(value, Mapping):
        return tuple((key, hashable(item)) for key, item in value.items())
    if isinstance(value, list):
        return tuple(map(hashable, value))
    if is_dataclass(value):
        parts = (hashable(getattr(value, field.name)) for field in fields(value))
        return (type(value).__name__, *parts)
    return value
