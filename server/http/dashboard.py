"""The dashboard: one page at several addresses, between which its script moves.

It holds no data and no secret, so it is served to anybody; the API that it asks wants a token where
tokens are required. No script may be inline, and no style but those that carry the nonce of the
response: its components create such. It may ask this server alone, and the issuer of OpenID
Connect, by whom people sign in.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from server.http import accept, pages
from server.ops import health

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
        wants_page = accept.prefers_html(request.headers.get("accept", "").encode("latin-1"))
        response = await self.page(request) if wants_page else health.links()
        response.headers["vary"] = "Accept"
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


def _origin(url: str | None) -> str:
    """The origin of a URL, as a policy has it; the settings allow no user and no space in it."""
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
