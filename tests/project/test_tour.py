"""Every GraphQL example of the README works, in its order, on an empty registry."""

import re
from pathlib import Path
from typing import Any

from graphql import OperationDefinitionNode, OperationType, parse, validate

from tests.graphql import SCHEMA, GraphQL

README = Path(__file__).resolve().parents[2] / "README.md"
BLOCKS = re.findall(r"^```graphql\n(.*?)^```", README.read_text("utf-8"), re.M | re.S)


def _operation(document: str) -> OperationDefinitionNode:
    (definition,) = parse(document).definitions
    assert isinstance(definition, OperationDefinitionNode)
    return definition


def _name(document: str) -> str:
    name = _operation(document).name
    assert name, "an example has a name"
    return name.value


def test_every_example_is_valid() -> None:
    assert len({_name(block) for block in BLOCKS}) == len(BLOCKS) >= 13
    for block in BLOCKS:
        assert validate(SCHEMA._schema, parse(block)) == []


async def test_the_tour_is_a_model_s_life(gql: GraphQL) -> None:
    answers: dict[str, Any] = {}
    for block in BLOCKS:
        if _operation(block).operation != OperationType.SUBSCRIPTION:
            (answers[_name(block)],) = (await gql(block)).values()
    _only_the_repeated_one_is_refused(answers)
    assert answers["Publish"]["version"] == {
        "number": 1,
        "version": "1.0.0",
        "aliases": [{"name": "production"}],
    }
    assert answers["PublishNext"]["version"]["number"] == 2
    assert answers["Promote"]["previousVersion"] == {"version": "1.0.0"}
    production = answers["Production"]
    assert production["version"] == "1.1.0"
    assert [b["region"] for b in production["bindings"]["nodes"]] == [None, "us-east-1"]
    assert answers["RollBack"]["alias"]["version"] == {"version": "1.0.0"}
    _history_tells_it_all(answers["History"])


def _only_the_repeated_one_is_refused(answers: dict[str, Any]) -> None:
    errors = {name: answer.get("userErrors") for name, answer in answers.items() if answer}
    ((name, refused),) = [item for item in errors.items() if item[1]]
    assert (name, refused[0]["code"], refused[0]["path"]) == (
        "PublishAgain",
        "ALREADY_EXISTS",
        ["contentHash"],
    )


def _history_tells_it_all(model: dict[str, Any]) -> None:
    (alias,) = model["aliases"]
    versions = [change["version"]["version"] for change in alias["history"]]
    assert versions == ["1.0.0", "1.1.0", "1.0.0"]
    done = [(event["kind"], event["action"]) for event in model["auditEvents"]["nodes"]]
    assert done[0] == ("ALIAS", "ROLLED_BACK")
    assert done[-1] == ("MODEL", "CREATED")
    assert len(done) == 11
