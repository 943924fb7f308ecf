"""What a round has sent and found, and the round of hypothesis-graphql."""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    parse,
    print_ast,
)
from graphql.utilities import value_from_ast_untyped
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import strategies

from tests.floods.fuzz import answers, scalars
from tests.floods.fuzz.answers import Answer
from tests.floods.fuzz.coverage import Coverage
from tests.floods.fuzz.mending import mended
from tests.floods.fuzz.rows import kept_fresh, over_http

_KEPT_MAX = 20  # faults that are printed
_SHOWN_MAX = 3_000  # characters of a fault
_BATCH = 8  # documents of one root field at a time


@dataclass
class Round:
    """What a round has sent, how it was answered, and what was wrong."""

    sent: int = 0
    without_errors: int = 0
    slowest_s: float = 0
    statuses: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    user_errors: Counter[str] = field(default_factory=Counter)
    coverage: Coverage = field(default_factory=Coverage)
    faults: list[str] = field(default_factory=list)

    def add(self, schema: GraphQLSchema, body: dict[str, Any], answer: Answer) -> list[str]:
        """Count an answer to a request body; what is wrong with it."""
        document = _parsed(body["query"])
        found = answers.faults(schema, document, body.get("variables"), answer)
        self.sent += 1
        self.without_errors += not answer.errors
        self.slowest_s = max(self.slowest_s, answer.seconds)
        self.statuses[str(answer.status)] += 1
        self.codes.update(answer.codes)
        for value in (answer.body.get("data") or {}).values():
            if isinstance(value, dict):
                self.user_errors.update(each["code"] for each in value.get("userErrors") or ())
        if document is not None:
            self.coverage.add(schema, document, answer)
        if found:
            self.faults.append(f"{found}: {json.dumps(body)} {answer.text}"[:_SHOWN_MAX])
        return found

    def lines(self, name: str, schema: GraphQLSchema) -> list[str]:
        """A report."""
        return [
            f"{name}: {self.sent} operations, {self.without_errors} without errors, the slowest"
            f" {self.slowest_s:.2f} s, statuses {dict(self.statuses)}",
            f"codes {dict(self.codes.most_common())}",
            f"codes of userErrors {dict(self.user_errors.most_common())}",
            *self.coverage.lines(schema),
            f"{name}: {len(self.faults)} faults",
            *self.faults[:_KEPT_MAX],
        ]


def _parsed(text: str) -> DocumentNode | None:
    try:
        return parse(text)
    except Exception:  # also RecursionError: the server has answered it, and that is what counts
        return None


def send(client: httpx.Client, url: str, body: dict[str, Any]) -> Answer:
    """The answer to a request; one without a response has status 0."""
    started = time.monotonic()
    try:
        response = client.post(url, json=body)
    except httpx.TransportError as error:
        return Answer(0, repr(error), time.monotonic() - started)
    return answers.read(response.status_code, response.text, time.monotonic() - started)


def with_hypothesis(url: str, seconds: float) -> Round:
    """Send queries and mutations until the time is over, half of them with variables."""
    schema = answers.for_checks()
    done, until = Round(), time.monotonic() + seconds
    rng = Random()
    with httpx.Client(timeout=30) as client:
        rows = kept_fresh(over_http(client, url))

        def one(document: DocumentNode) -> None:
            if time.monotonic() < until:
                text = print_ast(mended(schema, document, rng, next(rows)))
                body = with_variables(schema, text) if rng.random() < 0.5 else {"query": text}
                done.add(schema, body, send(client, url, body))

        while time.monotonic() < until:
            for made in documents(schema):
                for_each(made, one)
    return done


def for_each(made: st.SearchStrategy[DocumentNode], use: Callable[[DocumentNode], None]) -> None:
    """Call a function with some documents."""

    @settings(
        max_examples=_BATCH,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(made)
    def run(document: DocumentNode) -> None:
        use(document)

    run()


def documents(
    schema: GraphQLSchema, with_mutations: bool = True
) -> list[st.SearchStrategy[DocumentNode]]:
    """Strategies of operations: one for each root field, and one for several together."""
    options: dict[str, Any] = {"print_ast": _unprinted}
    options["custom_scalars"] = scalars.strategies(schema)
    assert schema.query_type
    assert schema.mutation_type
    fields = [*schema.query_type.fields, *(schema.mutation_type.fields if with_mutations else ())]
    alone = [strategies.from_schema(schema, fields=[name], **options) for name in fields]
    return [*alone, strategies.from_schema(schema, fields=fields, **options)]


def _unprinted(document: DocumentNode) -> DocumentNode:
    return document


def with_variables(schema: GraphQLSchema, text: str) -> dict[str, Any]:
    """A request whose document has variables for the arguments of its root fields."""
    operation = parse(text).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    root = schema.get_root_type(operation.operation)
    assert root is not None
    variables: dict[str, Any] = {}
    declared, parts, end = [], [], _start(operation.selection_set)
    for selected in operation.selection_set.selections:
        if isinstance(selected, FieldNode) and selected.name.value in root.fields:
            arguments = root.fields[selected.name.value].args
            for argument in selected.arguments or ():
                name = f"v{len(variables)}"
                variables[name] = value_from_ast_untyped(argument.value)
                declared.append(f"${name}: {arguments[argument.name.value].type}")
                parts += [text[end : _start(argument.value)], f"${name}"]
                assert argument.value.loc is not None
                end = argument.value.loc.end
    head = f"{operation.operation.value} fuzzed" + (f"({', '.join(declared)})" if declared else "")
    return {"query": f"{head} {''.join(parts)}{text[end:]}", "variables": variables}


def _start(node: Node) -> int:
    assert node.loc is not None
    return node.loc.start
