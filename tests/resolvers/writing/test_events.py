"""Every mutation leaves exactly its events, and a refused mutation leaves none."""

from typing import Any

import psycopg
import pytest
from graphql import GraphQLInputObjectType, get_named_type, get_nullable_type, is_list_type

from tests import factories
from tests.graphql import CALLER, GraphQL
from tests.resolvers.writing import mutations
from tests.resolvers.writing.cases import CASES, World, world
from tests.soak import replay

ANN = CALLER._replace(name="ann")


def test_every_mutation_has_a_case() -> None:
    """A new mutation needs a case: the tests of bad input use it too."""
    assert set(CASES) == set(mutations.MUTATIONS)


def _missing(type_: GraphQLInputObjectType, input: dict[str, Any], path: str = "") -> list[str]:
    missing = []
    for name, field in type_.fields.items():
        inner = get_named_type(field.type)
        if name not in input:
            missing += [] if type_.is_one_of else [f"{path}{name}"]
        elif isinstance(inner, GraphQLInputObjectType):
            is_list = is_list_type(get_nullable_type(field.type))
            for item in input[name] if is_list else [input[name]]:
                missing += _missing(inner, item, f"{path}{name}.")
    return missing


@pytest.mark.parametrize("mutation", CASES)
async def test_a_mutation_leaves_exactly_its_events(
    gql: GraphQL, database_url: str, mutation: str
) -> None:
    w = await world(gql)
    before = await factories.revision(gql.db)
    input = CASES[mutation].input(w, 0)
    assert _missing(mutations.input_type(mutation), input) == []
    result = await mutations.execute(
        gql.db,
        mutation,
        input,
        identity=ANN,
        request_id="req-1",
        store=gql.store,
    )
    assert result.errors is None
    payload = (result.data or {})[mutation]
    assert payload["userErrors"] == []
    events = _events(database_url, before)
    wanted = sorted((k, a, _subject(w, payload, whose)) for k, a, whose in CASES[mutation].events)
    assert sorted((e[0], e[1], _known(e[2], wanted)) for e in events) == wanted
    assert {(actor, request_id) for *_, actor, request_id in events} == {("ann", "req-1")}
    assert await factories.revision(gql.db) == before + len(events)
    replay.check(database_url)


@pytest.mark.parametrize("mutation", CASES)
async def test_a_refused_mutation_leaves_nothing(
    gql: GraphQL, database_url: str, mutation: str
) -> None:
    w = await world(gql)
    before = await factories.revision(gql.db)
    with psycopg.connect(database_url) as connection:
        stored = replay.stored(connection)
    await mutations.user_errors(
        gql, mutation, **{**CASES[mutation].input(w, 0), **CASES[mutation].refused}
    )
    assert _events(database_url, before) == []
    assert await factories.revision(gql.db) == before
    with psycopg.connect(database_url) as connection:
        assert replay.stored(connection) == stored
        assert connection.execute("SELECT count(*) FROM idempotency_keys").fetchone() == (0,)


@pytest.mark.parametrize(
    ("mutation", "changed"),
    [
        ("updateModel", "name task subject description labels retention_keep"),
        (
            "updateVersion",
            "region status eval_score cost_per_1k slo_latency_ms slo_success_rate context_window"
            " max_output_tokens capabilities artifact_url size_bytes metadata released_on"
            " rolling deprecated_on sunset_on",
        ),
        ("updateBinding", "provider_model_id success_rate latency_ms"),
        ("updateProvider", "name kind api_base docs_url"),
        ("setAlias", "version_id"),
        ("rollbackAlias", "version_id"),
    ],
)
async def test_the_event_of_an_update_has_the_changed_columns(
    gql: GraphQL, database_url: str, mutation: str, changed: str
) -> None:
    w = await world(gql)
    before = await factories.revision(gql.db)
    await mutations.call(gql, mutation, **CASES[mutation].input(w, 0))
    with psycopg.connect(database_url) as connection:
        query = "SELECT changes FROM audit_events WHERE sequence > %s"
        ((changes,),) = connection.execute(query, [before]).fetchall()
    assert set(changes) == {*changed.split(), "revision", "updated_at"}
    assert changes["revision"][1] == changes["revision"][0] + 1


def _events(url: str, after: int) -> list[Any]:
    query = """SELECT kind, action, replace(subject_id::text, '-', ''), actor, request_id
        FROM audit_events WHERE sequence > %s ORDER BY sequence"""
    with psycopg.connect(url) as connection:
        return connection.execute(query, [after]).fetchall()


def _subject(w: World, payload: dict[str, Any], whose: str) -> str:
    if whose == "any":
        return whose
    id = next(iter(payload.values()))["id"] if whose == "new" else getattr(w, whose)
    return str(id).partition("_")[2]


def _known(subject: str, wanted: list[tuple[str, str, str]]) -> str:
    return subject if any(subject == known for *_, known in wanted) else "any"
