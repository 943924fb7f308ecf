"""The page that a browser gets where tokens are required: it takes a token, and loads GraphiQL.

It says nothing about the registry. Its script asks for GraphiQL's page with the token, and puts
that in its own place, under the Content-Security-Policy of both. The token is in the tab's session
storage: there is no cookie, so no request of another page can use it.
"""

from pathlib import Path

from starlette.responses import HTMLResponse, Response

from server.errors import HttpError
from server.http import graphiql, pages

# A block: GraphiQL's page gets the same window, so its scripts may use the same names.
_SCRIPT = """{
      const KEY = "registry.token"; // also in ui/src/app/token.ts
      const form = document.getElementById("sign-in");
      const state = document.getElementById("state");
      const reasons = {
        401: "The registry does not accept this token: it is wrong, revoked or expired.",
        429: "Too many wrong tokens came from your address. Wait a minute, then try again.",
      };
      const show = (text) => {
        form.hidden = false;
        state.textContent = text;
      };
      const signIn = async (token) => {
        if (!/^[!-~]+$/.test(token)) return show(reasons[401]);
        const headers = { accept: "text/html", authorization: `Bearer ${token}` };
        const answer = await fetch(location.href, { headers, cache: "no-store" });
        if (answer.ok) {
          const page = await answer.text();
          sessionStorage.setItem(KEY, token);
          document.open();
          document.write(page);
          document.close();
          return;
        }
        if (answer.status === 401) sessionStorage.removeItem(KEY);
        const other = `The registry answered with status ${answer.status}. Try again later.`;
        show(reasons[answer.status] ?? other);
      };
      const start = (token) =>
        signIn(token).catch(() => show("The registry cannot be reached. Try again later."));

      form.addEventListener("submit", (event) => {
        event.preventDefault();
        start(form.elements.token.value.trim());
      });
      const kept = sessionStorage.getItem(KEY);
      if (kept) start(kept);
      else show("");
    }"""
_PAGE = f"""<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="robots" content="noindex" />
    <title>Sign in</title>
    <link rel="icon" href="data:," />
    <style>
      body {{ max-width: 32rem; margin: 4rem auto; padding: 0 1rem; font: 16px sans-serif; }}
      label, input {{ display: block; margin: 0.5rem 0; }}
      input {{ box-sizing: border-box; width: 100%; padding: 0.5rem; font: inherit; }}
      button {{ padding: 0.5rem 1rem; font: inherit; }}
      #state {{ color: #a40000; }}
    </style>
  </head>
  <body>
    <form id="sign-in" hidden>
      <h1>Sign in</h1>
      <label for="token">Token</label>
      <input id="token" name="token" type="password" autocomplete="off" required autofocus />
      <button type="submit">Sign in</button>
      <p id="state" role="status"></p>
      <p>The token is kept until you close this tab.</p>
    </form>
    <noscript>This page needs JavaScript.</noscript>
    <script>{_SCRIPT}</script>
  </body>
</html>
"""


def page(error: HttpError, files: Path = pages.FILES) -> Response:
    """The page, with the status and the headers of the error that a client of the API gets."""
    headers = {**graphiql.headers(files, _SCRIPT), **error.headers}
    return HTMLResponse(_PAGE, error.status, headers)
