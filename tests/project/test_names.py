"""The documents name only what exists: settings, files, and words of the GraphQL API."""

import ast
import builtins
import re
import typing
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import graphql
import pytest
import strawberry
import typer
from graphql import GraphQLNamedType

import resolvers.errors
import server.errors
from domain.outcomes import WriteOutcome
from server import settings_oidc
from server.cli import app
from server.settings import Settings
from server.settings_base import setting_name
from tests.graphql import SCHEMA
from tests.project.pages import PAGES, README, ROOT, name_of, spans_of, text_of

SETTINGS = {setting_name(field) for field in Settings.model_fields}
# Settings of older releases: the change log says what they are called now.
FORMER = {
    "REGISTRY_POOL_SIZE",
    "REGISTRY_POOL_OVERFLOW",
    "REGISTRY_POOL_WAIT_S",
    "REGISTRY_ANSWER_CACHE_BYTES_MAX",
    "REGISTRY_COLD_URL",
    "REGISTRY_COLD_STORAGE_CLASS",
}
CONFIGURED = [ROOT / name for name in ("Makefile", "Dockerfile", "compose.yaml", ".env.example")]

# Folders that are made by a command, and are not in the repository.
GENERATED = ("server/static", "ui/node_modules", "bench/results")
_TOP = "server|schema|resolvers|db|archive|domain|catalogs|planner|migrations|bench|examples|tests"
_TOP += "|docs|deploy|ui"
_PATH = re.compile(rf"(?<![\w./<-])(?:{_TOP})/[\w./-]*\w")

USER_PAGES = [README, ROOT / "CHANGELOG.md"]
USER_PAGES += [ROOT / "docs" / name for name in ("backup.md", "conventions.md", "retention.md")]
# Words that look like GraphQL and are something else, with the reason.
OTHER = {
    "documentId": "a parameter of a request",
    "DATABASE_URL": "a setting without the prefix",
    **dict.fromkeys(settings_oidc.ALGORITHMS, "an algorithm of signatures"),
    "CONFLICT": "the code of retentionPlan when a version is gone",
    "AWS_ACCESS_KEY_ID": "a variable of AWS",
    "ARCHIVES": "a variable of the commands for a backup",
    "UNTIL": "a variable of the commands for a backup",
    "WAL": "a variable of the commands for a backup",
    "AWS_REGION": "a variable of AWS",
    "AWS_ENDPOINT_URL": "a variable of AWS",
    "GLACIER_IR": "a storage class of S3",
    "DEEP_ARCHIVE": "a storage class of S3",
    "Authorization": "an HTTP header",
    "traceId": "a key of a log line",
    "dbMs": "a key of a log line",
}
# The same on the pages for developers, which may also use names of the code and of its libraries.
FOREIGN = {
    "PYTHON_IMAGE": "an argument of the image's build",
    "drainSeconds": "a value of the chart",
    "shutdownSeconds": "a value of the chart",
    "dbShared": "a key of a log line",
    **dict.fromkeys(
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "OTEL_TRACES_EXPORTER",
            "OTEL_METRICS_EXPORTER",
            "OTEL_LOGS_EXPORTER",
            "OTEL_SDK_DISABLED",
            "OTEL_METRIC_EXPORT_INTERVAL",
        ),
        "a variable of OpenTelemetry",
    ),
    "PLANNER_CASES": "a variable of the tests",
    "operationName": "a parameter of a request",
    "RestoreObject": "an operation of S3",
    "MaskErrors": "an extension of Strawberry",
    "HTTPS_PROXY": "a variable of httpx",
    "SSL_CERT_FILE": "a variable of OpenSSL",
    "Infinity": "a value of PostgreSQL",
    "roundTripMs": "a field of readiness",
    "coldStorage": "a part of readiness",
    "ListBucket": "a permission of S3",
    "terminationGracePeriodSeconds": "a setting of Kubernetes",
    "Bearer": "a scheme of the header Authorization",
    **dict.fromkeys(
        ("Accept", "Authorization", "ETag", "Host", "Origin", "Vary"), "an HTTP header"
    ),
}
# Abbreviations and the like in the descriptions of the schema.
PLAIN = {"API", "AWS", "HTTP", "ISO", "RFC", "S3", "SDL", "SHA", "SQL", "URI", "US", "USD", "UTC"}
PLAIN |= {"YYYY", "MM", "DD", "versionId", "KiB", "OpenAI", "WebSocket"}

_LINK = re.compile(r"\]\([^)]*\)")
COMMANDS = ("make ", "registry ")  # test_documents.py parses them
_CAMEL = r"[a-z]+[a-z0-9]*[A-Z]\w*"
_PASCAL = r"[A-Z]+[a-z]\w*"
_UPPER = r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*"
_WORD = re.compile(rf"(?<![\w./-])(?:{_CAMEL}|{_PASCAL}|{_UPPER})(?![\w/-]|\.\w)")
# A type's name of several words, and a field of a type, in a description of the schema.
_TYPE = r"[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+"
_FIELD_OF_TYPE = re.compile(r"\b([A-Z]\w+)\.([a-z]\w*)\b")
_UPPER_WITH_UNDERSCORE = re.compile(r"(?<![\w*-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w*])")


def _api() -> Iterator[str]:
    """Every name of the schema: types, fields, arguments, values of enums, directives."""
    core = SCHEMA._schema
    for directive in core.directives:
        yield from (directive.name, *directive.args)
    for type_ in core.type_map.values():
        yield from _names_of(type_)


def _names_of(type_: GraphQLNamedType) -> Iterator[str]:
    yield type_.name
    yield from getattr(type_, "values", ())
    for name, field in getattr(type_, "fields", {}).items():
        yield name
        yield from getattr(field, "args", ())


@cache
def _known_to_clients() -> frozenset[str]:
    values = (
        value for module in (resolvers.errors, server.errors) for value in vars(module).values()
    )
    codes = {value for value in values if isinstance(value, str) and value.isupper()}
    return frozenset({*_api(), *codes, *WriteOutcome, *SETTINGS, *FORMER, *OTHER})


@cache
def _known_to_developers() -> frozenset[str]:
    files = (file for top in _TOP.split("|") for file in (ROOT / top).rglob("*.py"))
    code = (name for file in files if "node_modules" not in file.parts for name in _defined(file))
    modules = (builtins, typing, graphql, strawberry)
    libraries = (name for module in modules for name in dir(module))
    return frozenset({*_known_to_clients(), *code, *libraries, *FOREIGN})


def _defined(file: Path) -> Iterator[str]:
    """The classes, functions, arguments and variables of a module."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name
            case ast.arg():
                yield node.arg
            case ast.Name():
                yield node.id
            case ast.Attribute():
                yield node.attr


def _words(page: Path) -> set[str]:
    """What looks like GraphQL: names in backticks, and upper-case words with an underscore.

    On the pages for users also names in camel case anywhere. On the pages for developers,
    upper-case words without an underscore are SQL or HTTP.
    """
    prose = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.M | re.S)
    spans = [span for span in spans_of(page) if not span.startswith(COMMANDS)]
    in_spans = {word for span in spans for word in _WORD.findall(span) if len(word) > 1}
    if page in USER_PAGES:
        in_spans |= set(re.findall(rf"(?<![\w./:#-]){_CAMEL}(?![\w/-]|\.\w)", _LINK.sub("", prose)))
    else:
        in_spans = {word for word in in_spans if not word.isupper()}
    return in_spans | set(_UPPER_WITH_UNDERSCORE.findall(prose))


@pytest.mark.parametrize("page", [*PAGES, *CONFIGURED], ids=name_of)
def test_a_setting_that_is_named_is_one(page: Path) -> None:
    names = set(re.findall(r"REGISTRY_[A-Z0-9_]*[A-Z0-9]", text_of(page)))
    former = FORMER if page.name == "CHANGELOG.md" else set()
    assert names <= SETTINGS | former


def test_former_settings_are_no_settings() -> None:
    assert FORMER.isdisjoint(SETTINGS)


@pytest.mark.parametrize("page", [*PAGES, *CONFIGURED[1:]], ids=name_of)  # make creates files
def test_a_file_that_is_named_exists(page: Path) -> None:
    paths = {path for path in _PATH.findall(text_of(page)) if not path.startswith(GENERATED)}
    assert {path for path in paths if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_word_that_looks_like_graphql_exists(page: Path) -> None:
    known = _known_to_clients() if page in USER_PAGES else _known_to_developers()
    assert _words(page) - known == set()


def test_every_exception_is_used() -> None:
    assert OTHER.keys() - {word for page in USER_PAGES for word in _words(page)} == set()


def test_descriptions_of_the_schema_name_only_what_is_served() -> None:
    sdl = SCHEMA.as_str()
    words = {
        word
        for text in re.findall(r'"""(.*?)"""', sdl, re.S)
        for word in re.findall(rf"\b(?:{_CAMEL}|{_UPPER}|{_TYPE})\b", text)
        if len(word) > 1
    }
    assert words - _known_to_clients() - PLAIN == set()


def test_a_field_of_a_type_that_a_description_names_exists() -> None:
    """Such as AuditEvent.actor."""
    types = SCHEMA._schema.type_map
    unknown = {
        f"{type_}.{field}"
        for text in re.findall(r'"""(.*?)"""', SCHEMA.as_str(), re.S)
        for type_, field in _FIELD_OF_TYPE.findall(text)
        if field not in getattr(types.get(type_), "fields", {})
    }
    assert unknown == set()


def _help_texts(command: Any, name: str = "registry") -> Iterator[tuple[str, str]]:
    """The help of a command, of its arguments, and of its commands."""
    yield name, command.help or ""
    for parameter in command.params:
        yield f"{name} {parameter.name}", getattr(parameter, "help", None) or ""
    for each in getattr(command, "commands", {}).values():
        yield from _help_texts(each, f"{name} {each.name}")


def test_help_and_meanings_of_settings_name_only_what_exists() -> None:
    texts = dict(_help_texts(typer.main.get_command(app)))
    assert texts["registry retention plan"]
    texts |= {name: field.description or "" for name, field in Settings.model_fields.items()}
    named = rf"(?<![\w./-])(?:{_CAMEL}|{_UPPER_WITH_UNDERSCORE.pattern})(?![\w/])"
    unknown = {
        (name, word)
        for name, text in texts.items()
        for word in re.findall(named, text)
        if word not in _known_to_clients()
    }
    assert unknown == set()
    paths = {path for text in texts.values() for path in _PATH.findall(text)}
    assert {path for path in paths if not (ROOT / path).exists()} == set()
