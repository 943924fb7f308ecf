"""GraphiQL: the page that browsers get from the GraphQL endpoint.

In a checkout without a build, the page says how to build it, and how to do without it.
"""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from starlette.responses import HTMLResponse, Response

from server.http import pages
from server.http.pages import FILES

# Shown until GraphiQL is built. The address is that of a server with default settings, until the
# script writes the page's own.
_NOT_BUILT = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Model Registry</title>
    <style>body { max-width: 48rem; margin: 2rem auto; padding: 0 1rem; font: 16px sans-serif; }</style>
  </head>
  <body>
      <h1>Model Registry</h1>
      <p>GraphiQL is not built in this checkout. Run <code>make ui</code>, and reload this page.</p>
      <p>The GraphQL API at this address works without GraphiQL, with any HTTP client:</p>
      <pre>curl <span class="address">http://127.0.0.1:8003/graphql</span> \\
  -H 'Content-Type: application/json' \\
  -d '{"query": "{ models(first: 5) { nodes { name latestVersion { version } } } }"}'</pre>
      <p>The schema, with a description of every field, is at <a href="/schema.graphql">/schema.graphql</a>.
      Desktop GraphQL clients can use this address, too.</p>
    <script>
      for (const address of document.querySelectorAll(".address"))
        address.textContent = location.origin + location.pathname;
    </script>
  </body>
</html>
"""  # noqa: E501  lines of the page


def _policy(*inline_scripts: str) -> str:
    """A Content-Security-Policy for this server's files, and for inline scripts by their hash."""
    digests = (sha256(script.encode()).digest() for script in inline_scripts)
    scripts = " ".join(
        ["'self'", *(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)]
    )
    # The editor creates <style> elements and style attributes while it runs, and accepts no nonce
    # for them: styles may be inline, scripts may not.
    # connect-src 'self' also covers the WebSocket of subscriptions: same host, ws or wss.
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; "
        "font-src 'self' data:; img-src 'self' data:; connect-src 'self'; worker-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _html(files: Path) -> str:
    try:
        return (files / "graphiql.html").read_text("utf-8")
    except FileNotFoundError:
        return _NOT_BUILT


def _inline_scripts(html: str) -> list[str]:
    return re.findall(r"<script>(.*?)</script>", html, re.DOTALL)


def page(files: Path = FILES) -> Response:
    """The GraphiQL page, which has the address of the GraphQL endpoint."""
    return HTMLResponse(_html(files), headers=headers(files))


def headers(files: Path, *scripts: str) -> dict[str, str]:
    """The headers of the page; also of one that has these inline scripts, and turns into it."""
    policy = _policy(*_inline_scripts(_html(files)), *scripts)
    # API clients get JSON from the same address
    return {**pages.headers(policy), "Vary": "Accept, Authorization"}
