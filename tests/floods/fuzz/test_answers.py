"""The fuzzers' check finds what is wrong with an answer, and nothing in one that is right."""

import json
from typing import Any

import pytest
from graphql import parse

from tests.floods.fuzz import answers
from tests.floods.fuzz.answers import Answer

_QUERY = '{ model(by: {name: "a"}) { name latest: version(select: {latest: true}) { number } } }'
_SCHEMA = answers.for_checks()


def _faults(body: Any, query: str = _QUERY, status: int = 200, seconds: float = 0.1) -> list[str]:
    answer = answers.read(status, json.dumps(body), seconds)
    return answers.faults(_SCHEMA, parse(query), None, answer)


def _model(**fields: Any) -> dict[str, Any]:
    return {"data": {"model": fields}}


def _error(code: str) -> dict[str, Any]:
    return {"errors": [{"message": "no", "extensions": {"code": code}}]}


def test_right_answers_have_no_faults() -> None:
    assert _faults(_model(name="a", latest=None)) == []
    assert _faults({"data": {"model": None}}) == []
    assert _faults(_error("BAD_CURSOR")) == []
    typed = {"data": {"node": {"id": "mdl_1", "__typename": "Model"}}}
    assert _faults(typed, '{ node(id: "mdl_1") { id __typename } }') == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (_model(name=None, latest=None), "non-nullable field Model.name"),
        (_model(name=1, latest=None), "other fields"),
        (_model(name="a", latest={"number": "x"}), "Int cannot represent"),
        (_model(latest=None, name="a"), "another order of fields"),
        (_model(name="a", latest=None, more=1), "other fields"),
        (_model(name="a"), "latest"),
        (_error("INTERNAL"), "codes ['INTERNAL']"),
        (_error("SOMETHING"), "codes ['SOMETHING']"),
        ({"data": None}, "neither data nor errors"),
        ([], "no GraphQL response"),
    ],
)
def test_wrong_answers_have_faults(body: Any, fault: str) -> None:
    assert fault in " ".join(_faults(body)), _faults(body)


def test_a_number_is_no_decimal() -> None:
    query = '{ version(by: {id: "ver_1"}) { costPer1k } }'
    assert _faults({"data": {"version": {"costPer1k": "0.5"}}}, query) == []
    assert "0.5 is no text" in _faults({"data": {"version": {"costPer1k": 0.5}}}, query)[0]


def test_a_status_and_a_slow_answer_are_faults() -> None:
    right = _model(name="a", latest=None)
    assert _faults(right, status=500) == ["status 500"]
    assert _faults(right, seconds=11.0) == ["11.0 s"]
    lost = Answer(0, "ConnectError", 0.1)
    assert answers.faults(_SCHEMA, parse(_QUERY), None, lost) == [
        "status 0",
        "no GraphQL response",
    ]
