"""GraphiQL: what a browser gets at the endpoint's address."""

import json
import re
import shlex
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, build_schema, parse, validate
from graphql.execution.values import get_variable_values
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from server.http import graphiql, pages

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "ui" / "examples").glob("*.graphql"))
ASSET = f"{pages.ASSETS_PATH}/index-1a2b.js"
INDEX = f'<!doctype html><script type="module" src="{ASSET}"></script>'


def client(files: Path) -> TestClient:
    async def endpoint(_: Request) -> Response:
        return graphiql.page(files)

    return TestClient(Starlette(routes=[Route("/graphql", endpoint)]))


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder with the page, as the build leaves it."""
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "graphiql.html").write_text(INDEX)
    return tmp_path / "built"


@pytest.fixture
def unbuilt(tmp_path: Path) -> Path:
    """The folder of a checkout in which nothing was built: there is none."""
    return tmp_path / "none"


def directives(headers: Mapping[str, str]) -> dict[str, list[str]]:
    parts = (part.split() for part in headers["content-security-policy"].split(";"))
    return {name: sources for name, *sources in parts}


def test_the_built_page_is_served_under_a_policy_that_names_no_other_host(built: Path) -> None:
    response = client(built).get("/graphql")
    assert (response.status_code, response.text) == (200, INDEX)
    assert directives(response.headers) == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }


def test_the_page_is_revalidated_and_kept_apart_from_json_answers(built: Path) -> None:
    headers = client(built).get("/graphql").headers
    assert headers["cache-control"] == "no-cache"
    assert headers["vary"] == "Accept, Authorization"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["content-type"] == "text/html; charset=utf-8"


def test_without_a_build_the_page_says_so_and_what_to_do(unbuilt: Path) -> None:
    response = client(unbuilt).get("/graphql")
    assert response.status_code == 200
    assert "GraphiQL is not built in this checkout" in response.text
    assert "make ui" in response.text


def test_no_page_loads_anything_from_elsewhere(built: Path, unbuilt: Path) -> None:
    for files in (built, unbuilt):
        response = client(files).get("/graphql")
        assert re.findall(r"(?:href|src)=\"(?:https?:)?//", response.text) == []
        sources = [each for values in directives(response.headers).values() for each in values]
        assert [each for each in sources if "://" in each] == []


def test_the_script_of_the_page_without_a_build_is_allowed_by_its_hash(unbuilt: Path) -> None:
    response = client(unbuilt).get("/graphql")
    [inline] = re.findall(r"<script>(.*?)</script>", response.text, re.DOTALL)
    digest = b64encode(sha256(inline.encode()).digest()).decode()
    assert directives(response.headers)["script-src"] == ["'self'", f"'sha256-{digest}'"]


def test_without_graphiql_the_page_shows_a_query_that_can_be_sent(
    unbuilt: Path, schema: GraphQLSchema
) -> None:
    html = client(unbuilt).get("/graphql").text
    [command] = re.findall(r"<pre>(curl .*?)</pre>", html, re.DOTALL)
    words = shlex.split(re.sub(r"<.*?>", "", command))
    assert words[1] == "http://127.0.0.1:8003/graphql"
    body = json.loads(words[words.index("-d") + 1])
    assert validate(schema, parse(body["query"])) == []
    assert "location.origin + location.pathname" in html
    assert '"/schema.graphql"' in html


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema" / "schema.graphql").read_text())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_are_valid_with_their_variables(path: Path, schema: GraphQLSchema) -> None:
    document = parse(path.read_text())
    assert validate(schema, document) == []
    [operation] = [
        each for each in document.definitions if isinstance(each, OperationDefinitionNode)
    ]
    variables = path.with_suffix(".json")
    given = json.loads(variables.read_text()) if variables.exists() else {}
    definitions = operation.variable_definitions or ()
    coerced = get_variable_values(schema, definitions, given)
    assert not isinstance(coerced, list), coerced  # a list holds errors
    assert set(given) == {definition.variable.name.value for definition in definitions}


def test_each_example_begins_with_what_it_shows_and_names_its_tab() -> None:
    for path in EXAMPLES:
        text = path.read_text()
        assert text.startswith("# ")
        assert re.search(r"^(query|mutation|subscription) \w+", text, re.MULTILINE)


def test_the_first_example_needs_no_variables() -> None:
    """On a first visit GraphiQL takes the first tab's document, but not its variables."""
    assert "$" not in EXAMPLES[0].read_text()
