"""The most bytes that a value without subfields has in a response."""

from graphql import GraphQLNamedType, is_introspection_type

from domain import rules

_ESCAPED_BYTES = 6  # of a character in JSON, at most
# The most bytes of a leaf in JSON, by its type or, where it is a long text, by the field's name.
_TEXT_BYTES = 255 * _ESCAPED_BYTES
_BYTES_MAX = {
    "JSON": 65_536,
    "URL": 2_100,
    "Int": 11,
    "Float": 25,
    "Boolean": 5,
    "DateTime": 35,
    "BigInt": 22,
}
_LONG_TEXTS = {
    "description": rules.TEXT_LENGTH_MAX * _ESCAPED_BYTES,
    "reason": rules.HOLD_REASON_LENGTH_MAX * _ESCAPED_BYTES,
}


def bytes_max(parent: GraphQLNamedType, name: str, type_: GraphQLNamedType) -> int:
    """The bytes of a field's name, and of its largest value as JSON."""
    if name in _LONG_TEXTS and not is_introspection_type(parent):
        return len(name) + _LONG_TEXTS[name]
    return len(name) + _BYTES_MAX.get(type_.name, _TEXT_BYTES)
