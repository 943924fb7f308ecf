"""docs/polling.md: its commands do what it says, with the curl of this machine."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from db.postgres.engine import Database
from server.settings import Settings
from tests import factories
from tests.project.pages import ROOT, blocks_of
from tests.server.conftest import Serving, on_every_path

PAGE = ROOT / "docs" / "polling.md"
ADDRESS = f"http://127.0.0.1:{Settings(_env_file=None).port}"
FIRST, AGAIN, HEAD = (block.text for block in blocks_of(PAGE) if block.language == "console")


async def _run(command: str, address: str, folder: Path) -> str:
    """What a command of the page prints."""
    assert ADDRESS in command
    shell = await asyncio.create_subprocess_shell(
        command.replace(ADDRESS, address), cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await shell.communicate()
    assert shell.returncode == 0
    return printed.decode()


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@on_every_path
async def test_the_commands_do_what_the_page_says(
    serve: Serving, db: Database, tmp_path: Path
) -> None:
    model = await factories.model(db, name="gpt-4o")
    async with serve(documents=ROOT / "ui" / "examples") as client:
        address = str(client.base_url).rstrip("/")
        kept = tmp_path / "gateway.json"
        assert await _run(FIRST, address, tmp_path) == "200\n"
        body = json.loads(kept.read_text("utf-8"))
        assert body["data"]["model"]["name"] == "gpt-4o"
        await factories.model(db, name="another")
        for _ in range(2):
            assert await _run(AGAIN, address, tmp_path) == "304 0\n"
            assert json.loads(kept.read_text("utf-8")) == body
        tag = (tmp_path / "gateway.etag").read_text("utf-8").strip()
        head = await _run(HEAD, address, tmp_path)
        assert head.startswith("HTTP/1.1 200 ")
        assert f"etag: {tag}\r\n" in head
        await factories.version(db, model)
        assert (await _run(AGAIN, address, tmp_path)).startswith("200 ")
        assert json.loads(kept.read_text("utf-8")) != body
