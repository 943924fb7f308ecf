"""What the tests of some pages need beside a server in open mode: settings, and an environment."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from db.postgres.engine import Database
from deploy.lab import processes
from domain.access import Role
from tests import factories
from tests.server.access import issuer as issuers
from tests.server.access.code_flow import CLIENT_ID, CodeFlow


def _nothing(_: str) -> None:
    """Nothing is to be done when the server has its address."""


@dataclass(frozen=True)
class Prepared:
    """The settings of a server, and what the tests find in their environment."""

    settings: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    when_started: Callable[[str], None] = _nothing


@asynccontextmanager
async def _open(_: str) -> AsyncIterator[Prepared]:
    yield Prepared()


@asynccontextmanager
async def _with_tokens_and_issuer(database_url: str) -> AsyncIterator[Prepared]:
    """A registry that requires tokens, and an issuer at which people sign in."""
    database = Database(database_url)
    token = await factories.token(database, Role.ADMIN, name="tests")
    await database.close()
    with issuers.issuing() as issuer:
        flow = CodeFlow(issuer)
        settings = {
            "require_tokens": True,
            "oidc_browser_client_id": CLIENT_ID,
            "oidc_clock_skew_s": 0,
        }

        def when_started(address: str) -> None:
            flow.origin = address

        environment = {"TOKEN": token, "ISSUER": issuer.url}
        yield Prepared(issuer.settings(**settings), environment, when_started)


@asynccontextmanager
async def _with_own_process(database_url: str) -> AsyncIterator[Prepared]:
    """The tests start a second server, on the same database; see ui/tests/server.ts."""
    address = f"http://127.0.0.1:{processes.free_port()}"
    environment = {"LIVE_URL": address, "DATABASE_URL": database_url, "PYTHON": sys.executable}
    yield Prepared(environment=environment)


@asynccontextmanager
async def _documents_only(database_url: str) -> AsyncIterator[Prepared]:
    """A registry that executes trusted documents alone, and an EDITOR, who may send no others."""
    database = Database(database_url)
    token = await factories.token(database, Role.EDITOR, name="tests")
    await database.close()
    yield Prepared({"require_tokens": True, "documents_only": True}, {"TOKEN": token})


_BY_SPEC = {
    "documents-only.spec.ts": _documents_only,
    "live.spec.ts": _with_own_process,
    "sign-in.spec.ts": _with_tokens_and_issuer,
}


def prepared(spec: str, database_url: str) -> AbstractAsyncContextManager[Prepared]:
    """What a file of tests needs."""
    return _BY_SPEC.get(spec, _open)(database_url)
