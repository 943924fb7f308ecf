"""Fuzzes a real server with generated operations: `python -m tests.floods.fuzz --minutes 10`.

It needs the group `fuzz`: `uv run --group fuzz python -m tests.floods.fuzz`. Two rounds, each of
that length and on a registry of its own with rows in it: hypothesis-graphql's operations, half of
them with variables, the queries also sent to a server without compiled plans; and schemathesis. It
exits with 1 after a response of status 500 or more, an error without a documented code, or a
query that the two servers answer differently.
"""

import json
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import typer
from graphql import (
    FieldNode,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    build_schema,
    parse,
)
from graphql.utilities import value_from_ast_untyped
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes, strategies

from deploy.lab import postgres, registry

ROOT = Path(__file__).resolve().parents[2]
# The documented codes but INTERNAL, which is a fault of the server.
CODES = set(re.findall(r"`([A-Z_]{6,})`", (ROOT / "docs/conventions.md").read_text("utf-8")))
CODES -= {"INTERNAL"}
_LOST = (httpx.TransportError, json.JSONDecodeError)
_SEEDS = """{ models(first: 20) { nodes { id name versions(first: 5) { nodes { id
    bindings(first: 5) { nodes { id } } } } } } providers(first: 20) { nodes { id slug } } }"""
_KEPT_MAX = 20  # faults that are printed
_BATCH = 200  # operations between two looks at the clock
_TIMEOUT_S = 30
# Its values depend on the moment, or on the process.
_VARYING = re.compile(r"\b(service|now|ttlSeconds|routes?|asOf|usage|health|stats)\b")


@dataclass(slots=True)
class Round:
    """What a round has sent, and what was wrong."""

    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    compared: int = 0
    faults: list[str] = field(default_factory=list)


def main(minutes: float = 10, only: str = "", log: Path = Path("fuzz.log")) -> None:
    """Run both rounds, or `only` hypothesis or schemathesis, and print what they found."""
    rounds = {"hypothesis": with_hypothesis, "schemathesis": with_schemathesis}
    failed = False
    for name, fuzz in rounds.items():
        if only in ("", name):
            with TemporaryDirectory() as folder, _registry(Path(folder)) as urls:
                failed = fuzz(urls, minutes * 60) or failed
                shutil.copy(Path(folder) / "planned" / "registry.log", log.with_suffix(f".{name}"))
    raise typer.Exit(failed)


@contextmanager
def _registry(folder: Path) -> Iterator[tuple[str, str]]:
    """The URLs of two servers on one filled registry: with compiled plans, and without."""
    folder.chmod(0o755)
    with postgres.running(folder / "postgres") as database:
        variables = {"DATABASE_URL": database.url, "REGISTRY_LOG_LEVEL": "warning"}
        fill = [sys.executable, "-m", "server", "import", "synthetic", "--models", "20"]
        migrate = [sys.executable, "-m", "server", "migrate"]
        for command in (migrate, fill):
            subprocess.run(
                command, cwd=ROOT, env={**registry_environment(), **variables}, check=True
            )
        unplanned = {**variables, "REGISTRY_COMPILED_PLANS": "false"}
        with (
            registry.serving(folder / "planned", database.url, variables=variables) as planned,
            registry.serving(folder / "unplanned", database.url, variables=unplanned) as other,
        ):
            yield f"{planned.url}/graphql", f"{other.url}/graphql"


def registry_environment() -> dict[str, str]:
    """The environment of a command: where programs and packages are."""
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}


def with_hypothesis(urls: tuple[str, str], seconds: float) -> bool:
    """Send generated operations until the time is over; whether anything was wrong."""
    schema = build_schema((ROOT / "schema" / "schema.graphql").read_text("utf-8"))
    done, until = Round(), time.monotonic() + seconds
    with httpx.Client(timeout=_TIMEOUT_S) as client:
        operations = _operations(schema, _known(client, urls[0]))

        @settings(
            max_examples=_BATCH,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operations, st.booleans())
        def send(document: str, has_variables: bool) -> None:
            if time.monotonic() < until:
                _send(client, urls, _body(schema, document, has_variables), done)

        while time.monotonic() < until:
            send()
    typer.echo(
        f"hypothesis-graphql: {done.sent} operations, statuses {dict(done.statuses)},"
        f" codes {dict(done.codes.most_common())}, {done.compared} compared with the executor,"
        f" {len(done.faults)} faults"
    )
    for fault in done.faults[:_KEPT_MAX]:
        typer.echo(fault)
    return bool(done.faults)


def _known(client: httpx.Client, url: str) -> list[str]:
    """The IDs and names of rows, so that operations find something."""
    text = client.post(url, json={"query": _SEEDS}).text
    return sorted(set(re.findall(r'"(?:id|name|slug)":"([^"]+)"', text)))


def _operations(schema: GraphQLSchema, known: list[str]) -> st.SearchStrategy[str]:
    """Queries and mutations; an ID, and now and then a string, is one of a row."""
    row = st.sampled_from(known)
    text = st.text(max_size=12).filter(_is_utf8)
    time_text = st.datetimes().map(lambda at: at.isoformat() + "Z")
    scalars: dict[str, st.SearchStrategy[str]] = {
        "ID": row | text,
        "DateTime": time_text | text,
        "Date": st.dates().map(str) | text,
        "BigInt": st.integers(-(2**64), 2**64).map(str),
        "Decimal": st.decimals(allow_nan=False, allow_infinity=False).map(str) | text,
        "SHA256": st.from_regex(r"[0-9a-f]{64}", fullmatch=True) | text,
        "JSON": st.dictionaries(text, text, max_size=3).map(json.dumps),
    }
    given_scalars = {
        name: scalars.get(name, row | text).map(nodes.String)
        for name, kind in schema.type_map.items()
        if type(kind).__name__ == "GraphQLScalarType"
        and name not in ("Int", "Float", "Boolean", "String")
    }
    options: dict[str, Any] = {"custom_scalars": given_scalars, "allow_null": True}
    return strategies.queries(schema, **options) | strategies.mutations(schema, **options)


def _is_utf8(text: str) -> bool:
    return text.isprintable()


def _body(schema: GraphQLSchema, document: str, has_variables: bool) -> dict[str, Any]:
    """The document as generated, or with the arguments of its root fields as variables."""
    parsed = parse(document)
    operation = parsed.definitions[0]
    if not has_variables or not isinstance(operation, OperationDefinitionNode):
        return {"query": document}
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
                parts += [document[end : _start(argument.value)], f"${name}"]
                assert argument.value.loc is not None
                end = argument.value.loc.end
    head = f"{operation.operation.value} fuzzed" + (f"({', '.join(declared)})" if declared else "")
    return {"query": f"{head} {''.join(parts)}{document[end:]}", "variables": variables}


def _start(node: Node) -> int:
    assert node.loc is not None
    return node.loc.start


def _send(client: httpx.Client, urls: tuple[str, str], body: dict[str, Any], done: Round) -> None:
    done.sent += 1
    try:
        response = client.post(urls[0], json=body)
        answer = response.json()
    except _LOST as error:
        done.faults.append(f"{type(error).__name__}: {json.dumps(body)}")
        return
    done.statuses[response.status_code] += 1
    codes = [each.get("extensions", {}).get("code", "none") for each in answer.get("errors", [])]
    done.codes.update(codes)
    unknown = sorted(set(codes) - CODES)
    if response.status_code >= 500 or unknown:
        done.faults.append(f"{response.status_code} {unknown}: {json.dumps(body)} {response.text}")
    elif not body["query"].lstrip().startswith("mutation") and not _VARYING.search(body["query"]):
        done.compared += 1
        other = client.post(urls[1], json=body).json()
        if _plain(other) != _plain(answer):
            done.faults.append(f"different: {json.dumps(body)}\n  {answer}\n  {other}")


def _plain(answer: dict[str, Any]) -> Any:
    """A response without its extensions, the errors in an order of their own."""
    errors = sorted(f"{each['message']} {each.get('path')}" for each in answer.get("errors", []))
    return answer.get("data"), errors


def with_schemathesis(urls: tuple[str, str], seconds: float) -> bool:
    """Run schemathesis with its check for errors of the server; whether it found any."""
    command = [str(Path(sys.executable).parent / "st"), "run", urls[0], "--phases", "fuzzing"]
    command += ["--checks", "not_a_server_error", "--max-time", str(int(seconds))]
    command += ["--continue-on-failure", "--no-color"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode != 0


if __name__ == "__main__":
    typer.run(main)
