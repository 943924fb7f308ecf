"""Every field of every input is written to its row, and GraphQL reads it back.

The tests walk the input types of the schema. A field that is added later fails
`test_every_input_field_is_known` until VALUES has a value for it; with the value, the other tests
check the field without further code.
"""

from datetime import date, datetime
from decimal import Decimal
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
from tests.resolvers.writing import mutations
from tests.resolvers.writing.field_values import BINDING, NO_COLUMN, PRICE, VALUES
from tests.resolvers.writing.mutations import all_fields, call, codes, without_one_field

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
    waiting = [mutations.input_type(mutation) for mutation in mutations.MUTATIONS]
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
        f"{name} has new fields: {missing}. In field_values.py, add a value that is not the default"
        f" to VALUES[{name!r}], or add the field to NO_COLUMN if no column holds it"
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


async def test_every_field_counts_for_an_idempotency_key(gql: GraphQL) -> None:
    """The same key without one of the fields is refused, not answered with the first result."""
    await _created(gql)
    version = {**VALUES["CreateVersionInput"], "version": "6.0.0", "contentHash": "6" * 64}
    version |= {"model": {"name": "created"}, "alias": "staging", "applyRetention": True}
    amounts = {name: value for name, value in PRICE.items() if name != "components"}
    components = {"components": [VALUES["PriceComponentInput"]]}
    binding = {**BINDING, "provider": "created", "providerModelId": "another", "price": amounts}
    inputs: dict[str, dict[str, Any]] = {
        "createModel": {**VALUES["CreateModelInput"], "name": "another"},
        "createVersion": {**version, "bindings": [binding]},
        "createBinding": {
            "version": {"contentHash": "6" * 64},
            "binding": {**binding, "region": "eu", "price": components},
        },
    }
    for mutation, input in inputs.items():
        input["idempotencyKey"] = "key"
        await call(gql, mutation, **input)
        for changed in without_one_field(mutations.input_type(mutation), input):
            problems = await codes(gql, mutation, **changed)
            assert problems == [("IDEMPOTENCY_CONFLICT", "idempotencyKey")], changed


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
    version = (await call(gql, "createVersion", **input, **more))["version"]
    assert [alias["name"] for alias in version["aliases"]] == ["staging"]
    (row,) = _rows(database_url, "provider_bindings", version_id=version["id"])
    _check_row(row, BINDING)
    (price,) = _rows(database_url, "prices", binding_id=row["id"])
    _check_row(price, PRICE)


_IN_EFFECT = {"effectiveTo": None, "scheduled": False}


async def test_a_price_has_every_field(gql: GraphQL, database_url: str) -> None:
    binding = (await _created(gql))["ProviderBinding"]
    price = {**PRICE, "effectiveFrom": "2026-02-28T12:00:00+00:00"}
    payload = await call(gql, "setPrice", binding={"id": binding}, price=price)
    document = f"""query ($id: ID!) {{ binding(id: $id) {{
        prices {{ nodes {{ {all_fields("Price")} }} }} }} }}"""
    added, earlier = (await gql(document, id=binding))["binding"]["prices"]["nodes"]
    assert added == payload["price"] == {**price, **_IN_EFFECT, "id": added["id"]}
    ends = {"id": earlier["id"], "effectiveTo": price["effectiveFrom"]}
    assert earlier == {**PRICE, **_IN_EFFECT, **ends}
    first, second = _rows(database_url, "prices", binding_id=binding)
    _check_row(first, PRICE)
    _check_row(second, price)


async def test_a_hold_has_every_field(gql: GraphQL, database_url: str) -> None:
    version = (await _created(gql))["ModelVersion"]
    values = VALUES["SetVersionHoldInput"]
    held = (await call(gql, "setVersionHold", version={"id": version}, **values))["version"]["hold"]
    assert {name: held[name] for name in values} == values
    (row,) = _rows(database_url, "model_versions", id=version)
    assert row["hold_reason"] == values["reason"]


async def test_a_restored_version_has_every_column(gql: GraphQL, database_url: str) -> None:
    """An archive and a restore change no column."""
    ids = await _created(gql)
    for type_ in ("ModelVersion", "ProviderBinding"):
        await _update(gql, type_, ids[type_])
    await call(gql, "deleteAlias", model={"name": "created"}, alias="canary")
    before = _stored(database_url, ids)
    unset = {name for row in before for name, value in row.items() if value is None}
    assert unset == {"status_before_archive"} | {
        name for name in before[0] if name.startswith(("archive", "hold_", "held_"))
    }
    await call(gql, "archiveVersion", version={"id": ids["ModelVersion"]})
    (archived,) = _stored(database_url, ids)
    assert (archived["status"], archived["metadata"]) == ("ARCHIVED", None)
    await call(gql, "restoreVersion", version={"id": ids["ModelVersion"]})
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
    model = await call(gql, "createModel", **VALUES["CreateModelInput"])
    provider = await call(gql, "createProvider", **VALUES["CreateProviderInput"])
    values = {**VALUES["CreateVersionInput"], "model": {"name": "created"}, "alias": "canary"}
    version = await call(gql, "createVersion", **values)
    id = version["version"]["id"]
    binding = {**BINDING, "provider": "created", "price": PRICE}
    bound = await call(gql, "createBinding", version={"id": id}, binding=binding)
    payloads = (model["model"], version["version"], bound["binding"], provider["provider"])
    return {type_: payload["id"] for type_, payload in zip(TABLES, payloads, strict=True)}


async def _update(gql: GraphQL, type_: str, id: str) -> dict[str, Any]:
    """Set every field of the update input; returns the values."""
    mutation = UPDATE[type_]
    values = VALUES[mutations.input_type(mutation).name]
    await call(gql, mutation, **{mutations.subject(mutation): {"id": id}}, **values)
    return values


async def _check(gql: GraphQL, url: str, type_: str, id: str, values: dict[str, Any]) -> None:
    """The object has these values, by GraphQL and in its row."""
    fields = mutations.all_fields(type_)
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
