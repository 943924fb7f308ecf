"""Values that are hidden below a role: in audit events, by whatever way, and tokens of actors."""

from typing import Any

import pytest
from graphql import parse

from db.postgres.engine import Database
from domain import actors, ids
from domain.access import Identity, Role
from planner import Planner, Unplannable
from resolvers import hidden_fields
from server.app import PASSTHROUGH
from tests import factories
from tests.graphql import CALLER, SCHEMA, GraphQL, context
from tests.planner.executors import run_executor, run_plan

EVENTS = """{ auditEvents(filter: { kinds: BINDING }) {
    nodes { action tokenId changes { field before after isHidden } } } }"""
UPDATE = """mutation ($id: ID!, $ref: String) { updateBinding(input: {
    binding: { id: $id }, credentialRef: $ref, priority: 7 }) { userErrors { message } } }"""
SUBJECTS = """{ auditEvents { nodes { kind actor subjectName subject { __typename }
    changes { field before after isHidden } } } }"""
TOKENS = "{ auditEvents { nodes { actor tokenId } } }"


async def _data(db: Database, document: str, caller: Identity) -> Any:
    """The data of a query, from a plan and from the executor, which agree."""
    tree = parse(document)
    plan = Planner(SCHEMA, passthrough=PASSTHROUGH).plan(tree, None, document)
    assert not isinstance(plan, Unplannable)
    planned = await run_plan(plan, SCHEMA, tree, context(db, identity=caller))
    stock = await run_executor(SCHEMA, tree, context(db, identity=caller))
    assert planned.data == stock.data
    assert stock.errors is None
    return planned.data


def _changes(event: dict[str, Any], field: str) -> list[tuple[Any, Any, bool]]:
    return [
        (each["before"], each["after"], each["isHidden"])
        for each in event["changes"]
        if each["field"] == field
    ]


@pytest.fixture
async def binding(gql: GraphQL) -> str:
    """A binding whose reference was set, changed and removed."""
    version = await factories.version(gql.db, await factories.model(gql.db))
    made = await factories.binding(gql.db, version, credential_ref="env://ONE")
    for ref in ("env://TWO", None):
        await gql(UPDATE, id=made.node_id, ref=ref)
    return made.node_id


@pytest.mark.usefixtures("binding")
@pytest.mark.parametrize("role", Role)
async def test_changes_of_a_hidden_field_have_no_values(db: Database, role: Role) -> None:
    nodes = (await _data(db, EVENTS, CALLER._replace(role=role)))["auditEvents"]["nodes"]
    refs = [_changes(event, "credentialRef") for event in nodes]
    if role.includes(Role.EDITOR):
        set_, changed = (None, "env://ONE", False), ("env://ONE", "env://TWO", False)
        assert refs == [[("env://TWO", None, False)], [changed], [set_]]
    else:
        assert refs == [[(None, None, True)]] * 3
    assert _changes(nodes[1], "priority") == [(100, 7, False)]


@pytest.mark.usefixtures("binding")
@pytest.mark.parametrize("role", Role)
async def test_changes_of_an_object_that_a_role_may_not_see_have_no_values(
    db: Database, role: Role
) -> None:
    """Each object of these events exists, so one without a subject is one that is not shown."""
    await factories.token(db, name="ci")
    nodes = (await _data(db, SUBJECTS, CALLER._replace(role=role)))["auditEvents"]["nodes"]
    unseen = {node["kind"] for node in nodes if node["subject"] is None}
    assert unseen == (set() if role == Role.ADMIN else {"TOKEN"})
    tokens = [node for node in nodes if node["kind"] == "TOKEN"]
    assert [node["actor"] for node in tokens] == ["tests"]
    assert [node["subjectName"] for node in tokens] == ["ci" if role == Role.ADMIN else None]
    fields = [each["field"] for each in tokens[0]["changes"]]
    assert {"name", "role", "prefix"} <= set(fields)
    values = [(c["before"], c["after"]) for c in tokens[0]["changes"] if c["isHidden"]]
    assert values == ([] if role == Role.ADMIN else [(None, None)] * len(fields))


def test_the_hidden_columns_are_those_of_the_declared_fields() -> None:
    hidden = {role: hidden_fields.hidden_columns(CALLER._replace(role=role)) for role in Role}
    assert [role for role in Role if "credential_ref" in hidden[role]] == ["READER", "GATEWAY"]
    assert hidden[Role.ADMIN] == frozenset()


async def test_an_event_names_the_token_that_made_the_change(gql: GraphQL, db: Database) -> None:
    for name in ("ci", "a b", "unused"):
        await factories.token(db, name=name)
    made_by = [actors.token("ci"), actors.oidc("ci"), actors.token("a b"), actors.token("gone")]
    for number, actor in enumerate(made_by):
        async with db.write(actor) as session:
            session.add(factories.Model(name=f"by-{number}", task=factories.TaskType.CHAT))
    nodes = (await _data(db, TOKENS, CALLER))["auditEvents"]["nodes"]
    known = {node["actor"]: node["tokenId"] for node in nodes}
    found = [known[actor] for actor in made_by]
    assert [each is None for each in found] == [False, True, False, True]
    assert found[0] != found[2]
    assert ids.decode(ids.TOKEN, found[0])
    assert known["tests"] is None
    with gql.statements() as with_ids:
        await gql(TOKENS)
    with gql.statements() as without:
        await gql("{ auditEvents { nodes { actor } } }")
    assert len(with_ids) == len(without) + 1
