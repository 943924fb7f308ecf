"""The dashboard: one page at several addresses, between which its script moves.

It holds no data and no secret, so it is served to anybody; the API that it asks wants a token where
tokens are required. No script may be inline, and no style but those that carry the nonce of the
response: its components create such. It may ask this server alone, and the issuer of OpenID
Connect, by whom people sign in. How they do that is metadata that anybody may read, as it is for
those who have no token yet.

Source: https://www.rfc-editor.org/rfc/rfc9728 (metadata of protected resources)
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from server.access.refusals import METADATA_PATH
from server.http import accept, pages
from server.ops import health
from server.settings_base import is_loopback
from server.settings_oidc import OidcSettings

INDEX = "/"
# The addresses of the page beside the index: the routes in ui/src.
PATHS = (
    "/models",
    "/models/{name:path}",  # names have slashes
    "/compare",
    "/prices",
    "/retirements",
    "/routing",
    "/retention",
    "/audit",
    "/tokens",
    "/sign-in",  # to which the issuer of OpenID Connect sends people back
)
_BY_ACCEPT = {"vary": "Accept"}
_NONCE = "CSP_NONCE"  # what the page has in its place: `cspNonce` in ui/vite.config.ts
_NONCE_BYTES = 16
_NOT_BUILT = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Model Registry</title>
    <link rel="icon" href="data:," />
  </head>
  <body>
    <h1>Model Registry</h1>
    <p>The dashboard is not built in this checkout. Run <code>make ui</code>, and reload this page.</p>
    <p>The registry works without it:</p>
    <ul>{links}</ul>
  </body>
</html>
"""  # noqa: E501  lines of the page


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The page, of the build in a folder, for people who sign in at an issuer, if there is one."""

    files: Path = pages.FILES
    issuer: str | None = None

    def routes(self) -> list[BaseRoute]:
        """The addresses of the page."""
        return [Route(INDEX, self.index), *(Route(path, self.page) for path in PATHS)]

    async def index(self, request: Request) -> Response:
        """The page for browsers; for other clients the links to what is served, as JSON."""
        response = await self.page(request) if _wants_page(request) else health.links()
        response.headers.update(_BY_ACCEPT)
        return response

    async def not_found(self, request: Request) -> Response:
        """For an address that is none: browsers get the page, which says so; others a text."""
        if request.method not in ("GET", "HEAD") or not _wants_page(request):
            raise HTTPException(404, headers=_BY_ACCEPT)
        response = await self.page(request)
        response.status_code = 404
        response.headers.update(_BY_ACCEPT)
        return response

    async def page(self, _: Request) -> Response:
        """The page; where it is not built, one that says so."""
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        html = self._html().replace(_NONCE, nonce)
        return HTMLResponse(html, headers=pages.headers(self._policy(nonce)))

    def _html(self) -> str:
        try:
            return (self.files / "index.html").read_text("utf-8")
        except FileNotFoundError:
            items = (f'<li><a href="{path}">{name}</a></li>' for name, path in health.LINKS.items())
            return _NOT_BUILT.format(links="".join(items))

    def _policy(self, nonce: str) -> str:
        # connect-src 'self' also covers the WebSocket of subscriptions: same host, ws or wss.
        sources = " ".join(("'self'", *filter(None, (_origin(self.issuer),))))
        return (
            f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; "
            f"img-src 'self' data:; font-src 'self'; connect-src {sources}; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )


def _wants_page(request: Request) -> bool:
    return accept.prefers_html(request.headers.get("accept", "").encode("latin-1"))


def _origin(url: str | None) -> str:
    """The origin of a URL, as a policy has it; the settings allow no user and no space in it."""
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


# Not of the RFC, which allows more members: the public client that pages in browsers are.
BROWSER_CLIENT_ID = "registry_browser_client_id"


def metadata_routes(settings: OidcSettings) -> list[BaseRoute]:
    """The path of the metadata; none without an issuer."""
    if settings.oidc_issuer is None:
        return []
    return [Route(METADATA_PATH, ProtectedResource(settings).get)]


@dataclass(frozen=True, slots=True)
class ProtectedResource:
    """The endpoint of the metadata."""

    settings: OidcSettings

    async def get(self, request: Request) -> Response:
        """The metadata, as JSON."""
        settings = self.settings
        body: dict[str, Any] = {
            "resource": settings.oidc_resource or _asked_origin(request),
            "resource_name": "Model Registry",
            "authorization_servers": [settings.oidc_issuer],
            "scopes_supported": settings.oidc_browser_scope_list,
            "bearer_methods_supported": ["header"],
        }
        if settings.oidc_browser_client_id:
            body[BROWSER_CLIENT_ID] = settings.oidc_browser_client_id
        return JSONResponse(body, headers={"cache-control": "no-cache"})


def _asked_origin(request: Request) -> str:
    """The origin that was asked: a proxy that takes https asks by http, and keeps the name."""
    scheme = "http" if is_loopback(request.url.hostname or "") else "https"
    return f"{scheme}://{request.url.netloc}"
