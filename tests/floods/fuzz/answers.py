"""What is wrong with an answer: a failure of the server, or data that breaks the schema."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    default_type_resolver,
    execute_sync,
    is_specified_scalar_type,
)

ROOT = Path(__file__).resolve().parents[3]
# The documented codes but INTERNAL, which is a fault of the server.
_ERRORS = (ROOT / "docs/conventions.md").read_text("utf-8").partition("## Errors")[2]
CODES = frozenset(re.findall(r"^\| `([A-Z_]{6,})` \|", _ERRORS, re.M)) - {"INTERNAL"}
SECONDS_MAX = 10.0
_MEMBERS = {"data", "errors", "extensions"}


@dataclass(frozen=True)
class Answer:
    """A response: its status, text and seconds; `body` is {} when the text is no JSON object."""

    status: int
    text: str
    seconds: float
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The errors of the response."""
        return self.body.get("errors") or []

    @property
    def codes(self) -> list[str]:
        """The code of each error."""
        return [str(error.get("extensions", {}).get("code")) for error in self.errors]


def read(status: int, text: str, seconds: float) -> Answer:
    """The answer in a response."""
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    return Answer(status, text, seconds, body if isinstance(body, dict) else {})


def for_checks() -> GraphQLSchema:
    """The exported schema, whose custom scalars refuse what is not sent as a string."""
    schema = build_schema((ROOT / "schema" / "schema.graphql").read_text("utf-8"))
    for name, kind in schema.type_map.items():
        is_built_in = is_specified_scalar_type(kind)  # they are shared with every other schema
        if isinstance(kind, GraphQLScalarType) and not is_built_in and name != "JSON":
            setattr(kind, "coerce_output_value", _text)
    return schema


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def faults(
    schema: GraphQLSchema, document: DocumentNode | None, variables: Any, answer: Answer
) -> list[str]:
    """What is wrong; `document` is None when it cannot be parsed."""
    found = []
    if answer.status != 200:
        found.append(f"status {answer.status}")
    if answer.seconds > SECONDS_MAX:
        found.append(f"{answer.seconds:.1f} s")
    if not answer.body.keys() & {"data", "errors"} or answer.body.keys() - _MEMBERS:
        return [*found, "no GraphQL response"]
    if unknown := sorted(set(answer.codes) - CODES):
        found.append(f"codes {unknown}")
    if not all(error.get("message") for error in answer.errors):
        found.append("an error without a message")
    data = answer.body.get("data")
    if data is None and not answer.errors:
        found.append("neither data nor errors")
    if data is not None and document is None:
        found.append("data, though the document cannot be parsed")
    elif data is not None and document is not None:
        found += _breaches(schema, document, variables, data)
    return found


def _breaches(
    schema: GraphQLSchema, document: DocumentNode, variables: Any, data: Any
) -> list[str]:
    """Where data breaks the schema: the document is executed over the data itself."""
    result = execute_sync(
        schema,
        document,
        root_value=data,
        variable_values=variables,
        field_resolver=_from_answer,
        type_resolver=_type_of,
    )
    found = [f"{error.path}: {error.message}" for error in result.errors or ()]
    if not found and json.dumps(result.data) != json.dumps(data):
        found.append("other fields, or another order of fields, than the document selects")
    return found


def _from_answer(value: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
    return value[info.path.key]


def _type_of(value: Any, info: GraphQLResolveInfo[Any], type_: Any) -> Any:
    return value.get("__typename") or default_type_resolver(value, info, type_)


def in_log(log: Path) -> list[str]:
    """Tracebacks, Python's warnings, unexpected errors and all else at the level ERROR in a log."""
    lines = log.read_text("utf-8", "replace").splitlines()
    return [
        line[:2_000]
        for line in lines
        if re.search(r'Traceback|Warning:|Exception ignored|INTERNAL|"level": ?"(error|crit)', line)
    ]
