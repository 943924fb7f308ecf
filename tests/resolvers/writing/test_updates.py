"""Updates distinguish absent, null and a value in every field; a stale revision is refused."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type, is_required_input_field

from tests.graphql import GraphQL
from tests.resolvers.writing import mutations
from tests.resolvers.writing.cases import CASES, World, world
from tests.resolvers.writing.mutations import call, codes

UPDATES = [name for name in CASES if name.startswith("update")]
SUBJECT = {"Model": "model", "Version": "draft", "Binding": "binding", "Provider": "provider"}
REQUIRED = {  # fields whose column cannot be null
    "updateModel": {"name", "task", "labels", "retentionKeep"},
    "updateVersion": {"region", "status", "rolling"},
    "updateBinding": {"providerModelId", "status", "priority", "weight"},
    "updateProvider": {"name", "kind"},
}
REPEATS = {"updateModel": {"latestVersion"}}  # objects that repeat the name of what is updated
HIDDEN = {  # fields of updateBinding whose value is not shown as it was set
    "successRate",
    "latencyMs",
}


def _fields(mutation: str) -> list[str]:
    fields = mutations.input_type(mutation).fields
    subject = mutations.subject(mutation)
    assert [name for name, field in fields.items() if is_required_input_field(field)] == [subject]
    return [name for name in fields if name not in (subject, "expectedRevision", "idempotencyKey")]


def _shown(payload: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(value for name, value in payload.items() if name != "userErrors")
    return found


def _subject(w: World, mutation: str) -> dict[str, Any]:
    """The reference to the object of the update, as a part of its input."""
    id = getattr(w, SUBJECT[mutation.removeprefix("update")])
    return {mutations.subject(mutation): {"id": id}}


async def _before(w: World, mutation: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A reference to an object with every field set, and the fields that its payload shows."""
    subject = _subject(w, mutation)
    input = {k: v for k, v in CASES[mutation].input(w, 0).items() if k != "expectedRevision"}
    await call(w.gql, mutation, **input)
    return subject, _shown(await call(w.gql, mutation, **subject))


@pytest.mark.parametrize("mutation", UPDATES)
async def test_an_absent_field_stays_as_it_is(gql: GraphQL, mutation: str) -> None:
    w = await world(gql)
    subject, before = await _before(w, mutation)
    after = _shown(await call(gql, mutation, **subject))
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"revision", "updatedAt"}
    assert after["revision"] == before["revision"] + 1


@pytest.mark.parametrize("mutation", UPDATES)
async def test_null_clears_a_nullable_field_and_is_refused_for_others(
    gql: GraphQL, mutation: str
) -> None:
    w = await world(gql)
    subject, before = await _before(w, mutation)
    for name in _fields(mutation):
        if name in REQUIRED[mutation]:
            assert await codes(gql, mutation, **subject, **{name: None}) == [("INVALID", name)]
            continue
        after = _shown(await call(gql, mutation, **subject, **{name: None}))
        assert after[name] is None
        assert name in HIDDEN or before[name] is not None
        derived = {"sloStatus", "routable", "health", "url"}
        others = set(after) - {"revision", "updatedAt"} - derived
        assert {other for other in others if after[other] != before[other]} <= {name}
        before = after


@pytest.mark.parametrize("mutation", UPDATES)
async def test_an_update_with_a_key_writes_the_same(gql: GraphQL, mutation: str) -> None:
    """It is a transaction then, not a single statement."""
    w = await world(gql)
    subject, _ = await _before(w, mutation)
    nulls = dict.fromkeys(name for name in _fields(mutation) if name not in REQUIRED[mutation])
    plain = _shown(await call(gql, mutation, **subject, **nulls))
    assert [plain[name] for name in nulls if name not in HIDDEN] == [None] * len(
        nulls.keys() - HIDDEN
    )
    await call(gql, mutation, **{**CASES[mutation].input(w, 1), "expectedRevision": None})
    keyed = _shown(await call(gql, mutation, **subject, **nulls, idempotencyKey="nulls"))
    changed = {name for name in plain if plain[name] != keyed[name]}
    assert changed <= {"revision", "updatedAt", *REQUIRED[mutation], *REPEATS.get(mutation, ())}
    assert keyed["revision"] == plain["revision"] + 2


@pytest.mark.parametrize("mutation", UPDATES)
async def test_each_field_can_be_set_alone(gql: GraphQL, mutation: str) -> None:
    w = await world(gql)
    subject = _subject(w, mutation)
    input = CASES[mutation].input(w, 0)
    for name in _fields(mutation):
        after = _shown(await call(gql, mutation, **subject, **{name: input[name]}))
        if name not in HIDDEN:
            assert after[name] == input[name]


@pytest.mark.parametrize("mutation", UPDATES)
async def test_all_forbidden_nulls_are_reported_together(gql: GraphQL, mutation: str) -> None:
    w = await world(gql)
    subject = _subject(w, mutation)
    problems = await codes(gql, mutation, **subject, **dict.fromkeys(REQUIRED[mutation]))
    assert sorted(problems) == sorted(("INVALID", name) for name in REQUIRED[mutation])


@pytest.mark.parametrize("mutation", [name for name in CASES if name[:6] in ("update", "delete")])
async def test_a_stale_revision_is_refused_with_the_current_object(
    gql: GraphQL, mutation: str
) -> None:
    if mutation == "deleteAlias":
        return  # it has no revision of its own
    w = await world(gql)
    input = CASES[mutation].input(w, 0)
    errors = await mutations.user_errors(gql, mutation, **{**input, "expectedRevision": 99})
    (error,) = errors
    assert (error["__typename"], error["code"]) == ("RevisionMismatchError", "REVISION_MISMATCH")
    assert error["path"] == ["expectedRevision"]
    assert error["currentRevision"] == input["expectedRevision"]
    assert error["current"]["id"] == input[mutations.subject(mutation)]["id"]
    assert str(input["expectedRevision"]) in error["message"]


def _references(mutation: str, input: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each reference of an input, and the input."""
    for name, field in mutations.input_type(mutation).fields.items():
        type_ = get_named_type(field.type)
        if isinstance(type_, GraphQLInputObjectType) and type_.name.endswith("Ref"):
            yield name, input


def _alias(w: World, **more: Any) -> dict[str, Any]:
    return {"model": {"id": w.model}, "alias": "production", "version": {"id": w.draft}, **more}


async def test_a_malformed_id_is_not_found(gql: GraphQL) -> None:
    w = await world(gql)
    ids = ("", "nonsense", "mdl_", "tok_" + "0" * 32, "🦜", "a\0", "\ud800")
    for mutation in CASES:
        for name, input in _references(mutation, CASES[mutation].input(w, 0)):
            for id in ids:
                problems = await codes(gql, mutation, **{**input, name: {"id": id}})
                assert problems == [("NOT_FOUND", name)]
    assert await codes(gql, "setAlias", **_alias(w, expectedVersion="x")) == [
        ("NOT_FOUND", "expectedVersion")
    ]


@pytest.mark.parametrize("mutation", [name for name in CASES if name[:6] in ("update", "delete")])
async def test_a_deleted_object_is_not_found(gql: GraphQL, mutation: str) -> None:
    w = await world(gql)
    input = CASES[mutation].input(w, 0)
    deletion = mutation.replace("update", "delete")
    if mutation == "updateProvider":
        input = {**input, "provider": {"id": w.idle}}
    await call(gql, deletion, **CASES[deletion].input(w, 0))
    if mutation == "updateVersion":
        input = {"version": CASES[deletion].input(w, 0)["version"]}
    where = "alias" if mutation == "deleteAlias" else mutations.subject(mutation)
    again = {**input, "idempotencyKey": "another"}
    assert await codes(gql, mutation, **again) == [("NOT_FOUND", where)]
