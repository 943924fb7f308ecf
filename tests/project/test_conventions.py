"""The page on conventions names every prefix of an id, and every code of an error."""

import re
from typing import Any

import resolvers.errors
import server.errors
from domain import ids
from schema.nodes import Node
from tests.graphql import SCHEMA
from tests.project.pages import ROOT, text_of

PAGE = text_of(ROOT / "docs" / "conventions.md")


def _rows(section: str) -> dict[str, str]:
    """The first two columns of the table in a section."""
    (text,) = [part for part in PAGE.split("\n## ") if part.startswith(section)]
    rows: list[Any] = re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.M)
    return {name: text.strip("`") for name, text in rows}


def test_each_prefix_is_that_of_its_type() -> None:
    prefixes = {value for value in vars(ids).values() if isinstance(value, str) and len(value) == 3}
    table = _rows("Objects and IDs")
    assert {prefix.rstrip("_") for prefix in table} == prefixes
    core = SCHEMA._schema
    nodes: Any = core.type_map[Node.__name__]
    assert set(table.values()) == {type_.name for type_ in core.get_possible_types(nodes)}
    for prefix, type_name in table.items():
        assert f"{prefix} ({type_name})" in nodes.description


def test_each_code_of_an_error_is_explained() -> None:
    modules = (resolvers.errors, server.errors)
    values = [value for module in modules for value in vars(module).values()]
    codes = {value for value in values if isinstance(value, str) and value.isupper()}
    assert codes - _rows("Errors").keys() == set()
