"""How a client without a token learns where to get one: RFC 9728."""

from typing import Any

import httpx
import pytest

from server.access.refusals import METADATA_PATH
from tests.server.conftest import Serving, on_every_path

ISSUER = "https://login.example.com/realms/ml"
OIDC: dict[str, Any] = {
    "oidc_issuer": ISSUER,
    "oidc_jwks_url": "https://127.0.0.1:1/keys",  # nothing answers there, and nothing needs it
    "oidc_audience": "registry",
    "oidc_default_role": "READER",
    "require_tokens": True,
}
RESOURCE = "https://registry.example.com"
METADATA = f'resource_metadata="{RESOURCE}{METADATA_PATH}"'
QUERY = {"query": "{ models { totalCount } }"}


async def test_the_metadata_names_the_issuer_and_the_client_of_browsers(serve: Serving) -> None:
    browser = {"oidc_browser_client_id": "dashboard", "oidc_browser_scopes": "openid  profile"}
    async with serve(**OIDC, **browser, oidc_resource=RESOURCE) as client:
        answer = await client.get(METADATA_PATH)
        head = await client.head(METADATA_PATH)
    assert (answer.status_code, head.status_code, head.content) == (200, 200, b"")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.json() == {
        "resource": RESOURCE,
        "resource_name": "Model Registry",
        "authorization_servers": [ISSUER],
        "scopes_supported": ["openid", "profile"],
        "bearer_methods_supported": ["header"],
        "registry_browser_client_id": "dashboard",
    }


async def test_without_more_settings_it_has_the_address_that_was_asked(serve: Serving) -> None:
    async with serve(**OIDC, allowed_hosts="registry.example.com") as client:
        own = (await client.get(METADATA_PATH)).json()
        named = await client.get(METADATA_PATH, headers={"host": "registry.example.com"})
        foreign = await client.get(METADATA_PATH, headers={"host": "evil.example"})
    assert own["resource"] == str(client.base_url).rstrip("/")
    assert named.json()["resource"] == "https://registry.example.com"
    assert foreign.status_code == 421
    assert own["scopes_supported"] == ["openid"]
    assert "registry_browser_client_id" not in own


@pytest.mark.parametrize("is_closed", [False, True])
async def test_without_an_issuer_there_is_none(serve: Serving, is_closed: bool) -> None:
    async with serve(require_tokens=is_closed) as client:
        assert (await client.get(METADATA_PATH)).status_code == 404


def challenge(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers["www-authenticate"]


@on_every_path
async def test_a_refusal_says_where_the_metadata_are(serve: Serving) -> None:
    async with serve(**OIDC, oidc_resource=RESOURCE) as client:
        for path in ("/graphql", "/metrics", "/schema.graphql"):
            params = QUERY if path == "/graphql" else {}
            missing = await client.get(path, params=params)
            assert challenge(missing) == (401, f"Bearer {METADATA}")
            for sent in ("Bearer mrk_zzzzzzzz_wrong", "Bearer opaque", "Basic eDp5"):
                wrong = await client.get(path, params=params, headers={"authorization": sent})
                assert challenge(wrong) == (401, f'Bearer error="invalid_token", {METADATA}')
        posted = await client.post("/graphql", json=QUERY)
        page = await client.get("/graphql", headers={"accept": "text/html"})
        assert challenge(posted) == challenge(page) == (401, f"Bearer {METADATA}")


@on_every_path
async def test_a_refusal_names_no_address_that_no_setting_names(serve: Serving) -> None:
    async with serve(**OIDC) as client:
        assert challenge(await client.post("/graphql", json=QUERY)) == (401, "Bearer")
