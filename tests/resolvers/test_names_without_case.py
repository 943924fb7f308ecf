"""Names of models are unique and found in any case, and keep their spelling."""

from typing import Any

import pytest

from tests import factories
from tests.graphql import GraphQL
from tests.resolvers.writing.mutations import call, user_errors

SPELLINGS = ["GPT-4o", "gpt-4o", "GPT-4O", "gPT-4O"]
KELVIN = "gpt-4\u212a"  # its str.lower() is gpt-4k


@pytest.fixture
async def model(gql: GraphQL) -> Any:
    """A model with a version and an alias; another one whose name ends in a k."""
    await factories.model(gql.db, name="gpt-4k")
    row = await factories.model(gql.db, name="GPT-4o")
    await factories.alias(gql.db, await factories.version(gql.db, row, version="1.0.0"))
    return row


@pytest.mark.parametrize("name", SPELLINGS)
async def test_a_reference_finds_the_model_in_any_case(gql: GraphQL, model: Any, name: str) -> None:
    document = """query ($name: String!) {
        model(by: {name: $name}) { name }
        version(by: {inModel: {model: {name: $name}, select: {latest: true}}}) { version }
        models(filter: {names: [$name]}) { totalCount nodes { name } }
        versions(filter: {models: [{name: $name}]}) { totalCount nodes { version } }
        retentionPlan(input: {model: {name: $name}}) { planHash }
    }"""
    found = await gql(document, name=name)
    assert found["model"] == {"name": "GPT-4o"}
    assert found["version"] == {"version": "1.0.0"}
    assert found["models"] == {"totalCount": 1, "nodes": [{"name": "GPT-4o"}]}
    assert found["versions"] == {"totalCount": 1, "nodes": [{"version": "1.0.0"}]}


async def test_several_spellings_in_one_document_are_one_model(gql: GraphQL, model: Any) -> None:
    aliases = [
        f'm{n}: model(by: {{name: "{name}"}}) {{ name }}' for n, name in enumerate(SPELLINGS)
    ]
    found = await gql("{" + " ".join(aliases) + "}")
    assert set(map(str, found.values())) == {"{'name': 'GPT-4o'}"}


async def test_only_ascii_letters_have_two_cases(gql: GraphQL, model: Any) -> None:
    document = """query ($name: String!) { model(by: {name: $name}) { name }
        models(filter: {names: [$name]}) { totalCount } }"""
    assert await gql(document, name=KELVIN) == {"model": None, "models": {"totalCount": 0}}


@pytest.mark.parametrize("name", SPELLINGS)
async def test_a_second_spelling_is_refused_with_the_model_that_has_it(
    gql: GraphQL, model: Any, name: str
) -> None:
    (problem,) = await user_errors(gql, "createModel", name=name, task="CHAT")
    assert (problem["code"], problem["path"]) == ("ALREADY_EXISTS", ["name"])
    assert problem["message"] == "a model of this name, in any case, exists"
    other = {"name": "gpt-4k"}
    (problem,) = await user_errors(gql, "updateModel", model=other, name=name)
    assert (problem["code"], problem["path"]) == ("ALREADY_EXISTS", ["name"])


async def test_a_conflict_names_the_existing_model(gql: GraphQL, model: Any) -> None:
    document = """mutation { createModel(input: {name: "gpt-4O", task: CHAT}) { userErrors {
        ... on AlreadyExistsError { existing { id } } } } }"""
    (error,) = (await gql(document))["createModel"]["userErrors"]
    assert error == {"existing": {"id": model.node_id}}


async def test_a_mutation_finds_and_respells_the_model(gql: GraphQL, model: Any) -> None:
    updated = await call(gql, "updateModel", model={"name": "gpt-4O"}, name="gpt-4o")
    assert updated["model"]["name"] == "gpt-4o"
    alias = {"model": {"name": "GPT-4o"}, "alias": "canary"}
    version = {"inModel": {"model": {"name": "GPT-4O"}, "select": {"version": "1.0.0"}}}
    assert (await call(gql, "setAlias", **alias, version=version))["alias"]["name"] == "canary"
