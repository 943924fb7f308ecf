"""The endpoints for liveness and readiness, and an index page with links."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from db.postgres import access, migration_state
from db.postgres.engine import Database
from db.postgres.errors import is_unavailable
from server.errors import code_of

_ANSWER_S = 1.5  # a probe waits this long for the database
_CHECK_S = 5.0  # then the check itself ends
_READ_ONLY = "the database is read-only: queries are answered, mutations are UNAVAILABLE"

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


_Status: TypeAlias = tuple[dict[str, Any], int]  # the body, and the status of HTTP


@dataclass(slots=True)
class Readiness:
    """The endpoint that tells a load balancer whether to send requests to this process."""

    database: Database
    _check: asyncio.Task[_Status] | None = field(default=None, init=False)

    async def get(self, _: Request) -> Response:
        """200 when the database answers and has this code's migration; else 503 with the reason.

        200 also when the database is read-only, which `status` then says. Answers within two
        seconds; concurrent probes share one check.
        """
        if self._check is None or self._check.done():
            self._check = asyncio.create_task(_checked(self.database))
        await asyncio.wait({self._check}, timeout=_ANSWER_S)
        if not self._check.done():
            return JSONResponse(*_unavailable(f"the database does not answer within {_ANSWER_S} s"))
        return JSONResponse(*self._check.result())


async def current_migration(database: Database) -> str | None:
    """The migration of the database; raises when the database does not answer."""
    return await migration_state.current(database.reader)


async def _checked(database: Database) -> _Status:
    head = migration_state.head()
    try:
        async with asyncio.timeout(_CHECK_S):
            current, is_read_only = await _state(database)
    except Exception as error:
        return _unavailable(f"the database does not answer: {code_of(error)}")
    if current != head:
        return _unavailable(f"the database is at migration {current}, this server needs {head}")
    if is_read_only:
        return {"status": "read-only", "reason": _READ_ONLY, "migration": head}, 200
    return {"status": "ok", "migration": head}, 200


async def _state(database: Database) -> tuple[str | None, bool]:
    """The database's migration, and whether it is read-only.

    On a connection of its own, so that no request keeps the probe waiting; where the database
    accepts no more connections, on one of those that it has accepted.
    """
    for source in (database.probe, database.reader):
        try:
            return await migration_state.current(source), await access.is_read_only(source)
        except Exception as error:
            if source is database.reader or not is_unavailable(error):
                raise
        finally:
            await database.probe.pool.close_idle()
    raise AssertionError("the second source returns or raises")


def _unavailable(reason: str) -> _Status:
    return {"status": "unavailable", "reason": reason}, 503


async def index(request: Request) -> Response:
    """Links to the endpoints: HTML for browsers, JSON for other clients."""
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"name": "model-registry", "links": _LINKS}, headers=_VARY)
    items = "".join(f'<li><a href="{path}">{name}</a></li>' for name, path in _LINKS.items())
    return HTMLResponse(_PAGE.format(items=items), headers=_VARY)
