"""Every field of every input is written to its row, and GraphQL reads it back.

The tests walk the input types of the schema. A field that is added later fails
`test_every_input_field_is_known` until VALUES has a value for it; with the value, the other tests
check the field without further code.
"""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from graphql import GraphQLInputObjectType, Undefined, get_named_type
from psycopg import sql
from psycopg.rows import dict_row

from db.tables import IdempotencyKey
from domain import ids, rules
from resolvers.reference_inputs import LabelInput
from resolvers.writing.inputs import InputColumns
from tests.graphql import GraphQL
from tests.resolvers.writing import asking
from tests.resolvers.writing.asking import done

PRICE = {
    "inputPer1k": "0.0025",
    "outputPer1k": "0.01",
    "cacheReadPer1k": "0.0001",
    "effectiveFrom": "2026-01-31T12:00:00.000001+00:00",
    "source": "list price",
}
BINDING = {
    "providerModelId": "served",
    "region": "eu-west-1",
    "endpoint": "https://example.com/v1",
    "config": {"maxTokens": 4096},
    "credentialRef": "env://ACME",
    "status": "DRAINING",
    "priority": 10,
    "weight": 50,
    "sunsetOn": "2030-01-31",
}
# Input type -> field -> a value other than the field's default, as GraphQL shows it.
VALUES: dict[str, dict[str, Any]] = {
    "CreateModelInput": {
        "name": "created",
        "task": "OCR",
        "subject": "math",
        "description": "Created.",
        "labels": [{"key": "team", "value": "red"}],
        "retentionKeep": 5,
    },
    "UpdateModelInput": {
        "name": "updated",
        "task": "SEARCH",
        "subject": "physics",
        "description": "Updated.",
        "labels": [{"key": "team", "value": "blue"}],
        "retentionKeep": 7,
    },
    "LabelInput": {"key": "team", "value": "red"},
    "CreateVersionInput": {
        "version": "4.0.0",
        "contentHash": "4" * 64,
        "region": "eu-west-1",
        "status": "DRAFT",
        "evalScore": 0.75,
        "costPer1k": "0.0000000001",
        "sloLatencyMs": 900,
        "sloSuccessRate": 0.99,
        "contextWindow": 128_000,
        "maxOutputTokens": 4_096,
        "capabilities": ["TOOLS", "VISION"],
        "artifactUrl": "s3://bucket/weights",
        "sizeBytes": "9007199254740993",
        "metadata": {"license": "MIT", "deep": [[1.5, None, True]]},
        "deprecatedOn": "2029-01-31",
        "sunsetOn": "2030-01-31",
    },
    "UpdateVersionInput": {
        "region": "us-east-1",
        "status": "ACTIVE",
        "evalScore": 0.5,
        "costPer1k": "0.25",
        "sloLatencyMs": 800,
        "sloSuccessRate": 0.98,
        "contextWindow": 64_000,
        "maxOutputTokens": 2_048,
        "capabilities": ["REASONING"],
        "artifactUrl": "s3://bucket/others",
        "sizeBytes": "17",
        "metadata": ["other"],
        "deprecatedOn": "2029-02-28",
        "sunsetOn": "2030-02-28",
    },
    "NewBindingInput": BINDING,
    "UpdateBindingInput": {
        "providerModelId": "served-anew",
        "region": "us-east-1",
        "endpoint": "https://example.com/v2",
        "config": {"maxTokens": 8192},
        "credentialRef": "env://OTHER",
        "status": "DISABLED",
        "priority": 20,
        "weight": 60,
        "sunsetOn": "2030-02-28",
        "successRate": 0.5,
        "latencyMs": 120.5,
    },
    "PriceInput": PRICE,
    "CreateProviderInput": {
        "slug": "created",
        "name": "Created",
        "kind": "BEDROCK",
        "apiBase": "https://api.example.com",
        "docsUrl": "https://docs.example.com",
    },
    "UpdateProviderInput": {
        "name": "Updated",
        "kind": "AZURE",
        "apiBase": "https://api.example.org",
        "docsUrl": "https://docs.example.org",
    },
    "SetVersionHoldInput": {"reason": "an audit"},
}
# Input type -> the fields that no column of the row holds: they name another object, are its
# input, or control the call.
NO_COLUMN: dict[str, set[str]] = {
    "CreateModelInput": {"idempotencyKey"},
    "CreateVersionInput": {"model", "bindings", "alias", "applyRetention", "idempotencyKey"},
    "NewBindingInput": {"provider", "price"},
    "CreateBindingInput": {"version", "binding", "idempotencyKey"},
    "SetPriceInput": {"binding", "price"},
    "SetAliasInput": {"model", "alias", "version", "expectedVersion"},
    "RollbackAliasInput": {"model", "alias"},
    "DeleteAliasInput": {"model", "alias"},
    "RetentionInput": {"model", "keep", "purgeArchivedBefore", "planHash", "idempotencyKey"},
    "ModelRef": {"id", "name"},
    "VersionRef": {"id", "contentHash", "inModel"},
    "VersionInModel": {"model", "select"},
    "VersionSelector": {"latest", "alias", "version", "number", "contentHash"},
    **{
        f"{verb}Input": {"id", "expectedRevision", "force"}
        for verb in ("DeleteModel", "DeleteVersion")
    },
    **{
        f"{verb}Input": {"id", "expectedRevision"}
        for verb in (
            "UpdateModel",
            "UpdateVersion",
            "UpdateBinding",
            "UpdateProvider",
            "DeleteBinding",
            "DeleteProvider",
            "ArchiveVersion",
            "RestoreVersion",
            "SetVersionHold",
        )
    },
}
TABLES = {
    "Model": "models",
    "ModelVersion": "model_versions",
    "ProviderBinding": "provider_bindings",
    "Provider": "providers",
}
# Type -> the input that creates it, and the mutation that updates it.
CREATE = {
    "Model": "CreateModelInput",
    "ModelVersion": "CreateVersionInput",
    "ProviderBinding": "NewBindingInput",
    "Provider": "CreateProviderInput",
}
UPDATE = {
    "Model": "updateModel",
    "ModelVersion": "updateVersion",
    "ProviderBinding": "updateBinding",
    "Provider": "updateProvider",
}


def _input_types() -> dict[str, GraphQLInputObjectType]:
    """Every input type that a mutation takes, nested ones included."""
    found: dict[str, GraphQLInputObjectType] = {}
    waiting = [asking.input_type(mutation) for mutation in asking.MUTATIONS]
    while waiting:
        each = waiting.pop()
        found[each.name] = each
        nested = (get_named_type(field.type) for field in each.fields.values())
        waiting += [
            type_
            for type_ in nested
            if isinstance(type_, GraphQLInputObjectType) and type_.name not in found
        ]
    return found


INPUT_TYPES = _input_types()


@pytest.mark.parametrize("name", sorted(INPUT_TYPES))
def test_every_input_field_is_known(name: str) -> None:
    """A new field needs a value in VALUES, or a place in NO_COLUMN."""
    values, others = VALUES.get(name, {}), NO_COLUMN.get(name, set())
    fields = INPUT_TYPES[name].fields
    missing = sorted(fields.keys() - values.keys() - others)
    assert not missing, (
        f"{name} has new fields: {missing}. In {Path(__file__).name}, add a value that is not the"
        f" default to VALUES[{name!r}], or add the field to NO_COLUMN if no column holds it"
    )
    assert values.keys() | others == fields.keys()
    for field, value in values.items():
        default = fields[field].default_value
        assert value != (None if default is Undefined else default), f"{field} has its default"


def test_every_rule_is_of_an_input_field() -> None:
    """A rule under a misspelt name would check nothing."""
    for kind in ("Model", "Version", "Binding", "Provider", "Price"):
        names = {f"{verb}{kind}Input" for verb in ("Create", "New", "Update", "")}
        fields = {
            field for name in names & INPUT_TYPES.keys() for field in INPUT_TYPES[name].fields
        }
        kind_rules: dict[str, object] = getattr(rules, kind.upper())
        assert {rules.api_name(name) for name in kind_rules} - fields == set()


@pytest.mark.parametrize("others", [(), ("key", "value"), ("value", "name"), ("value", "labels")])
def test_a_field_that_is_no_column_must_be_named(others: tuple[str, ...]) -> None:
    """Otherwise its value would be lost; here `value` is a column of no table, `key` of one."""
    with pytest.raises(
        TypeError, match=r"LabelInput: fields that are no columns of Idempot.*value"
    ):
        InputColumns(LabelInput, IdempotencyKey, {}, *others)
    InputColumns(LabelInput, IdempotencyKey, {}, "value")


@pytest.mark.parametrize("type_", TABLES)
async def test_a_created_row_has_every_field(gql: GraphQL, database_url: str, type_: str) -> None:
    ids = await _created(gql)
    await _check(gql, database_url, type_, ids[type_], VALUES[CREATE[type_]])


@pytest.mark.parametrize("type_", TABLES)
async def test_an_updated_row_has_every_field(gql: GraphQL, database_url: str, type_: str) -> None:
    ids = await _created(gql)
    values = await _update(gql, type_, ids[type_])
    await _check(gql, database_url, type_, ids[type_], values)


async def test_a_version_is_created_with_every_field_of_its_binding(
    gql: GraphQL, database_url: str
) -> None:
    await _created(gql)
    input = {"model": {"name": "created"}, "version": "5.0.0", "contentHash": "5" * 64}
    bindings = [{**BINDING, "provider": "created", "price": PRICE}]
    more = {"region": "eu", "alias": "staging", "bindings": bindings}
    version = (await done(gql, "createVersion", **input, **more))["version"]
    assert [alias["name"] for alias in version["aliases"]] == ["staging"]
    (row,) = _rows(database_url, "provider_bindings", version_id=version["id"])
    _check_row(row, BINDING)
    (price,) = _rows(database_url, "prices", binding_id=row["id"])
    _check_row(price, PRICE)


async def test_a_price_has_every_field(gql: GraphQL, database_url: str) -> None:
    binding = (await _created(gql))["ProviderBinding"]
    price = {**PRICE, "effectiveFrom": "2026-02-28T12:00:00+00:00"}
    payload = await done(gql, "setPrice", binding=binding, price=price)
    assert payload["price"] == {**price, "effectiveTo": None}
    shown = payload["binding"]["prices"]
    assert shown == [
        {**price, "effectiveTo": None},
        {**PRICE, "effectiveTo": price["effectiveFrom"]},
    ]
    first, second = _rows(database_url, "prices", binding_id=binding)
    _check_row(first, PRICE)
    _check_row(second, price)


async def test_a_hold_has_every_field(gql: GraphQL, database_url: str) -> None:
    version = (await _created(gql))["ModelVersion"]
    values = VALUES["SetVersionHoldInput"]
    held = (await done(gql, "setVersionHold", id=version, **values))["version"]["hold"]
    assert {name: held[name] for name in values} == values
    (row,) = _rows(database_url, "model_versions", id=version)
    assert row["hold_reason"] == values["reason"]


async def test_a_restored_version_has_every_column(gql: GraphQL, database_url: str) -> None:
    """Cold storage gives back what it was given, column by column."""
    ids = await _created(gql)
    for type_ in ("ModelVersion", "ProviderBinding"):
        await _update(gql, type_, ids[type_])
    await done(gql, "deleteAlias", model={"name": "created"}, alias="canary")
    before = _stored(database_url, ids)
    unset = {name for row in before for name, value in row.items() if value is None}
    assert unset == {"status_before_archive"} | {
        name for name in before[0] if name.startswith(("archive", "hold_", "held_"))
    }
    await done(gql, "archiveVersion", id=ids["ModelVersion"])
    (archived,) = _stored(database_url, ids)
    assert (archived["status"], archived["metadata"]) == ("ARCHIVED", None)
    await done(gql, "restoreVersion", id=ids["ModelVersion"])
    assert _stored(database_url, ids) == before


def _stored(url: str, ids: dict[str, str]) -> list[dict[str, Any]]:
    """The rows of the version, its binding and its price, without what each write changes."""
    version, binding = ids["ModelVersion"], ids["ProviderBinding"]
    rows = _rows(url, "model_versions", id=version)
    rows += _rows(url, "provider_bindings", id=binding)
    rows += _rows(url, "prices", binding_id=binding)
    return [{k: v for k, v in row.items() if k not in ("revision", "updated_at")} for row in rows]


async def _created(gql: GraphQL) -> dict[str, str]:
    """The id of a new object of each type, every field of whose input is set."""
    model = await done(gql, "createModel", **VALUES["CreateModelInput"])
    provider = await done(gql, "createProvider", **VALUES["CreateProviderInput"])
    values = {**VALUES["CreateVersionInput"], "model": {"name": "created"}, "alias": "canary"}
    version = await done(gql, "createVersion", **values)
    id = version["version"]["id"]
    binding = {**BINDING, "provider": "created", "price": PRICE}
    bound = await done(gql, "createBinding", version={"id": id}, binding=binding)
    payloads = (model["model"], version["version"], bound["binding"], provider["provider"])
    return {type_: payload["id"] for type_, payload in zip(TABLES, payloads, strict=True)}


async def _update(gql: GraphQL, type_: str, id: str) -> dict[str, Any]:
    """Set every field of the update input; returns the values."""
    mutation = UPDATE[type_]
    values = VALUES[asking.input_type(mutation).name]
    await done(gql, mutation, id=id, **values)
    return values


async def _check(gql: GraphQL, url: str, type_: str, id: str, values: dict[str, Any]) -> None:
    """The object has these values, by GraphQL and in its row."""
    fields = asking.all_fields(type_)
    document = f"query ($id: ID!) {{ node(id: $id) {{ ... on {type_} {{ {fields} }} }} }}"
    shown = (await gql(document, id=id))["node"]
    assert {name: shown.get(name) for name in values} == values
    (row,) = _rows(url, TABLES[type_], id=id)
    _check_row(row, values)


def _check_row(row: dict[str, Any], values: dict[str, Any]) -> None:
    """The row's columns have the values, each in the form that PostgreSQL gives it."""
    columns = {rules.api_name(column): value for column, value in row.items()}
    for name, value in values.items():
        match columns[name]:
            case Decimal():
                expected: Any = Decimal(value)
            case datetime():
                expected = datetime.fromisoformat(value)
            case date():
                expected = date.fromisoformat(value)
            case int() if isinstance(value, str):
                expected = int(value)
            case dict() if name == "labels":
                expected = {label["key"]: label["value"] for label in value}
            case _:
                expected = value
        assert columns[name] == expected, name


def _rows(url: str, table: str, **condition: Any) -> list[dict[str, Any]]:
    """The rows that meet one condition, oldest first; an id is decoded to its key."""
    ((column, value),) = condition.items()
    key = ids.decode(ids.prefix_of(value), value) if isinstance(value, str) else value
    query = sql.SQL("SELECT * FROM {} WHERE {} = %s ORDER BY id").format(
        sql.Identifier(table), sql.Identifier(column)
    )
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(query, [key]).fetchall()
