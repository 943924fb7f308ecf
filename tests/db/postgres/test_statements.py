"""Statements are compiled once per shape, and read only the requested columns."""

from typing import Any

import pytest
import sqlalchemy as sa
from cachetools import LRUCache
from sqlmodel import col

from db.postgres import statements
from db.postgres.statements import Query, columns_of, compiled, parametrize, row_class, stands_for
from db.tables import Model, ModelVersion, ProviderBinding
from domain.enums import BindingStatus, TaskType


def _query(shape: object, calls: list[object]) -> Query:
    def build() -> sa.Select[Any]:
        calls.append(shape)
        return sa.select(col(Model.id)).where(
            col(Model.task) == TaskType.CHAT, col(Model.name) == sa.bindparam("name")
        )

    return Query(("test", shape), build, {"name": "a"})


def test_a_shape_is_compiled_once_for_all_values() -> None:
    calls: list[object] = []
    first = compiled(_query("once", calls))
    query = _query("once", calls)
    assert compiled(Query(query.shape, query.build, {"name": "b"})) is first
    assert calls == ["once"]


def test_constants_are_converted_for_the_driver() -> None:
    statement = compiled(_query("constants", []))
    assert list(statement.constants.values()) == ["CHAT"]
    assert b"%(name)s" in statement.sql


def test_compiled_statements_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "cache", LRUCache(3))
    calls: list[object] = []
    for shape in (0, 1, 2, 0, 3):
        compiled(_query(shape, calls))
    assert calls == [0, 1, 2, 3]
    for shape in (3, 2, 0, 1):  # 1 was used least recently when 3 came
        compiled(_query(shape, calls))
    assert calls == [0, 1, 2, 3, 1]


def test_the_columns_are_those_that_the_attributes_need_and_the_id() -> None:
    assert columns_of(Model, frozenset({"name"})) == ("id", "name")
    assert columns_of(Model, frozenset({"node_id"})) == ("id",)
    assert columns_of(Model, frozenset({"no_such_attribute"})) == ("id",)
    columns = columns_of(ModelVersion, frozenset({"hold", "metadata_"}))
    assert set(columns) == {"id", "held_at", "hold_reason", "hold_actor", "metadata_"}
    assert len(columns_of(Model, None)) == len(Model.__table__.columns)  # type: ignore[attr-defined]  # SQLModel sets it


@pytest.mark.parametrize("table", [Model, ModelVersion, ProviderBinding])
def test_every_property_needs_only_the_columns_in_properties(table: Any) -> None:
    names = [
        name for base in table.__mro__ for name, v in vars(base).items() if type(v) is property
    ]
    for name in set(names) & set(vars(table)) | {"node_id"}:
        columns = columns_of(table, frozenset({name}))
        row = row_class(table, columns)([None] * len(columns))
        try:
            getattr(row, name)
        except AttributeError as error:
            if "NoneType" not in str(error):  # of the values, which are all missing here
                raise


def test_a_row_stands_for_its_table_and_has_only_the_columns_read() -> None:
    row = row_class(ModelVersion, ("id", "number"))(["x", 3])
    assert (row.number, row[1]) == (3, 3)
    assert stands_for(row, ModelVersion)
    assert not stands_for(row, Model)
    assert stands_for(Model(name="a", task=TaskType.CHAT), Model)
    with pytest.raises(AttributeError):
        _ = row.region
    assert row_class(ModelVersion, ("id", "number")) is type(row)


def test_values_are_parameters_and_the_shape_is_what_the_sql_depends_on() -> None:
    shape, placeholders, values = parametrize(
        {"task": [TaskType.CHAT], "has": True, "at": {"gte": 1, "lt": None}, "pairs": ("a", "b")}
    )
    assert values == {"task": ["CHAT"], "at_gte": 1, "pairs_0": "a", "pairs_1": "b"}
    assert placeholders["has"] is True
    assert list(placeholders["at"]) == ["gte"]
    shapes = [
        parametrize(conditions)[0]
        for conditions in (
            {"task": ["x", "y"], "has": True, "at": {"gte": 5, "lt": None}, "pairs": ("c", "d")},
            {"task": ["x"], "has": False, "at": {"gte": 5}, "pairs": ("c", "d")},
            {"task": ["x"], "has": True, "at": {"lt": 5}, "pairs": ("c", "d")},
            {"task": ["x"], "has": True, "at": {"gte": 5}, "pairs": ("c",)},
            {"task": ["x"], "has": True, "at": {"gte": 5}},
        )
    ]
    assert shapes[0] == shape
    assert shape not in shapes[1:]
    assert len(set(shapes)) == 5


def test_a_parameter_is_converted_for_the_driver() -> None:
    assert statements.parameter(BindingStatus.ACTIVE) == "ACTIVE"
    assert statements.parameter([TaskType.CHAT, 1]) == ["CHAT", 1]
    assert statements.parameter({"a": 1}).obj == {"a": 1}
