"""Reading the audit log: its order, its filters, and the changes in its events."""

from decimal import Decimal
from typing import Any

import pytest

from db.postgres.engine import Database
from db.tables import Model
from domain import ids
from tests import factories
from tests.graphql import GraphQL

CREATE_MODEL = """mutation($input: CreateModelInput!) {
  createModel(input: $input) { model { id } userErrors { message } }
}"""
CREATE_VERSION = """mutation($input: CreateVersionInput!) {
  createVersion(input: $input) { version { id } userErrors { message } }
}"""
EVENTS = """query($filter: AuditEventFilter, $first: Int, $after: String) {
  auditEvents(filter: $filter, first: $first, after: $after) {
    totalCount
    pageInfo { endCursor hasNextPage }
    nodes { id at actor action kind subjectId requestId subject { id }
            changes { field before after } }
  }
}"""


async def _events(gql: GraphQL, **filter: Any) -> list[dict[str, Any]]:
    data = await gql(EVENTS, filter=filter)
    assert data["auditEvents"]["totalCount"] == len(data["auditEvents"]["nodes"])
    return list(data["auditEvents"]["nodes"])


async def _create_model(gql: GraphQL, input: dict[str, Any]) -> str:
    return str((await gql(CREATE_MODEL, input=input))["createModel"]["model"]["id"])


def _changes(event: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {each["field"]: (each["before"], each["after"]) for each in event["changes"]}


async def test_an_event_has_the_names_and_values_of_the_api(gql: GraphQL) -> None:
    model = {"name": "m", "task": "CHAT", "labels": [{"key": "b", "value": "2"}]}
    model_id = await _create_model(gql, model)
    version = {
        "model": {"name": "m"},
        "version": "1.0.0",
        "contentHash": "a" * 64,
        "region": "eu-west-1",
        "costPer1k": "1234567890.0123456700",
        "evalScore": 0.25,
        "sizeBytes": "9007199254740993",
        "metadata": {"deep": [1.5, {"x": 2}]},
        "sunsetOn": "2030-01-31",
    }
    new = (await gql(CREATE_VERSION, input=version))["createVersion"]["version"]
    of_version, of_model = await _events(gql)
    basics = [of_model[name] for name in ("action", "kind", "actor")]
    assert basics == ["CREATED", "MODEL", "tests"]
    assert of_model["subjectId"] == model_id
    assert _changes(of_model)["labels"] == (None, [{"key": "b", "value": "2"}])
    assert of_version["subjectId"] == new["id"]
    assert of_version["subject"] == new
    after = {field: value for field, (_, value) in _changes(of_version).items()}
    assert after.pop("createdAt") <= of_version["at"]  # the transaction's begin, and its end
    assert after == {
        "modelId": model_id,
        "number": 1,
        "version": "1.0.0",
        "contentHash": "a" * 64,
        "region": "eu-west-1",
        "status": "ACTIVE",
        "evalScore": 0.25,
        "costPer1k": "1234567890.01234567",
        "rolling": False,
        "sizeBytes": "9007199254740993",
        "metadata": {"deep": [1.5, {"x": 2}]},
        "sunsetOn": "2030-01-31",
        "revision": 1,
    }


async def test_an_update_has_values_before_and_after(gql: GraphQL) -> None:
    model_id = await _create_model(gql, {"name": "m", "task": "CHAT"})
    await gql(
        """mutation($id: ID!) {
            updateModel(input: {model: {id: $id}, description: "x"}) { model { id } } }""",
        id=model_id,
    )
    updated, _ = await _events(gql)
    assert updated["action"] == "UPDATED"
    assert _changes(updated) == {"description": (None, "x"), "revision": (1, 2)}


async def test_the_subject_of_a_deleted_object_is_null(gql: GraphQL) -> None:
    model_id = await _create_model(gql, {"name": "m", "task": "CHAT"})
    await gql(
        "mutation($id: ID!) { deleteModel(input: {model: {id: $id}}) { deletedId } }", id=model_id
    )
    deleted, created = await _events(gql, subjects=[model_id])
    assert [deleted["action"], created["action"]] == ["DELETED", "CREATED"]
    assert deleted["subject"] is created["subject"] is None
    assert _changes(deleted)["name"] == ("m", None)


async def _life(db: Database) -> Model:
    """A model with a version, a binding of it, its price and an alias."""
    model = await factories.model(db)
    version = await factories.version(db, model, cost_per_1k=Decimal("0.5"))
    binding = await factories.binding(db, version)
    await factories.price(db, binding, "0.0025")
    await factories.alias(db, version)
    return model


async def test_the_subjects_of_prices_and_aliases_can_be_looked_up(gql: GraphQL) -> None:
    model = await _life(gql.db)
    alias, price, binding, *_ = await _events(gql)
    assert (alias["kind"], alias["subjectId"]) == ("ALIAS", model.node_id)
    assert (price["kind"], price["subjectId"]) == ("PRICE", binding["subjectId"])
    assert price["subject"] == {"id": binding["subjectId"]}
    assert _changes(price)["inputPer1k"] == (None, "0.0025")
    assert _changes(price)["bindingId"] == (None, binding["subjectId"])
    assert set(_changes(alias)) == {"createdAt", "modelId", "name", "revision", "versionId"}


async def test_all_conditions_of_a_filter_must_match(gql: GraphQL) -> None:
    model = await _life(gql.db)
    everything = await _events(gql)
    kinds = [event["kind"] for event in everything]
    assert kinds == ["ALIAS", "PRICE", "BINDING", "PROVIDER", "VERSION", "MODEL"]
    subject = {event["kind"]: event["subjectId"] for event in everything}
    for filter_, expected in (
        ({"kinds": ["PRICE", "MODEL"]}, ["PRICE", "MODEL"]),
        ({"actions": ["ALIASED"]}, ["ALIAS"]),
        ({"actions": ["CREATED"], "kinds": ["BINDING", "ALIAS"]}, ["BINDING"]),
        ({"actors": ["tests"]}, kinds),
        ({"actors": ["somebody"]}, []),
        ({"subjects": [subject["MODEL"]]}, ["ALIAS", "MODEL"]),
        ({"subjects": [subject["BINDING"], subject["PROVIDER"]]}, ["PRICE", "BINDING", "PROVIDER"]),
        ({"subjects": [ids.encode(ids.VERSION, model.id), "x", ""]}, []),
        ({"subjects": []}, []),
        ({"models": [{"id": model.node_id}]}, [k for k in kinds if k != "PROVIDER"]),
        ({"models": [{"name": model.name.upper()}], "kinds": ["VERSION"]}, ["VERSION"]),
        ({"models": [{"name": "another"}]}, []),
        ({"models": []}, []),
        ({"at": {"gte": everything[0]["at"]}}, ["ALIAS"]),
        ({"at": {"lt": everything[-2]["at"]}}, ["MODEL"]),
    ):
        events = await _events(gql, **filter_)
        assert [event["kind"] for event in events] == expected, filter_


async def test_an_event_names_its_subject_and_its_model(gql: GraphQL) -> None:
    model = await _life(gql.db)
    document = "{ auditEvents { nodes { kind subjectName model { name } } } }"
    with gql.statements() as sent:
        nodes = (await gql(document))["auditEvents"]["nodes"]
    assert len(sent) == 2, "\n".join(sent)
    name_of = {node["kind"]: node["subjectName"] for node in nodes}
    assert name_of["MODEL"] == model.name
    assert name_of["ALIAS"] == "production"
    assert name_of["PRICE"] is None
    assert name_of["BINDING"].startswith("served-")
    assert name_of["PROVIDER"].startswith("provider-")
    for node in nodes:
        expected = None if node["kind"] == "PROVIDER" else {"name": model.name}
        assert node["model"] == expected, node


async def test_a_deleted_model_has_its_name_and_is_found_by_its_id(gql: GraphQL) -> None:
    model_id = await _create_model(gql, {"name": "m", "task": "CHAT"})
    await gql(
        "mutation($id: ID!) { deleteModel(input: {model: {id: $id}}) { deletedId } }", id=model_id
    )
    document = """query($filter: AuditEventFilter) {
        auditEvents(filter: $filter) { nodes { action subjectName model { id } } } }"""
    by_id = await gql(document, filter={"models": [{"id": model_id}]})
    assert by_id["auditEvents"]["nodes"] == [
        {"action": action, "subjectName": "m", "model": None} for action in ("DELETED", "CREATED")
    ]
    by_name = await gql(document, filter={"models": [{"name": "m"}]})
    assert by_name["auditEvents"]["nodes"] == []


async def test_pages_are_newest_first(gql: GraphQL) -> None:
    await _life(gql.db)
    seen, after = [], None
    while True:
        page = (await gql(EVENTS, first=2, after=after))["auditEvents"]
        seen += [event["kind"] for event in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == ["ALIAS", "PRICE", "BINDING", "PROVIDER", "VERSION", "MODEL"]


async def test_a_model_has_the_events_of_all_that_belongs_to_it(gql: GraphQL) -> None:
    await _life(gql.db)
    await _life(gql.db)
    document = "{ models { nodes { auditEvents { totalCount nodes { kind subject { id } } } } } }"
    with gql.statements() as sent:
        data = await gql(document)
    for node in data["models"]["nodes"]:
        kinds = [event["kind"] for event in node["auditEvents"]["nodes"]]
        assert kinds == ["ALIAS", "PRICE", "BINDING", "VERSION", "MODEL"]
        assert node["auditEvents"]["totalCount"] == 5
    assert len(sent) == 1 + 2 + 3, "\n".join(sent)  # models, pages and counts, a kind of subject


async def test_an_event_is_a_node(gql: GraphQL) -> None:
    await factories.model(gql.db)
    [event] = await _events(gql)
    node = "query($id: ID!) { node(id: $id) { id ... on AuditEvent { kind } } }"
    assert await gql(node, id=event["id"]) == {"node": {"id": event["id"], "kind": "MODEL"}}
    assert await gql(node, id="evt_" + "0" * 32) == {"node": None}


@pytest.mark.parametrize("cursor", ["x", "ZXZlbnQ6MQ"])
async def test_a_cursor_of_another_listing_is_refused(gql: GraphQL, cursor: str) -> None:
    assert (await gql.error(EVENTS, after=cursor))[0] == "BAD_CURSOR"
