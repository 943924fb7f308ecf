"""GraphiQL: the page that browsers get from the GraphQL endpoint, and the files that it loads.

`ui/` bundles GraphiQL from npm packages into `ui/dist/`. Without that build (no Node), the page is
`ui/cdn.html`: it says so, and loads exact versions from a CDN, checked by their hashes. Where there
is no `ui/` (a wheel), and where the CDN cannot be reached, the page says how to do without it.
"""

import json
import re
from base64 import b64encode
from hashlib import sha256
from os import PathLike, stat_result
from pathlib import Path

from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

UI = Path(__file__).resolve().parents[2] / "ui"
CDN = "https://unpkg.com"
_NO_DEVICES = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
)
ASSETS_PATH = "/static/graphiql/assets"  # `base` in ui/vite.config.js

# What works without GraphiQL. The address is that of a server with default settings, until the
# page's script writes the page's own address.
_API_HELP = """
      <p>The GraphQL API at this address works without GraphiQL, with any HTTP client:</p>
      <pre>curl <span class="address">http://127.0.0.1:8003/graphql</span> \\
  -H 'Content-Type: application/json' \\
  -d '{"query": "{ models(first: 5) { nodes { name latestVersion { version } } } }"}'</pre>
      <p>The schema, with a description of every field, is at <a href="/schema.graphql">/schema.graphql</a>.
      Desktop GraphQL clients can use this address, too.</p>
"""  # noqa: E501  lines of the page
_WRITE_ADDRESS = """
      for (const address of document.querySelectorAll(".address"))
        address.textContent = location.origin + location.pathname;
"""
_NOT_INSTALLED = f"""<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Model Registry</title>
    <style>body {{ max-width: 48rem; margin: 2rem auto; padding: 0 1rem; font: 16px sans-serif; }}</style>
  </head>
  <body>
      <h1>Model Registry</h1>
      <p>GraphiQL is not part of this installation: its files, the folder <code>ui</code> of the
      repository, are not installed with the Python package. The repository and the container image have it.</p>
{_API_HELP}
    <script>{_WRITE_ADDRESS}</script>
  </body>
</html>
"""  # noqa: E501  lines of the page


def _policy(origin: str, *inline_scripts: str) -> str:
    """A Content-Security-Policy for code from one origin, and for inline scripts by their hash."""
    digests = (sha256(script.encode()).digest() for script in inline_scripts)
    scripts = " ".join([origin, *(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)])
    # The editor creates <style> elements and style attributes while it runs, and accepts no nonce
    # for them: styles may be inline, scripts may not.
    # connect-src 'self' also covers the WebSocket of subscriptions: same host, ws or wss.
    return (
        f"default-src 'none'; script-src {scripts}; style-src {origin} 'unsafe-inline'; "
        f"font-src {origin} data:; img-src 'self' data:; connect-src 'self'; worker-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _examples(folder: Path) -> list[dict[str, str | None]]:
    """The example tabs: documents, and their variables from the files beside them."""

    def tab(document: Path) -> dict[str, str | None]:
        variables = document.with_suffix(".json")
        return {
            "query": document.read_text("utf-8"),
            "variables": variables.read_text("utf-8") if variables.exists() else None,
        }

    return [tab(document) for document in sorted(folder.glob("*.graphql"))]


def _cdn_page(ui: Path) -> str:
    html = (ui / "cdn.html").read_text("utf-8")
    # "<" is escaped, so that no example can end its script element.
    tabs = json.dumps(_examples(ui / "examples")).replace("<", "\\u003c")
    html = html.replace("<!-- help -->", _API_HELP).replace("/* address */", _WRITE_ADDRESS)
    return html.replace('id="examples">[]<', f'id="examples">{tabs}<')


def _inline_scripts(html: str) -> list[str]:
    return re.findall(r"<script>(.*?)</script>", html, re.DOTALL)


def _html_and_origin(ui: Path) -> tuple[str, str]:
    """The page, and the origin of its code."""
    try:
        return (ui / "dist" / "index.html").read_text("utf-8"), "'self'"
    except FileNotFoundError:
        pass
    try:
        return _cdn_page(ui), CDN
    except FileNotFoundError:
        return _NOT_INSTALLED, "'self'"


def page(ui: Path = UI) -> Response:
    """The GraphiQL page, which has the address of the GraphQL endpoint."""
    html, _ = _html_and_origin(ui)
    return HTMLResponse(html, headers=headers(ui))


def headers(ui: Path, *scripts: str) -> dict[str, str]:
    """The headers of the page; also of one that has these inline scripts, and turns into it."""
    html, origin = _html_and_origin(ui)
    return {
        "Content-Security-Policy": _policy(origin, *_inline_scripts(html), *scripts),
        "Permissions-Policy": _NO_DEVICES,
        "Cross-Origin-Opener-Policy": "same-origin",
        "cache-control": "no-cache",  # it names the assets of the current build
        "Vary": "Accept, Authorization",  # API clients get JSON from the same address
    }


class _Assets(StaticFiles):
    """Built files. Their names contain a hash of their content: clients may cache them forever."""

    async def check_config(self) -> None:
        """No check: the folder may be missing, and may be built while the server runs."""

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def routes(ui: Path = UI) -> list[BaseRoute]:
    """The files of the page; each is a 404 when `ui/dist` was not built."""
    assets = _Assets(directory=ui / "dist" / "assets", check_dir=False)
    return [Mount(ASSETS_PATH, assets, name="graphiql-assets")]
