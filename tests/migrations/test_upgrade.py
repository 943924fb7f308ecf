"""Two releases side by side on one database, under load: docs/operations.md, Upgrades."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from subprocess import run
from typing import TypeAlias

import httpx
import pytest

from deploy.lab import registry
from deploy.lab.registry import ROOT, Registry
from tests.migrations import releases
from tests.migrations.releases import COMPATIBLE, PREVIOUS
from tests.migrations.upgrading import Follower, Load

Start: TypeAlias = Callable[..., Awaitable[Registry]]
# The servers get no requests any more when they stop.
VARIABLES = {"REGISTRY_DRAIN_S": "0"}
CATALOG = {"REGISTRY_FIRST_CATALOG": "genai-prices"}


@pytest.fixture
async def load(empty_url: str) -> AsyncIterator[Load]:
    async with httpx.AsyncClient(timeout=30) as http:
        yield Load(http, empty_url)


@pytest.fixture
def start(tmp_path: Path, load: Load) -> Iterator[Start]:
    """Starts a server with the code of a folder; it ends with the test."""
    with ExitStack() as stack:

        async def started(
            name: str, code: Path, *, migrates: bool = False, more: dict[str, str] | None = None
        ) -> Registry:
            variables = {**VARIABLES, "PYTHONPATH": str(code), **(more or {})}
            folder, url = tmp_path / name, load.database_url
            serving = registry.serving(folder, url, variables=variables, migrates=migrates)
            return await asyncio.to_thread(stack.enter_context, serving)

        yield started
    for log in tmp_path.glob("*/registry.log"):
        assert '"level":"error"' not in log.read_text()


async def test_an_upgrade_from_the_release_before_and_back(
    tmp_path: Path, load: Load, start: Start
) -> None:
    released, url = releases.of(PREVIOUS, tmp_path / "released"), load.database_url
    old = await start("old", released, migrates=True, more=CATALOG)
    await load.prepare(old)
    follower = Follower(load)
    await follower.begin(old)

    new = await load.during(start("new", ROOT))
    await load.answers(new, 503)
    await load.during(_run(ROOT, url, "migrate"))
    await load.answers(old, PREVIOUS.status)
    await load.answers(new, 200)
    other = Follower(load)
    await other.begin(new)
    load.use(old, new)
    load.ready = [new]
    await load.during(load.pages())

    load.use(new)  # as a load balancer does it
    await load.during(follower.end(old))
    await follower.begin(new)
    await follower.has_all()
    await other.has_all()
    load.ready = []
    await asyncio.gather(follower.end(new), other.end(new))

    losses = await _run(ROOT, url, "migrate", PREVIOUS.migration, "--down", code_of_exit=1)
    assert "(migration 0023)" in losses
    await _run(ROOT, url, "migrate", PREVIOUS.migration, "--down", "--yes")
    again = await start("again", released)
    await load.answers(again, 200)
    load.use(again)
    load.ready = [again]
    await load.during(load.pages())
    load.check()


async def test_a_release_that_only_adds_and_back_without_a_stop(
    tmp_path: Path, load: Load, start: Start
) -> None:
    released, url = releases.of(COMPATIBLE, tmp_path / "released"), load.database_url
    following = releases.following(tmp_path / "following", COMPATIBLE.migration)
    old = await start("old", released, migrates=True)
    await load.prepare(old)
    follower = Follower(load)
    await follower.begin(old)

    load.ready = [old]
    await load.during(_run(following, url, "migrate"))
    new = await start("new", following)
    other = Follower(load)
    await other.begin(new)
    load.use(old, new)
    load.ready = [old, new]
    # an old server is started again meanwhile, by a command that would migrate
    again = await load.during(start("again", released, migrates=True))
    load.use(again, new)
    load.ready = [again, new]
    await load.during(follower.end(old))
    await follower.begin(again)

    load.use(again)
    load.ready = [again]
    await load.during(other.end(new))
    await other.begin(again)
    undo = ("migrate", COMPATIBLE.migration, "--down", "--yes")
    assert "the notes of models" in await load.during(_run(following, url, *undo))
    await follower.has_all()
    await other.has_all()
    load.check(dropped=releases.ADDED)


async def _run(code: Path, url: str, *arguments: str, code_of_exit: int = 0) -> str:
    """The output of a command of the code in a folder."""
    done = await asyncio.to_thread(
        run,
        [sys.executable, "-m", "server", *arguments],
        cwd=code,
        env={"DATABASE_URL": url},
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == code_of_exit, done.stderr
    return done.stdout + done.stderr
