"""`make demo`: a provider breaks and recovers, the registry goes and comes back, and all is seen.

Exit code 0 when everything happened, 1 when something did not, 130 after Ctrl-C.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from examples.gateway.client import RegistryClient
from examples.gateway.demo import content, processes, story
from examples.gateway.demo.content import MODEL, Server
from examples.gateway.demo.load import Load
from examples.gateway.demo.screen import Screen
from examples.gateway.demo.watching import Watcher
from examples.gateway.transport import Refused

DOCS = Path(__file__).parents[3] / "docs"
_PROVIDERS = (("alpha", 40, 50), ("beta", 60, 30), ("gamma", 90, 20))  # name, ms, weight


def main() -> int:
    """Run the demo, and say what was missing."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="in half the time, for tests")
    parser.add_argument("--record", action="store_true", help="write docs/demo.svg and demo.txt")
    parser.add_argument("--folder", type=Path, help="where the data stays; a temporary one else")
    given = parser.parse_args()
    screen = Screen(given.record)
    try:
        with _folder(given.folder) as folder:
            asyncio.run(_run(folder, screen, given.quick))
    except (story.Missing, processes.NotStarted, Refused) as error:
        screen.say(f"missing: {error}", "bold red")
        return 1
    except KeyboardInterrupt:
        screen.say("stopped")
        return 130
    finally:
        screen.close()
    if given.record:
        screen.save(DOCS)
    return 0


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _run(folder: Path, screen: Screen, is_quick: bool) -> None:
    """Start everything, tell the story, and stop everything."""
    servers = [Server(name, ms, w, processes.free_port()) for name, ms, w in _PROVIDERS]
    registry_port, gateway_port = processes.free_port(), processes.free_port()
    registry_url = f"http://127.0.0.1:{registry_port}"
    gateway_url = f"http://127.0.0.1:{gateway_port}"
    registry = processes.registry(folder, registry_port)
    named = [f"{each.name}:{each.port}:{each.latency_ms}" for each in servers]
    providers = processes.python("providers", folder, "examples.gateway.providers", *named)
    options = ["--registry", f"{registry_url}/graphql", "--port", str(gateway_port)]
    gateway = processes.python("gateway", folder, "examples.gateway", *options)
    try:
        async with httpx.AsyncClient(timeout=5.0) as http:
            with processes.stopping(registry, providers, gateway):
                screen.say("the registry starts, on an embedded PostgreSQL")
                registry.start()
                providers.start()
                await registry.answers(f"{registry_url}/readyz")
                client = RegistryClient(f"{registry_url}/graphql", http)
                await content.create(client, servers)
                gateway.start()
                await gateway.answers(f"{gateway_url}/routes")
                load = Load(gateway_url, MODEL)
                watcher = Watcher(client, http, gateway_url, load)
                world = story.World(
                    client, http, registry, registry_url, servers, load, watcher, screen, is_quick
                )
                await _with_load(world)
    finally:
        if registry.was_killed:
            processes.stop_database(folder)


async def _with_load(world: story.World) -> None:
    calling = asyncio.create_task(world.load.run())
    try:
        await story.run(world)
    finally:
        calling.cancel()
        with suppress(asyncio.CancelledError):
            await calling
    await story.settle(world)


if __name__ == "__main__":
    sys.exit(main())
