"""Updates distinguish absent, null and a value in every field; a stale revision is refused."""

from typing import Any

import pytest
from graphql import is_required_input_field

from tests.graphql import GraphQL
from tests.resolvers.writing import mutations
from tests.resolvers.writing.cases import CASES, World, world
from tests.resolvers.writing.mutations import call, codes

UPDATES = [name for name in CASES if name.startswith("update")]
SUBJECT = {"Model": "model", "Version": "draft", "Binding": "binding", "Provider": "provider"}
REQUIRED = {  # fields whose column cannot be null
    "updateModel": {"name", "task", "labels", "retentionKeep"},
    "updateVersion": {"region", "status", "capabilities"},
    "updateBinding": {"providerModelId", "status", "priority", "weight"},
    "updateProvider": {"name", "kind"},
}
HIDDEN = {  # fields of updateBinding whose value is not shown as it was set
    "successRate",
    "latencyMs",
}


def _fields(mutation: str) -> list[str]:
    fields = mutations.input_type(mutation).fields
    assert [name for name, field in fields.items() if is_required_input_field(field)] == ["id"]
    return [name for name in fields if name not in ("id", "expectedRevision")]


def _shown(payload: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(value for name, value in payload.items() if name != "userErrors")
    return found


async def _before(w: World, mutation: str) -> tuple[str, dict[str, Any]]:
    """The id of an object with every field set, and the fields that its payload shows."""
    subject = getattr(w, SUBJECT[mutation.removeprefix("update")])
    input = {k: v for k, v in CASES[mutation].input(w, 0).items() if k != "expectedRevision"}
    await call(w.gql, mutation, **input)
    return subject, _shown(await call(w.gql, mutation, id=subject))


@pytest.mark.parametrize("mutation", UPDATES)
async def test_an_absent_field_stays_as_it_is(gql: GraphQL, mutation: str) -> None:
    w = await world(gql)
    subject, before = await _before(w, mutation)
    after = _shown(await call(gql, mutation, id=subject))
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
            assert await codes(gql, mutation, id=subject, **{name: None}) == [("INVALID", name)]
            continue
        after = _shown(await call(gql, mutation, id=subject, **{name: None}))
        assert after[name] is None
        assert name in HIDDEN or before[name] is not None
        others = set(after) - {"revision", "updatedAt", "sloStatus", "routable", "health"}
        assert {other for other in others if after[other] != before[other]} <= {name}
        before = after


@pytest.mark.parametrize("mutation", UPDATES)
async def test_each_field_can_be_set_alone(gql: GraphQL, mutation: str) -> None:
    w = await world(gql)
    subject = getattr(w, SUBJECT[mutation.removeprefix("update")])
    input = CASES[mutation].input(w, 0)
    for name in _fields(mutation):
        after = _shown(await call(gql, mutation, id=subject, **{name: input[name]}))
        if name not in HIDDEN:
            assert after[name] == input[name]


@pytest.mark.parametrize("mutation", UPDATES)
async def test_all_forbidden_nulls_are_reported_together(gql: GraphQL, mutation: str) -> None:
    w = await world(gql)
    subject = getattr(w, SUBJECT[mutation.removeprefix("update")])
    problems = await codes(gql, mutation, id=subject, **dict.fromkeys(REQUIRED[mutation]))
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
    assert error["current"]["id"] == input["id"]
    assert str(input["expectedRevision"]) in error["message"]


async def test_a_malformed_id_is_not_found(gql: GraphQL) -> None:
    by_id = [name for name in CASES if "id" in mutations.input_type(name).fields]
    assert {"deleteModel", "updateProvider"} <= set(by_id)
    for mutation in by_id:
        for id in ("", "nonsense", "mdl_", "tok_" + "0" * 32, "🦜", "a\0", "\ud800"):
            assert await codes(gql, mutation, id=id) == [("NOT_FOUND", "id")]


@pytest.mark.parametrize("mutation", [name for name in CASES if name[:6] in ("update", "delete")])
async def test_a_deleted_object_is_not_found(gql: GraphQL, mutation: str) -> None:
    w = await world(gql)
    input = CASES[mutation].input(w, 0)
    deletion = mutation.replace("update", "delete")
    if mutation == "updateProvider":
        input = {**input, "id": w.idle}
    await call(gql, deletion, **CASES[deletion].input(w, 0))
    if mutation == "updateVersion":
        input = {"id": CASES[deletion].input(w, 0)["id"]}
    where = "alias" if mutation == "deleteAlias" else "id"
    assert await codes(gql, mutation, **input) == [("NOT_FOUND", where)]
