"""GraphiQL: the page that browsers get from the GraphQL endpoint, and the files that it loads.

`ui/` bundles GraphiQL from npm packages into `ui/dist/`. Without that build (no Node), the page is
`ui/cdn.html`: it says so, and loads exact versions from a CDN, checked by their hashes.
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
ASSETS_PATH = "/static/graphiql/assets"  # `base` in ui/vite.config.js


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


def _cdn_page(ui: Path) -> tuple[str, str]:
    html = (ui / "cdn.html").read_text("utf-8")
    # "<" is escaped, so that no example can end its script element.
    tabs = json.dumps(_examples(ui / "examples")).replace("<", "\\u003c")
    policy = _policy(CDN, *re.findall(r"<script>(.*?)</script>", html, re.DOTALL))
    return html.replace('id="examples">[]<', f'id="examples">{tabs}<'), policy


async def page(ui: Path = UI) -> Response:
    """The GraphiQL page, which has the address of the GraphQL endpoint."""
    index = ui / "dist" / "index.html"
    html, policy = (
        (index.read_text("utf-8"), _policy("'self'")) if index.is_file() else _cdn_page(ui)
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",  # it names the assets of the current build
        "Vary": "Accept",  # API clients get JSON from the same address
    }
    return HTMLResponse(html, headers=headers)


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
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def routes(ui: Path = UI) -> list[BaseRoute]:
    """The files of the page; each is a 404 when `ui/dist` was not built."""
    assets = _Assets(directory=ui / "dist" / "assets", check_dir=False)
    return [Mount(ASSETS_PATH, assets, name="graphiql-assets")]
