"""The dashboard's page: where it is served, to whom, and under which policy."""

import re
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from server.http import dashboard
from server.http.dashboard import Dashboard
from server.ops import health
from tests.server.conftest import Serving

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
HTML = {"accept": BROWSER}
INDEX = '<script type="module" nonce="CSP_NONCE" src="/static/ui/assets/a-1b.js"></script>'
URLS = (
    "/",
    "/models",
    "/models?q=a&sort=name",
    "/models/gpt-5",
    "/models/meta-llama/llama-4",
    "/models/meta-llama%2Fllama-4%20x",
    "/compare?models=a,b",
    "/prices",
    "/retirements",
    "/routing",
    "/retention",
    "/audit",
    "/tokens",
    "/sign-in?code=1&state=2",
)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder with the page, as the build leaves it."""
    (tmp_path / "index.html").write_text(INDEX)
    return tmp_path


def client(files: Path, issuer: str | None = None) -> TestClient:
    return TestClient(Starlette(routes=Dashboard(files, issuer).routes()))


def directives(headers: Mapping[str, str]) -> dict[str, list[str]]:
    parts = (part.split() for part in headers["content-security-policy"].split(";"))
    return {name: sources for name, *sources in parts}


def is_index(response: httpx.Response) -> bool:
    return re.sub('nonce="[^"]+"', 'nonce="CSP_NONCE"', response.text) == INDEX


@pytest.mark.parametrize("url", URLS)
def test_each_address_of_the_dashboard_is_the_built_page(built: Path, url: str) -> None:
    response = client(built).get(url, headers=HTML)
    [nonce] = re.findall(r' nonce="([\w-]{22})"', response.text)
    assert (response.status_code, response.text) == (200, INDEX.replace("CSP_NONCE", nonce))
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in response.headers["permissions-policy"]
    assert directives(response.headers) == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", f"'nonce-{nonce}'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }


@pytest.mark.parametrize(
    ("issuer", "origin"),
    [
        ("https://login.example.com/realms/ml", "https://login.example.com"),
        ("https://login.example.com:8443", "https://login.example.com:8443"),
        ("http://127.0.0.1:9000/", "http://127.0.0.1:9000"),
    ],
)
def test_the_page_may_ask_the_issuer_at_whom_people_sign_in(
    built: Path, issuer: str, origin: str
) -> None:
    headers = client(built, issuer).get("/sign-in", headers=HTML).headers
    assert directives(headers)["connect-src"] == ["'self'", origin]


@pytest.mark.parametrize(
    ("accept", "is_page"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("text/html;q=0.8, application/json;q=0.5", True),
        ("application/json, text/html;q=0.5", False),
        ("application/json", False),
        ("*/*", False),
        ("text/html;q=0", False),
        ("", False),
    ],
)
def test_the_index_is_the_page_for_browsers_and_json_for_others(
    built: Path, accept: str, is_page: bool
) -> None:
    response = client(built).get("/", headers={"accept": accept})
    assert response.headers["vary"] == "Accept"
    if is_page:
        assert is_index(response)
    else:
        assert response.json() == {"name": "model-registry", "links": health.LINKS}


def test_without_a_build_the_page_says_so_and_links_to_what_works(tmp_path: Path) -> None:
    response = client(tmp_path / "none").get("/models", headers=HTML)
    assert response.status_code == 200
    assert "<code>make ui</code>" in response.text
    for path in health.LINKS.values():
        assert f'href="{path}"' in response.text
    assert "<script" not in response.text  # the policy would refuse it
    assert "style" not in response.text
    assert "unsafe" not in response.headers["content-security-policy"]


def test_a_build_made_while_the_server_runs_is_served(tmp_path: Path) -> None:
    running = client(tmp_path)
    assert "make ui" in running.get("/", headers=HTML).text
    (tmp_path / "index.html").write_text(INDEX)
    assert is_index(running.get("/", headers=HTML))


@pytest.mark.parametrize("url", URLS)
def test_head_is_get_without_a_body(built: Path, url: str) -> None:
    got, head = (client(built).request(method, url, headers=HTML) for method in ("GET", "HEAD"))
    assert (head.status_code, head.content, list(head.headers)) == (200, b"", list(got.headers))
    assert head.headers["content-length"] == got.headers["content-length"]


def test_no_nonce_is_given_twice(built: Path) -> None:
    """Who knows the nonce of one response can use it in no other."""
    policies = {client(built).get("/models").headers["content-security-policy"] for _ in range(9)}
    assert len(policies) == 9


@pytest.mark.parametrize("url", ["/modelz", "/compare/a", "/index.html", "/models.html"])
async def test_a_browser_gets_the_page_that_says_not_found(serve: Serving, url: str) -> None:
    async with serve() as server:
        page = await server.get("/models", headers=HTML)
        got, head = [await server.request(m, url, headers=HTML) for m in ("GET", "HEAD")]
    assert (got.status_code, head.status_code, head.content) == (404, 404, b"")
    assert got.headers["content-type"] == "text/html; charset=utf-8"
    assert got.headers["vary"] == "Accept"
    assert got.headers["cache-control"] == "no-cache"
    assert re.sub('nonce="[^"]+"', "", got.text) == re.sub('nonce="[^"]+"', "", page.text)
    assert directives(got.headers).keys() == directives(page.headers).keys()


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/json", "application/json, text/html;q=0.5"]
)
@pytest.mark.parametrize("url", ["/modelz", "/graphql/x", "/static/ui/assets/x.js"])
async def test_other_clients_get_a_short_text(serve: Serving, url: str, accept: str) -> None:
    async with serve() as server:
        answer = await server.get(url, headers={"accept": accept})
    assert (answer.status_code, answer.text) == (404, "Not Found")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_only_readings_of_a_page_get_the_page(serve: Serving) -> None:
    async with serve() as server:
        answers = [
            await server.post("/modelz", headers=HTML),
            await server.get("/static/ui/assets/x.js", headers=HTML),
        ]
    assert [(answer.status_code, answer.text) for answer in answers] == [(404, "Not Found")] * 2


def test_the_page_takes_no_post(built: Path) -> None:
    assert client(built).post("/models", headers=HTML).status_code == 405


async def test_the_page_is_served_without_a_token_and_the_data_is_not(serve: Serving) -> None:
    async with serve(require_tokens=True) as server:
        pages: list[httpx.Response] = [await server.get(url, headers=HTML) for url in URLS]
        asked = await server.post("/graphql", json={"query": "{ models { totalCount } }"})
    assert {page.status_code for page in pages} == {200}
    assert len({re.sub('nonce="[^"]+"', "", page.text) for page in pages}) == 1
    assert asked.status_code == 401


async def test_a_server_names_its_issuer_in_the_policy(serve: Serving) -> None:
    issuer = "https://login.example.com/realms/ml"
    given = {"oidc_audience": "registry", "oidc_default_role": "READER"}
    async with serve(oidc_issuer=issuer, oidc_jwks_url="https://127.0.0.1:1/", **given) as server:
        answer = await server.get("/", headers=HTML)
    assert "https://login.example.com" in directives(answer.headers)["connect-src"]


def test_every_address_is_tested() -> None:
    paths = {url.partition("?")[0] for url in URLS}
    for path in dashboard.PATHS:
        assert path in paths or any(each.startswith(path.partition("{")[0]) for each in paths)
