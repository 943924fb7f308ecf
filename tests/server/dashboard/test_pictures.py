"""The pictures of the README: a script takes them of a registry with the catalog of a first start.

`make pictures` runs this with PICTURES_FOLDER=docs, to refresh those that are committed.
"""

import asyncio
import os
import re
from pathlib import Path

import pytest

from server import app
from server.settings import Settings
from tests.db.clones import cloned
from tests.server.browser.test_browser import CHROMIUM, MISSING, UI
from tests.server.conftest import running

ROOT = UI.parent
SIZE = (1280, 800)
BYTES_MAX = 200_000
WAIT_S = 240


def _named() -> set[str]:
    """The pictures of the dashboard in the README."""
    shown = re.findall(r"!\[[^\]]+\]\(docs/([\w-]+\.png)\)", (ROOT / "README.md").read_text())
    return {name for name in shown if name.startswith("dashboard-")}


def _size(picture: Path) -> tuple[int, int]:
    """Width and height, of the header that each PNG begins with."""
    header = picture.read_bytes()[16:24]
    return int.from_bytes(header[:4]), int.from_bytes(header[4:])


def test_the_readme_shows_the_committed_pictures() -> None:
    committed = _taken(ROOT / "docs")
    assert _named() == set(committed)
    for picture in committed.values():
        assert _size(picture) == SIZE
        assert picture.stat().st_size <= BYTES_MAX


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the pictures are to be."""
    return Path(os.environ.get("PICTURES_FOLDER", tmp_path)).resolve()


def _taken(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in folder.glob("dashboard-*.png")}


@pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {MISSING}")
async def test_the_script_takes_each_picture(
    postgres_url: str, with_catalog: str, folder: Path
) -> None:
    with cloned(postgres_url, with_catalog) as url:
        settings = Settings(_env_file=None, jobs=False)
        async with running(app.build(settings, url)) as client:
            await _take(str(client.base_url).rstrip("/"), folder)
    taken = _taken(folder)
    assert set(taken) == _named()
    assert {name: _size(path) for name, path in taken.items()} == dict.fromkeys(taken, SIZE)
    assert max(path.stat().st_size for path in taken.values()) <= BYTES_MAX


async def _take(address: str, folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *("node", str(UI / "pictures.mjs"), address, str(folder)),
        env={**os.environ, "CHROMIUM": str(CHROMIUM)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(WAIT_S):
        told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
