"""The measurement of the dashboard's list of models runs from end to end, whatever its figures."""

import asyncio
import json

import pytest

from catalogs import synthetic
from db.postgres.engine import Database
from server import app
from server.settings import Settings
from tests.db.clones import cloned
from tests.server.browser.test_browser import MISSING, UI
from tests.server.conftest import running

MODELS = 120
WAIT_S = 120

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {MISSING}")


async def test_the_list_is_measured(postgres_url: str, template: str) -> None:
    with cloned(postgres_url, template) as url:
        database = Database(url)
        _, warnings = await synthetic.load(database, (MODELS, 1, 1), 1, lambda *_: None)
        assert not warnings
        await database.close()
        settings = Settings(_env_file=None, jobs=False)
        async with running(app.build(settings, url)) as client:
            address = str(client.base_url).rstrip("/")
            process = await asyncio.create_subprocess_exec(
                *("node", "measure.mjs", address, "0"), cwd=UI, stdout=asyncio.subprocess.PIPE
            )
            async with asyncio.timeout(WAIT_S):
                printed, _ = await process.communicate()
    assert process.returncode == 0
    results = json.loads(printed)
    assert results["scrolling"]["rowsReached"] > 0
    assert len(results["firstRows"]["afterPageMs"]) == 5
    assert set(results["scrolling"]["byJumps"]) == set(results["typing"])
