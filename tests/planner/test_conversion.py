"""Arguments are converted as Strawberry converts them."""

from typing import Any

import pytest
from strawberry.types.arguments import convert_arguments

from planner.conversion import Conversions
from tests.graphql import SCHEMA

CONVERTER = SCHEMA.schema_converter
VALUES: dict[str, list[dict[str, Any]]] = {
    "reportOutcomes": [
        {},
        {"items": None, "rollups": []},
        {"items": [{"binding": "a", "latencyMs": 1.5}], "reporter": "gateway"},
        {"rollups": [{"binding": "a", "latencyMs": {"bounds": [1.5], "counts": [1, 2]}}]},
    ],
    "updateModel": [
        {"model": {"id": "a"}},
        {"model": {"name": "a"}, "description": None, "labels": [{"key": "a", "value": "b"}]},
    ],
    "createBinding": [
        {"version": {"id": "a"}, "binding": {"provider": "a", "capabilities": ["TOOLS"]}}
    ],
}


@pytest.mark.parametrize("mutation", VALUES)
def test_arguments_are_converted_as_strawberry_converts_them(mutation: str) -> None:
    root = SCHEMA._schema.mutation_type
    assert root is not None
    declared = root.fields[mutation].extensions["strawberry-definition"].arguments
    registry, config = CONVERTER.scalar_registry, SCHEMA.config
    convert = Conversions(registry, config).arguments(declared)
    assert convert({}) == {}
    for value in VALUES[mutation]:
        values = {"input": value}
        try:
            expected = convert_arguments(values, declared, registry, config)
        except Exception as error:  # a field that has no default is absent
            with pytest.raises(type(error)):
                convert(values)
        else:
            assert repr(convert(values)) == repr(expected)
