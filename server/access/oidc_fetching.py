"""Reads an issuer's keys over HTTP: bounded in time and size, and only from where it says.

Source: https://openid.net/specs/openid-connect-discovery-1_0.html
"""

import asyncio
import ssl
from functools import cache
from urllib.parse import urlsplit

import httpx
import orjson

from domain.operations import outgoing_headers
from server.access import oidc_key_set
from server.access.oidc_key_set import IssuerError, KeySet
from server.settings_oidc import OidcSettings, is_safe

TIMEOUT_S = 3  # of both requests together; below the limit of an operation
BYTES_MAX = 524_288  # of a response; the keys of an issuer have some 10 KB
_DISCOVERY = "/.well-known/openid-configuration"
# Responses are not compressed: a small one could become a large one.
_HEADERS = {"accept": "application/json", "accept-encoding": "identity"}


async def fetch(settings: OidcSettings) -> KeySet:
    """The issuer's keys as they are now; raises IssuerError."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            context = await asyncio.to_thread(_tls)
            async with httpx.AsyncClient(
                verify=context, headers={**_HEADERS, **outgoing_headers()}
            ) as client:
                url = settings.oidc_jwks_url or await _discovered(client, settings)
                document = await _get(client, url)
    except TimeoutError:
        raise IssuerError(f"it did not answer within {TIMEOUT_S} s") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise IssuerError(f"it cannot be reached: {error or type(error).__name__}") from error
    return oidc_key_set.read(document, settings.oidc_algorithm_list)


async def _discovered(client: httpx.AsyncClient, settings: OidcSettings) -> str:
    """The URL of the keys, as the issuer's configuration names it."""
    issuer = settings.oidc_issuer
    assert issuer is not None  # else OpenID Connect is off
    return url_of_keys(await _get(client, issuer.rstrip("/") + _DISCOVERY), issuer)


def url_of_keys(document: bytes, issuer: str) -> str:
    """The URL in an issuer's configuration; raises IssuerError for one that is not safe to use."""
    try:
        configuration = orjson.loads(document)
    except orjson.JSONDecodeError:
        raise IssuerError("its configuration is not in JSON") from None
    if not isinstance(configuration, dict) or configuration.get("issuer") != issuer:
        raise IssuerError("its configuration is that of another issuer: compare the URLs exactly")
    url = configuration.get("jwks_uri")
    is_local = urlsplit(issuer).scheme == "http"
    if not isinstance(url, str) or not is_safe(url) or (url.startswith("http:") and not is_local):
        raise IssuerError("its configuration names no https:// URL of its keys")
    return url


async def _get(client: httpx.AsyncClient, url: str) -> bytes:
    """The body of a response with status 200; redirects are not followed."""
    body = bytearray()
    async with client.stream("GET", url) as response:
        if response.status_code != httpx.codes.OK:
            raise IssuerError(f"it answered with status {response.status_code}")
        if "content-encoding" in response.headers:
            raise IssuerError("its answer is compressed")
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > BYTES_MAX:
                raise IssuerError(f"its answer has more than {BYTES_MAX} bytes")
    return bytes(body)


@cache
def _tls() -> ssl.SSLContext:
    """Reading the certificates of authorities takes 30 ms, so it is done once, and in a thread."""
    return httpx.create_ssl_context()
