"""The endpoints for liveness and readiness, and links to what is served."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from db.postgres import migration_state
from db.postgres.engine import Database
from db.postgres.migration_state import Migration
from server.ops.readiness import DATABASE, MIGRATION, Check, Readiness

_ANSWER_S = 1.5  # a probe waits this long for the database

LINKS = {
    "graphql": "/graphql",
    "health": "/healthz",
    "readiness": "/readyz",
    "metrics": "/metrics",
    "schema": "/schema.graphql",
}


async def alive(_: Request) -> Response:
    """200 while the process answers. It checks nothing that a restart cannot mend."""
    return JSONResponse({"status": "ok"})


@dataclass(slots=True)
class ReadinessEndpoint:
    """The endpoint that tells a load balancer whether to send requests to this process."""

    readiness: Readiness
    _look: asyncio.Task[None] | None = field(default=None, init=False)

    async def get(self, _: Request) -> Response:
        """200 when the database has a migration that fits this code; else 503 with the reason.

        200 also when the database is read-only, or another part does not work, which `status` then
        says: requests would fare no better elsewhere. Answers within two seconds; concurrent probes
        share one look at the database.
        """
        readiness = self.readiness
        if readiness.stop.is_stopping:
            return _answer(readiness, "stopping", "this server is stopping")
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(readiness.look_at_database())
        await asyncio.wait({self._look}, timeout=_ANSWER_S)
        if not self._look.done():
            reason = f"the database does not answer within {_ANSWER_S} s"
            readiness.checks[DATABASE] = Check("unavailable", reason)
        readiness.look_at_listener()
        for status in ("unavailable", "read-only", "degraded"):
            for name, check in readiness.checks.items():
                if check.status == status:
                    about = "" if name in (DATABASE, MIGRATION) else f"{name}: "
                    return _answer(readiness, status, about + check.reason)
        return _answer(readiness, "ok")


def _answer(readiness: Readiness, status: str, reason: str = "") -> Response:
    checks = {name: check.shown() for name, check in readiness.checks.items()}
    body: dict[str, Any] = {"status": status}
    if reason:
        body["reason"] = reason
    if (migration := readiness.checks.get(MIGRATION)) is not None:
        body["migration"] = migration.fields["current"]
    code = 503 if status in ("unavailable", "stopping") else 200
    return JSONResponse({**body, "checks": checks}, code)


async def current_migration(database: Database) -> Migration | None:
    """The migration of the database; raises when the database does not answer."""
    return await migration_state.current(database.reader)


def links() -> Response:
    """Links to the endpoints, for clients that are no browsers."""
    return JSONResponse({"name": "model-registry", "links": LINKS})
