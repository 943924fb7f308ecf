"""What an operation costs, on a small schema."""

from typing import Any

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, build_schema, parse

from server.execution.limits import Cost, is_nested_too_deeply, measure

SCHEMA = build_schema("""
    type Query { models(first: Int, last: Int): Models  model: Model  nodes(ids: [ID!]!): [Model]! }
    type Models { nodes: [Model!]!  pageInfo: PageInfo! }
    type PageInfo { hasNextPage: Boolean! }
    type Model { id: ID!  parent: Model  versions(first: Int): Models }
""")


def cost(document: str, **variables: Any) -> Cost:
    """The cost of a document's first operation."""
    definitions = parse(document).definitions
    fragments = {
        item.name.value: item for item in definitions if isinstance(item, FragmentDefinitionNode)
    }
    operation = definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return measure(SCHEMA, fragments, operation, variables, 100)[0]


@pytest.mark.parametrize(
    ("document", "nodes"),
    [
        ("{ model { id } }", 1),
        ("{ models { nodes { id } } }", 20),
        ("{ models(first: 7) { nodes { id } } }", 7),
        ("{ models(last: 7) { nodes { id } } }", 7),
        ("{ models(first: null) { nodes { id } } }", 20),
        ("{ models(first: 7) { nodes { id parent { id } } pageInfo { hasNextPage } } }", 7),
        ("{ models(first: 7) { nodes { versions(first: 3) { nodes { id } } } } }", 21),
        ("{ a: model { id } models(first: 7) { nodes { id } } }", 8),
        ("{ models(first: 1000000) { nodes { id } } }", 100),
        ("{ models(first: 0) { nodes { id } } }", 1),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3),
        ("query($n: Int, $ids: [ID!]!) { models(first: $n) { nodes { id } } "
         "nodes(ids: $ids) { id } }", 9),
    ],
)  # fmt: skip
def test_nodes_are_the_product_of_page_sizes(document: str, nodes: int) -> None:
    assert cost(document, n=5, ids=["a"] * 4).nodes == nodes


def test_fragments_count_where_they_are_spread() -> None:
    found = cost(
        "{ model { ...F parent { ...F } } } fragment F on Model { a: id @skip(if: false) }"
    )
    assert found == Cost(depth=3, width=1, aliases=2, directives=2, nodes=1)


def test_a_fragment_is_measured_once_however_often_it_is_spread() -> None:
    """Walked naively this would take 2^40 steps."""
    levels = "".join(
        f" fragment F{i} on Model {{ a: parent {{ ...F{i + 1} }} b: parent {{ ...F{i + 1} }} }}"
        for i in range(40)
    )
    found = cost("{ model { ...F0 } }" + levels + " fragment F40 on Model { id }")
    assert (found.depth, found.aliases) == (42, 2**41 - 2)


def test_introspection_has_no_depth_but_its_aliases_count() -> None:
    found = cost("{ a: __schema { types { fields { type { name } } } } }")
    assert (found.depth, found.aliases, found.width) == (0, 1, 1)


@pytest.mark.parametrize(("levels", "is_too_deep"), [(1, False), (64, False), (65, True)])
def test_json_may_nest_64_levels(levels: int, is_too_deep: bool) -> None:
    value: object = 1
    for _ in range(levels):
        value = {"a": value}
    body = b'{"a":' * levels + b"1" + b"}" * levels
    assert is_nested_too_deeply(body, value) is is_too_deep
