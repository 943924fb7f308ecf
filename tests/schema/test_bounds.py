"""Every list of the schema has a bound that an operation's cost counts, and that the data holds."""

from typing import Any

import pytest
from graphql import GraphQLField, get_nullable_type, is_list_type, is_object_type
from sqlmodel import SQLModel

from domain.field_changes import CHANGES_MAX
from schema.fields import items_max
from tests import factories
from tests.graphql import SCHEMA, GraphQL
from tests.resolvers.writing.cases import world
from tests.resolvers.writing.mutations import call, codes

LISTS: dict[str, tuple[Any, GraphQLField]] = {
    f"{type_.name}.{name}": (type_, field)
    for type_ in SCHEMA._schema.type_map.values()
    if is_object_type(type_) and not type_.name.startswith("__")
    for name, field in type_.fields.items()
    if is_list_type(get_nullable_type(field.type))
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_page_arguments_or_a_bound(name: str) -> None:
    """The items of a connection are bounded by the arguments of the field that returns it."""
    type_, field = LISTS[name]
    is_page = type_.name.endswith("Connection")
    of_argument = any(is_list_type(get_nullable_type(a.type)) for a in field.args.values())
    bound = items_max(field)
    assert is_page or of_argument or (bound is not None and 1 <= bound <= 1_500)


def test_the_schema_has_lists_to_walk() -> None:
    assert {"Model.aliases", "Model.labels", "RetentionPlan.archive", "Query.nodes"} <= set(LISTS)


def test_no_table_has_more_columns_than_an_event_may_have_changes() -> None:
    assert max(len(table.columns) for table in SQLModel.metadata.tables.values()) <= CHANGES_MAX


async def test_a_model_has_at_most_as_many_aliases_as_its_list_may_have(gql: GraphQL) -> None:
    w = await world(gql)
    bound = items_max(LISTS["Model.aliases"][1])
    assert bound is not None
    model, version = {"id": w.model}, {"id": w.first}
    for number in range(bound - 1):  # there is one already
        await call(gql, "setAlias", model=model, alias=f"a-{number}", version=version)
    refused = await codes(gql, "setAlias", model=model, alias="one-more", version=version)
    assert refused == [("LIMIT_EXCEEDED", "alias")]
    await call(gql, "setAlias", model=model, alias="a-1", version={"id": w.second})
    await call(gql, "deleteAlias", model=model, alias="a-1")
    await call(gql, "setAlias", model=model, alias="one-more", version=version)


async def test_lists_of_stats_hold_the_largest_counts_and_the_sums_hold_all(gql: GraphQL) -> None:
    model = await factories.model(gql.db, subject="rare")
    for number in range(101):
        version = await factories.version(gql.db, model, region=f"r-{number:03}")
        provider = await factories.provider(gql.db, slug=f"p-{number:03}")
        await factories.binding(gql.db, version, provider)
    await factories.version(gql.db, model, region="r-100")
    document = """query ($filter: ModelFilter) { stats(filter: $filter) { providers bindings
      routableBindings versionsByRegion { name count } bindingsByProvider { bindings } } }"""
    for filter in (None, {"names": [model.name]}):
        stats = (await gql(document, filter=filter))["stats"]
        assert (stats["providers"], stats["bindings"], stats["routableBindings"]) == (101, 101, 101)
        assert len(stats["bindingsByProvider"]) == 100
        names = [each["name"] for each in stats["versionsByRegion"]]
        assert names == ["r-100", *(f"r-{number:03}" for number in range(99))]
