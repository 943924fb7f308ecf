"""Every GraphQL example of the documents and of GraphiQL works, in its order."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationDefinitionNode, OperationType, parse, validate

from server.execution import document_files
from tests.graphql import SCHEMA, GraphQL
from tests.project.pages import PAGES, README, ROOT, blocks_of, name_of

BLOCKS = [block.text for block in blocks_of(README) if block.language == "graphql"]
NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve"),
)


def _variables(example: Path) -> dict[str, Any]:
    file = example.with_suffix(".json")
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


# Document and variables of each tab, as the page has them.
EXAMPLES = [
    (file.read_text("utf-8"), _variables(file))
    for file in sorted((ROOT / "ui" / "examples").glob("*.graphql"))
]


def _operation(document: str) -> OperationDefinitionNode:
    (definition,) = parse(document).definitions
    assert isinstance(definition, OperationDefinitionNode)
    return definition


def _is_subscription(document: str) -> bool:
    return _operation(document).operation == OperationType.SUBSCRIPTION


def _name(document: str) -> str:
    name = _operation(document).name
    assert name, "an example has a name"
    return name.value


def _curls() -> list[dict[str, Any]]:
    """The bodies that the README's curl commands send."""
    lines = (line for block in blocks_of(README) for line in block.text.splitlines())
    calls = [shlex.split(line) for line in lines if line.startswith("curl ")]
    return [json.loads(words[words.index("-d") + 1]) for words in calls]


def test_every_example_is_valid() -> None:
    assert len({_name(block) for block in BLOCKS}) == len(BLOCKS) >= 13
    for block in BLOCKS:
        assert validate(SCHEMA._schema, parse(block)) == []


@pytest.mark.parametrize("page", [page for page in PAGES if page != README], ids=name_of)
def test_examples_of_other_pages_are_valid(page: Path) -> None:
    for block in blocks_of(page):
        if block.language == "graphql":
            assert validate(SCHEMA._schema, parse(block.text)) == []


@pytest.mark.parametrize("body", _curls(), ids=lambda body: str(body)[:40])
async def test_what_curl_sends_is_answered(gql: GraphQL, body: dict[str, Any]) -> None:
    named = {each.name: each.text for each in document_files.read(ROOT / "ui" / "examples")}
    document = body["query"] if "query" in body else named[body["documentId"]]
    assert validate(SCHEMA._schema, parse(document)) == []
    if not _is_subscription(document):
        assert await gql(document, **body.get("variables", {}))


def test_the_readme_counts_the_examples_of_graphiql() -> None:
    words = " ".join(README.read_text("utf-8").split())
    assert f"{NUMBERS[len(EXAMPLES)]} example tabs" in words


async def test_the_tour_is_a_model_s_life(gql: GraphQL) -> None:
    answers: dict[str, Any] = {}
    for block in BLOCKS:
        if not _is_subscription(block):
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
    assert [b["priority"] for b in production["bindings"]["nodes"]] == [100, 200]
    assert answers["RollBack"]["alias"]["version"] == {"version": "1.0.0"}
    _history_has_every_change(answers["History"])


def _only_the_repeated_one_is_refused(answers: dict[str, Any]) -> None:
    errors = {name: answer.get("userErrors") for name, answer in answers.items() if answer}
    ((name, refused),) = [item for item in errors.items() if item[1]]
    assert (name, refused[0]["code"], refused[0]["path"]) == (
        "PublishAgain",
        "ALREADY_EXISTS",
        ["contentHash"],
    )


def _history_has_every_change(model: dict[str, Any]) -> None:
    (alias,) = model["aliases"]
    versions = [change["versionLabel"] for change in alias["history"]["nodes"]]
    assert versions == ["1.0.0", "1.1.0", "1.0.0"]
    done = [(event["kind"], event["action"]) for event in model["auditEvents"]["nodes"]]
    assert done[0] == ("ALIAS", "ROLLED_BACK")
    assert done[-1] == ("MODEL", "CREATED")
    assert len(done) == 11
