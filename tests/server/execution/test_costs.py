"""What an operation costs, on a small schema and on the registry's."""

from datetime import datetime
from typing import Any

import pytest
import strawberry
from graphql import (
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    get_introspection_query,
    parse,
)

from domain.periods import UsageStep
from schema.fields import attribute
from server.execution import introspection
from server.execution.costs import Cost, Measured, measure
from server.execution.inputs import InputLimits
from tests.graphql import SCHEMA as REGISTRY

SCHEMA = build_schema("""
    type Query { models(first: Int, last: Int): Models  model: Model  nodes(ids: [ID!]!): [Model]! }
    type Models { nodes: [Model!]!  pageInfo: PageInfo! }
    type PageInfo { hasNextPage: Boolean! }
    type Model { id: ID!  description: String  parent: Model  versions(first: Int): Models }
""")
LIMITS = InputLimits(page_max=100, list_max=100, text_max=1_024)


def measured(document: str, schema: GraphQLSchema = SCHEMA, **variables: Any) -> Measured:
    """What is measured of a document's first operation."""
    definitions = parse(document).definitions
    fragments = {
        item.name.value: item for item in definitions if isinstance(item, FragmentDefinitionNode)
    }
    operation = next(item for item in definitions if isinstance(item, OperationDefinitionNode))
    return measure(schema, fragments, operation, variables, LIMITS)


def cost(document: str, schema: GraphQLSchema = SCHEMA, **variables: Any) -> Cost:
    """The cost of a document's first operation."""
    return measured(document, schema, **variables).cost


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


@pytest.mark.parametrize(
    ("until", "step", "points"),
    [
        ("2026-01-01T01:00:00Z", "MINUTE", 60),
        ("2026-01-01T01:00:00Z", "DAY", 1),
        ("2026-01-03T00:00:01Z", "DAY", 3),
        ("2027-01-01T00:00:00Z", "MINUTE", 1_500),  # its resolver refuses more
        ("2025-01-01T00:00:00Z", "HOUR", 1),
    ],
)
def test_points_of_usage_count_by_the_range(until: str, step: str, points: int) -> None:
    schema, since = REGISTRY._schema, "2026-01-01T00:00:00Z"
    of_literals = f"""{{ binding(id: "x") {{
        usage(from: "{since}", to: "{until}", step: {step}) {{ calls }} }} }}"""
    assert cost(of_literals, schema).nodes == points
    of_variables = """query ($to: DateTime!, $step: UsageStep!) { bindings(first: 7) { nodes {
        usage(from: "2026-01-01T00:00:00Z", to: $to, step: $step) { calls } } } }"""
    variables = {"to": datetime.fromisoformat(until), "step": UsageStep(step)}
    found = measured(of_variables, schema, **variables)
    assert (found.cost.nodes, found.cost.values) == (7 * points, 7 * points)
    assert found.sizing_variables == {"to", "step"}


@strawberry.type
class _Item:
    @strawberry.field
    def name(self) -> str:
        return ""

    items: list["_Item"] = attribute("More.", items_max=30)
    words: list[str] = attribute("Words.", items_max=12)


@strawberry.type
class _Query:
    item: _Item = attribute("One.")


def test_lists_without_page_arguments_count_by_their_bounds() -> None:
    lists = strawberry.Schema(_Query)._schema
    found = cost("{ item { items { items { items { a: name b: name words } } } } }", lists)
    assert found.nodes == 30**3
    assert found.values == 30**3 * (1 + 1 + 12)


def test_values_and_their_bytes_are_counted_like_objects() -> None:
    found = cost("{ models(first: 7) { nodes { id a: description b: description } } }")
    assert found.values == 21
    assert 7 * 2 * 60_000 < found.bytes_max < 7 * 2 * 60_000 * 1.1


def test_fragments_count_where_they_are_spread() -> None:
    found = cost(
        "{ model { ...F parent { ...F } } } fragment F on Model { a: id @skip(if: false) }"
    )
    assert (found.depth, found.width, found.aliases) == (3, 1, 2)
    assert (found.directives, found.nodes, found.values) == (2, 1, 2)


def test_a_fragment_is_measured_once_however_often_it_is_spread() -> None:
    """Walked naively this would take 2^40 steps."""
    levels = "".join(
        f" fragment F{i} on Model {{ a: parent {{ ...F{i + 1} }} b: parent {{ ...F{i + 1} }} }}"
        for i in range(40)
    )
    found = cost("{ model { ...F0 } }" + levels + " fragment F40 on Model { id }")
    assert (found.depth, found.aliases) == (42, 2**41 - 2)


def test_introspection_has_no_depth_but_everything_else_counts() -> None:
    found = cost("{ a: __schema { types { b: fields { type { name } } } } }")
    assert (found.depth, found.aliases, found.width) == (0, 2, 1)
    fields = introspection.average(SCHEMA)["__Type", "fields"]
    assert found.nodes == found.introspected == len(SCHEMA.type_map) * fields


@pytest.mark.parametrize(
    "document",
    [
        "{ __schema { types { fields { args { name } } } } }",
        "{ __schema { types { inputFields { name } enumValues { name } interfaces { name } } } }",
        "{ __schema { types { possibleTypes { name } } directives { args { name } } } }",
        "{ __schema { types { fields { type { ofType { fields { name } } } } } } }",
        "{ __schema { types { possibleTypes { fields { args { name } } } } } }",
        '{ __type(name: "Query") { fields { type { ofType { fields { name } } } } } }',
        "{ ...Q } fragment Q on Query { __schema { types { ...T } queryType { ...T } } } "
        "fragment T on __Type { fields { name type { ...N } } } fragment N on __Type { name }",
    ],
)
def test_introspection_never_returns_more_than_it_counts(document: str) -> None:
    result = REGISTRY.execute_sync(document)
    assert result.errors is None
    found = cost(document, REGISTRY._schema)
    assert _leaves(result.data) <= found.values
    assert found.introspected == found.nodes


def _leaves(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_leaves, value.values()))
    return sum(map(_leaves, value)) if isinstance(value, list) else int(value is not None)


def test_the_introspection_of_tools_is_within_the_default_limits() -> None:
    """As graphql-js has it, which GraphiQL, Apollo and graphql-codegen use, with every option."""
    options = dict.fromkeys(
        ("specified_by_url", "directive_is_repeatable", "schema_description", "one_of"), True
    )
    document = get_introspection_query(input_value_deprecation=True, type_depth=9, **options)
    found = cost(document, REGISTRY._schema)
    assert found.nodes < 10_000 / 2
    assert found.values < 100_000 * 2 / 3


def test_a_literal_that_is_too_long_is_found_with_its_place() -> None:
    ids = " ".join(['"a"'] * 101)
    found = measured('{ nodes(ids: ["' + "x" * 1_025 + '"]) { id } }').oversized
    assert [error.message for error in found] == [
        "Argument 'ids' has a text of 1025 characters; at most 1024 are allowed"
    ]
    default = 'query ($i: [ID!]! = ["' + "x" * 1_025 + '"]) { nodes(ids: $i) { id } }'
    (error,) = measured(default, i=["x"]).oversized
    assert error.message.startswith("Variable '$i' has a text of 1025 characters")
    found = measured("{ nodes(ids: [" + ids + "]) { id } }").oversized
    assert "101 items in a list" in found[0].message
