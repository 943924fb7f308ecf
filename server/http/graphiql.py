"""GraphiQL: the page that the GraphQL endpoint shows to browsers, and the files it loads.

`ui/` bundles GraphiQL from npm packages into `ui/dist/`. Where that was not built (no Node), the
page is `ui/cdn.html`: it says so and loads exact, hash-checked versions from a CDN.
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
    # The editor sizes and colours its lines with <style> elements and style attributes made while
    # it runs, and takes no nonce for them: styles may be inline, scripts may not.
    # connect-src 'self' covers the subscriptions' WebSocket as well: same host, ws or wss.
    return (
        f"default-src 'none'; script-src {scripts}; style-src {origin} 'unsafe-inline'; "
        f"font-src {origin} data:; img-src 'self' data:; connect-src 'self'; worker-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _examples(folder: Path) -> list[dict[str, str | None]]:
    """The example tabs, as ui/src/examples.js makes them: documents, variables beside them."""

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
    """The GraphiQL page, to be answered at the GraphQL endpoint's own address."""
    index = ui / "dist" / "index.html"
    html, policy = (
        (index.read_text("utf-8"), _policy("'self'")) if index.is_file() else _cdn_page(ui)
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",  # it names the hashed assets of the newest build
        "Vary": "Accept",  # the same address answers API clients with JSON
    }
    return HTMLResponse(html, headers=headers)


class _Assets(StaticFiles):
    """Built files. Their names hold a hash of their content, so clients may keep them for good."""

    async def check_config(self) -> None:
        """Nothing: the folder may be missing, and may be built while the server runs."""

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
    """The page's own files; each is a 404 where `ui/dist` was not built."""
    assets = _Assets(directory=ui / "dist" / "assets", check_dir=False)
    return [Mount(ASSETS_PATH, assets, name="graphiql-assets")]
