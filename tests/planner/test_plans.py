"""The results of plans, which equal the stock executor's, and the number of their loads."""

from decimal import Decimal
from typing import Any

import pytest
from graphql import ExecutionResult, parse

from planner import FallbackToExecutor, MutationPlan, Planner
from tests.planner import toy, toy_rows
from tests.planner.executors import query_plan, run_plan


async def run(
    text: str, context: toy_rows.Context, variables: dict[str, Any] | None = None, **options: Any
) -> ExecutionResult:
    plan = query_plan(toy.SCHEMA, text, **options)
    return await run_plan(plan, toy.SCHEMA, parse(text), context, variables)


async def run_both(text: str, **variables: Any) -> Any:
    """The data of the plan's result, which must equal the executor's."""
    expected = await toy.SCHEMA.execute(text, variables, toy_rows.Context())
    assert expected.errors is None
    result = await run(text, toy_rows.Context(), variables)
    assert repr(result.data) == repr(expected.data)
    return result.data


EQUAL = {
    "aliases and merging": """{ a: node(id: "b1") { id } node(id: "b1") { id }
        node(id: "b1") { x: id id } }""",
    "typename": '{ __typename nodes(ids: ["a1", "b1", "s1"]) { __typename k: __typename } }',
    "missing among nodes": '{ nodes(ids: ["a1", "nobody", "b1"]) { id } }',
    "fragments on interface and types": """{ nodes(ids: ["a1", "b1", "s1"]) { ...N ... on Book
        { title } ... { id } ... on Shop { books { ...N } } } } fragment N on Node { id words }""",
    "a union": '{ search(text: "abcdef") { ... on Author { name } ... on Book { name: title } } }',
    "lists of lists and nulls": "{ grid { title colour price pages } }",
    "a generic connection": "{ authors { nodes { id labels { key value } } totalCount } }",
    "enums and scalars": "{ grid { genre colour price printedAt extra tags inPrint } }",
    "a resolver per row": '{ authors { nodes { shout a: shout(mark: "?") } } }',
    "batched leaves and lists": "{ grid { isLong words(times: 2) } }",
    "relations of relations": """{ authors { nodes { books(first: 3) { edges { cursor node { author
        { name books { totalCount } } } } pageInfo { hasNextPage endCursor } } } } }""",
    "nothing below an empty list": """{ authors(filter: {names: []}) { nodes { books
        { totalCount } } } }""",
}


@pytest.mark.parametrize("name", EQUAL)
async def test_results_equal_the_executors(name: str) -> None:
    await run_both(EQUAL[name])


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("include", [True, False])
async def test_conditions_by_variables(skip: bool, include: bool) -> None:
    text = """query($s: Boolean!, $i: Boolean = true) { node(id: "b1") { id @skip(if: $s)
        ... on Book @include(if: $i) { title author @skip(if: true) { id } } ...F @skip(if: $s) } }
        fragment F on Node { words }"""
    data = await run_both(text, s=skip, i=include)
    assert ("title" in data["node"]) is include


@pytest.mark.parametrize(
    ("variables", "count"),
    [({}, 2), ({"n": 1}, 1), ({"f": {"names": ["Ada"]}}, 2), ({"n": None}, 0)],
)
async def test_variables_and_their_defaults(variables: dict[str, Any], count: int) -> None:
    text = (
        "query($n: Int = 2, $f: AuthorFilter) { authors(first: $n, filter: $f) { nodes { id } } }"
    )
    if variables.get("n", 0) is None:  # an error, which only the executor reports
        with pytest.raises(FallbackToExecutor):
            await run(text, toy_rows.Context(), variables)
        return
    data = await run_both(text, **variables)
    assert len(data["authors"]["nodes"]) <= count


@pytest.mark.parametrize(
    "by", ['{id: "a1"}', '{name: "Ada"}'], ids=["one member", "the other member"]
)
async def test_one_of_inputs(by: str) -> None:
    data = await run_both(f"{{ author(by: {by}) {{ id name }} }}")
    assert data["author"]


ECHO = "echo(value: {a: $v, b: [$w]})"
REPEATED_VARIABLES = (
    "authors(filter: {names: [$v], name: $v}) { nodes { name } }",
    "author(by: {name: $v}) { name echo(value: [{a: $v, b: [$v]}]) s: shout(mark: $v) }",
    "authors(filter: {names: [$v, $w], name: $v}) { nodes { s: shout(mark: $w) } }",
)


@pytest.mark.parametrize("fields", REPEATED_VARIABLES)
async def test_a_variable_in_several_arguments(fields: str) -> None:
    text = f'query($v: String!, $w: String! = "w") {{ {fields} a: node(id: "a0") {{ {ECHO} }} }}'
    plan, document = query_plan(toy.SCHEMA, text), parse(text)
    for name in ("Ada", "Bo", "nobody"):
        expected = await toy.SCHEMA.execute(text, {"v": name}, toy_rows.Context())
        assert expected.errors is None
        result = await run_plan(plan, toy.SCHEMA, document, toy_rows.Context(), {"v": name})
        assert repr(result.data) == repr(expected.data)


@pytest.mark.parametrize("label", ["", 'label: "v"', "label: null"])
async def test_maybe_inputs(label: str) -> None:
    await run_both(f"{{ authors(filter: {{{label}}}) {{ nodes {{ id }} }} }}")


async def test_each_relation_is_loaded_once_for_all_parents() -> None:
    text = """{ authors(first: 4) { nodes { books { nodes { author { books { totalCount } } } } } }
        shops { books { author { id } } } }"""
    context = toy_rows.Context()
    await run(text, context)
    assert sorted(context.calls) == sorted(
        ["authors", "total_of_page", "books_of_shop"]
        + ["books_of_author"] * 2  # at two levels
        + ["author_of_book"] * 2
    )


async def test_a_row_that_occurs_twice_is_loaded_once() -> None:
    context = toy_rows.Context()
    context.store.shops = {id: toy_rows.ShopRow(id, "S", ("b0", "b0", "b1")) for id in ("s0", "s1")}
    result = await run("{ shops { books { id author { id } } } }", context)
    assert context.parent_counts["author_of_book"] == 2
    assert result.data is not None
    first = result.data["shops"][0]["books"]
    assert [book["id"] for book in first] == ["b0", "b0", "b1"]


async def test_a_batch_function_gets_the_attributes_that_will_be_read() -> None:
    text = """{ authors { nodes { id books { edges { node { ...B } } nodes { title author { id } }
        pageInfo { hasNextPage } totalCount } } } } fragment B on Book { pages isLong }"""
    context = toy_rows.Context()
    await run(text, context)
    page = context.selections["books_of_author"]
    assert page.attributes == {"edges", "nodes", "page_info", "total"}
    assert page.children["edges"].children["node"].attributes == {"pages"}
    assert page.children["nodes"].attributes == {"title", "author_id"}
    assert page.children["page_info"].attributes == {"has_next_page"}
    assert context.selections["authors"].children["nodes"].attributes == {"id"}
    assert context.selections["author_of_book"].attributes == {"id"}


async def test_the_selection_is_unknown_if_a_resolver_does_not_declare_its_needs() -> None:
    context = toy_rows.Context()
    await run("{ authors { nodes { shout books { totalCount } } } }", context)
    assert context.selections["authors"] is None
    assert context.selections["books_of_author"].attributes == {"total"}


async def test_only_passthrough_scalars_of_exactly_that_class_are_returned_unchanged() -> None:
    text = '{ node(id: "b0") { ... on Book { printedAt price } } }'
    context = toy_rows.Context()
    book = context.store.books["b0"]._replace(price=Decimal("1.50"))
    context.store.books["b0"] = book
    result = await run(text, context, passthrough={"DateTime": type(book.printed_at)})
    assert result.data is not None
    assert result.data["node"]["printedAt"] is book.printed_at
    assert result.data["node"]["price"] == "1.50"


async def test_is_type_of_is_called_once_per_class(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[object] = []
    shop = toy.SCHEMA._schema.type_map["Shop"]
    original = shop.is_type_of

    def check(value: object, info: Any) -> bool:
        checked.append(value)
        return bool(original(value, info))

    monkeypatch.setattr(shop, "is_type_of", check)
    await run('{ nodes(ids: ["s0", "s1", "s0"]) { id } }', toy_rows.Context())
    assert len(checked) == 2  # once to resolve the type of the interface, once to check the object


async def mutate(text: str) -> tuple[ExecutionResult, toy_rows.Context]:
    """The plan's result, which must equal the executor's, and the plan's context."""
    context = toy_rows.Context()
    plan = Planner(toy.SCHEMA).plan(parse(text), None, text)
    assert isinstance(plan, MutationPlan), plan
    result = await run_plan(plan, toy.SCHEMA, parse(text), context)
    expected = await toy.SCHEMA.execute(text, None, toy_rows.Context())
    assert repr(result.data) == repr(expected.data)
    errors = [[error.formatted for error in r.errors or ()] for r in (result, expected)]
    assert errors[0] == errors[1]
    return result, context


FIELDS = "{ author { id name books { totalCount } } userErrors { __typename message path } }"


async def test_the_root_fields_of_a_mutation_run_in_order_and_by_compiled_selection_sets() -> None:
    first, second = '{id: "a1", name: "Cy"}', '{id: "nobody", name: "Di"}'
    text = f"mutation {{ a: rename(input: {first}) {FIELDS} b: rename(input: {second}) {FIELDS} }}"
    result, context = await mutate(text)
    assert result.data is not None
    assert context.calls == ["rename", "books_of_author", "total_of_page", "rename"]
    assert result.data["b"]["userErrors"][0]["__typename"] == "NotFoundError"


@pytest.mark.parametrize("name", ["null", "big", "crash"])
async def test_the_resolver_of_a_mutation_runs_once_whatever_its_result(name: str) -> None:
    text = f'mutation {{ rename(input: {{id: "a1", name: "{name}"}}) {FIELDS} }}'
    _, context = await mutate(text)
    assert context.calls.count("rename") == 1
