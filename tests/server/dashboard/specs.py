"""Runs a file of ui/tests by Playwright, against a server of its own.

The server holds the catalog of a first start. The files are divided among modules of
tests, since a module runs in one process of the suite.
"""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from server import app
from server.settings import Settings
from tests.db.clones import cloned
from tests.server.browser.test_browser import CHROMIUM, MISSING, UI
from tests.server.conftest import running
from tests.server.dashboard.prepared import prepared

# Files that take about as long as the rest of them: the measure is `pytest --durations 0`.
OPERATIONS = ("retention.spec.ts", "routing.spec.ts", "tokens.spec.ts", "audit.spec.ts")
SIGN_IN = ("sign-in.spec.ts", "frame.spec.ts")
LIVE = ("live.spec.ts", "documents-only.spec.ts")
LISTS = ("models.spec.ts", "compare.spec.ts", "address.spec.ts", "limits.spec.ts")
_ALL = {path.name for path in (UI / "tests").glob("*.spec.ts")}
MODEL = tuple(sorted(name for name in _ALL if name.startswith(("model.", "model-"))))
OTHERS = tuple(sorted(_ALL - {*OPERATIONS, *SIGN_IN, *LIVE, *LISTS, *MODEL}))
NEEDS_CHROMIUM = pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {MISSING}")
_WAIT_S = 600  # for a file that hangs: its tests have limits of their own, in playwright.config.ts


async def run(spec: str, postgres_url: str, database: str, folder: Path) -> None:
    """Run a file of tests on a copy of a database; it may write, as no other sees it."""
    with cloned(postgres_url, database) as url:
        async with prepared(spec, url) as given:
            settings = Settings(_env_file=None, jobs=False, **given.settings)
            async with running(app.build(settings, url)) as client:
                address = str(client.base_url).rstrip("/")
                given.when_started(address)
                await _playwright(spec, {**given.environment, "BASE_URL": address}, folder)


async def _playwright(spec: str, environment: dict[str, str], folder: Path) -> None:
    """Run a file of tests by Playwright; its own report is the message of a failure."""
    process = await asyncio.create_subprocess_exec(
        *("npx", "playwright", "test", f"tests/{spec}"),
        cwd=UI,
        env={
            **os.environ,
            **environment,
            "CHROMIUM": str(CHROMIUM),
            "PLAYWRIGHT_OUTPUT": str(folder),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(_WAIT_S):
            told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)  # with its browsers
    assert process.returncode == 0, told.decode()
