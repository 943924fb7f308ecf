"""No field of a mutation takes a text that is longer than the longest column."""

import logging
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type

from domain.rules import TEXT_LENGTH_MAX
from tests.graphql import GraphQL
from tests.resolvers.writing import mutations
from tests.resolvers.writing.cases import CASES, world
from tests.resolvers.writing.test_bad_input import _leaves, _with

TEXTS = {"String", "ID", "SHA256", "SemVer", "URL"}


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "strawberry.execution")


@pytest.mark.parametrize("mutation", CASES)
async def test_a_text_that_is_too_long_is_refused_with_its_field(
    gql: GraphQL, mutation: str
) -> None:
    w = await world(gql)
    input_type: GraphQLInputObjectType = mutations.input_type(mutation)
    example: dict[str, Any] = CASES[mutation].input(w, 0)
    places = [path for path, scalar in _leaves(input_type, example) if scalar in TEXTS]
    assert places or not {get_named_type(f.type).name for f in input_type.fields.values()} & TEXTS
    for path in places:
        long = "https://example.com/" + "x" * TEXT_LENGTH_MAX
        input = {k: v for k, v in example.items() if k != "expectedRevision"}
        refused = await mutations.user_errors(gql, mutation, **_with(input, path, long))
        assert any(error["path"][0] == path[0] for error in refused), (path, refused)
        assert all(len(error["message"]) < 300 for error in refused)
