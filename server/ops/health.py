"""Whether the process lives, and whether it can serve; and a page that says where things are."""

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
}


async def alive(_: Request) -> Response:
    """200 as long as the process answers; it looks at nothing else, so that a restart helps."""
    return JSONResponse({"status": "ok"})


@dataclass(frozen=True, slots=True)
class Readiness:
    """The endpoint that says whether to send requests here."""

    database: Database

    async def get(self, _: Request) -> Response:
        """200 when the database answers and is at this code's migration, else 503 and why."""
        reason = await unready(self.database)
        if reason:
            return JSONResponse({"status": "unavailable", "reason": reason}, 503)
        return JSONResponse({"status": "ok", "migration": migration_state.head()})


async def unready(database: Database) -> str | None:
    """Why the database cannot serve this code; None when it can."""
    try:
        async with database.read() as session:
            connection = await session.connection()
            found = await connection.run_sync(migration_state.current)
    except Exception as error:
        return f"the database does not answer: {code_of(error)}"
    if found != (wanted := migration_state.head()):
        return f"the database is at migration {found}, this server needs {wanted}"
    return None


async def index(request: Request) -> Response:
    """Links to what there is: HTML for browsers, JSON for others."""
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"name": "model-registry", "links": _LINKS}, headers=_VARY)
    items = "".join(f'<li><a href="{path}">{name}</a></li>' for name, path in _LINKS.items())
    return HTMLResponse(_PAGE.format(items=items), headers=_VARY)
