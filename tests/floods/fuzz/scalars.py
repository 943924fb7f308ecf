"""Strategies for the custom scalars of the schema: valid values, odd ones, and invalid ones."""

import string
from math import isfinite

from graphql import GraphQLSchema, NameNode, ObjectFieldNode, ValueNode, is_scalar_type
from hypothesis import strategies as st
from hypothesis_graphql import nodes

BUILT_IN = frozenset({"Int", "Float", "String", "Boolean", "ID"})
_WORD = st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=6)
_ANY_TEXT = st.text(max_size=12)
_NUMBER = st.integers(0, 40).map(str)
_CORE = st.tuples(_NUMBER, _NUMBER, _NUMBER).map(".".join)


def _one_of(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


def _texts() -> dict[str, st.SearchStrategy[str]]:
    """Scalars that are written as strings."""
    suffix = st.lists(_WORD, min_size=1, max_size=3).map(".".join)
    return {
        "SemVer": _CORE
        | st.tuples(_CORE, suffix).map("-".join)
        | st.tuples(_CORE, suffix).map("+".join)
        | _one_of("0.0.0", "1.0.0--", "1.0.0-0a.-.--+001", f"{'9' * 99}.0.0", "1.0.0-" + "a" * 122)
        | _one_of("1.2", "v1.0.0", "01.2.3", "1.0.0-01", "1.0.0-", "1.0.0+", "1.0.0-" + "a" * 123)
        | _one_of("\u0661.\u0662.\u0663", "1.0.0\n", "1.0.0\u0000", " 1.0.0", "")
        | _ANY_TEXT,
        "SHA256": st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
        | _one_of("0" * 64, "F" * 64, "0" * 63, "0" * 65, "0" * 64 + "\n", "\u0660" * 64)
        | _ANY_TEXT,
        "Date": st.dates().map(str)
        | _one_of("0001-01-01", "9999-12-31", "2024-02-29", "2023-02-29", "2024-1-1", "20240101")
        | _ANY_TEXT,
        "DateTime": st.datetimes().map(lambda at: at.isoformat() + "Z")
        | _one_of("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-12:00")
        | _one_of("2024-06-30T23:59:60Z", "2024-01-01T00:00:00", "2024-01-01", "2024-01-01T24:00Z")
        | _ANY_TEXT,
        "Decimal": st.decimals(allow_nan=False, allow_infinity=False).map(str)
        | _one_of("0", "-0", "1e400", "1E-400", "NaN", "Infinity", "0." + "0" * 40 + "1", "\u0663")
        | _ANY_TEXT,
        "BigInt": st.integers(-(2**65), 2**65).map(str)
        | _one_of(str(2**63 - 1), str(2**63), str(-(2**63) - 1), "1_0", "+1", " 1", "9" * 5_000)
        | _ANY_TEXT,
        "URL": _WORD.map("https://example.org/{}".format)
        | _one_of("s3://bucket/key", "file:///x", "http://[::1]:8000/a?b#c", "https://é.example/")
        | _one_of(
            "https://a:b@example.org/", "javascript:alert(1)", "https://[", "https://x:99999/"
        )
        | _one_of("https://example.org/" + "a" * 2_029, "https://example.org/?X-Amz-Signature=a")
        | _ANY_TEXT,
    }


def _json() -> st.SearchStrategy[ValueNode]:
    """Any JSON value as a literal, also too deep and with numbers that no double holds."""
    leaves: st.SearchStrategy[ValueNode] = (
        st.just(nodes.Null)
        | st.booleans().map(nodes.Boolean)
        | st.integers(-(2**65), 2**65).map(nodes.Int)
        | st.floats(allow_nan=False, allow_infinity=False).map(nodes.Float)
        | _ANY_TEXT.map(nodes.String)
    )
    names = st.from_regex(r"[_A-Za-z][_0-9A-Za-z]{0,5}", fullmatch=True)

    def deeper(inner: st.SearchStrategy[ValueNode]) -> st.SearchStrategy[ValueNode]:
        fields = st.dictionaries(names, inner, max_size=4)
        return st.lists(inner, max_size=4).map(nodes.List) | fields.map(_object)

    return st.recursive(leaves, deeper, max_leaves=12) | st.integers(1, 12).map(_nested)


def _object(values: dict[str, ValueNode]) -> ValueNode:
    fields = [ObjectFieldNode(name=NameNode(value=key), value=values[key]) for key in values]
    return nodes.Object(fields)


def _nested(depth: int) -> ValueNode:
    value: ValueNode = nodes.Int(1)
    for level in range(depth):
        value = nodes.List([value]) if level % 2 else _object({"a": value})
    return value


def strategies(schema: GraphQLSchema) -> dict[str, st.SearchStrategy[ValueNode]]:
    """A strategy for each custom scalar; raises KeyError for one that has none."""
    integers = st.integers(-(2**65), 2**65).map(nodes.Int)
    texts = _texts()
    by_name: dict[str, st.SearchStrategy[ValueNode]] = {
        **{name: texts[name].map(nodes.String) for name in texts},
        "BigInt": texts["BigInt"].map(nodes.String) | integers,
        "Decimal": texts["Decimal"].map(nodes.String) | integers | st.floats().map(_float),
        "JSON": _json(),
    }
    custom = {name for name, kind in schema.type_map.items() if is_scalar_type(kind)} - BUILT_IN
    return {name: by_name[name] for name in sorted(custom)}


def _float(value: float) -> ValueNode:
    return nodes.Float(value) if isfinite(value) else nodes.String(value)
