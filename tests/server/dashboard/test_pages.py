"""The pages of the dashboard in Chromium: each file of ui/tests against a server of its own.

The server holds the catalog of a first start. A file of tests may write: no other sees it.
It needs Chromium and `make ui`, and is skipped without them.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from catalogs.sources import genai_prices
from db.postgres.engine import Database
from server import app
from server.settings import Settings
from tests.db.clones import cloned
from tests.imports import import_file
from tests.server.browser.test_browser import CHROMIUM, MISSING, UI
from tests.server.conftest import running
from tests.server.dashboard.prepared import prepared

SPECS = sorted(path.name for path in (UI / "tests").glob("*.spec.ts"))
WAIT_S = 240

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {MISSING}")


@pytest.fixture(scope="module")
async def with_catalog(postgres_url: str, template: str) -> AsyncIterator[str]:
    """The name of a database that holds the catalog of a first start."""
    with cloned(postgres_url, template) as url:
        database = Database(url)
        await import_file(database, genai_prices.read())
        await database.close()  # a database with sessions is no template
        yield str(make_url(url).database)


@pytest.mark.parametrize("spec", SPECS)
async def test_pages(spec: str, postgres_url: str, with_catalog: str, tmp_path: Path) -> None:
    with cloned(postgres_url, with_catalog) as url:
        async with prepared(spec, url) as given:
            settings = Settings(_env_file=None, jobs=False, **given.settings)
            async with running(app.build(settings, url)) as client:
                address = str(client.base_url).rstrip("/")
                given.when_started(address)
                environment = {**given.environment, "BASE_URL": address}
                await _run(spec, environment, tmp_path)


async def _run(spec: str, environment: dict[str, str], folder: Path) -> None:
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
    )
    async with asyncio.timeout(WAIT_S):
        told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
