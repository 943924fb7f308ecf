"""The endpoints for liveness and readiness, and an index page with links."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from db.postgres import migration_state
from db.postgres.engine import Database
from server.errors import code_of

_VARY = {"vary": "accept"}
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Model Registry</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<h1>Model Registry</h1><ul>{items}</ul></html>
"""
_LINKS = {
    "graphql": "/graphql",
    "health": "/healthz",
    "readiness": "/readyz",
    "metrics": "/metrics",
    "schema": "/schema.graphql",
}


async def alive(_: Request) -> Response:
    """200 while the process answers. It checks nothing that a restart cannot mend."""
    return JSONResponse({"status": "ok"})


@dataclass(frozen=True, slots=True)
class Readiness:
    """The endpoint that tells a load balancer whether to send requests to this process."""

    database: Database

    async def get(self, _: Request) -> Response:
        """200 when the database answers and has this code's migration; else 503 with the reason."""
        reason = await _unavailable_reason(self.database)
        if reason:
            return JSONResponse({"status": "unavailable", "reason": reason}, 503)
        return JSONResponse({"status": "ok", "migration": migration_state.head()})


async def current_migration(database: Database) -> str | None:
    """The migration of the database; raises when the database does not answer."""
    return await migration_state.current(database.reader)


async def _unavailable_reason(database: Database) -> str | None:
    """The reason why the database cannot serve this code; None when it can."""
    try:
        current = await current_migration(database)
    except Exception as error:
        return f"the database does not answer: {code_of(error)}"
    if current != (head := migration_state.head()):
        return f"the database is at migration {current}, this server needs {head}"
    return None


async def index(request: Request) -> Response:
    """Links to the endpoints: HTML for browsers, JSON for other clients."""
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"name": "model-registry", "links": _LINKS}, headers=_VARY)
    items = "".join(f'<li><a href="{path}">{name}</a></li>' for name, path in _LINKS.items())
    return HTMLResponse(_PAGE.format(items=items), headers=_VARY)
