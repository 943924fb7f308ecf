"""etcd of the lab: one member, which Patroni keeps its leader in."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from deploy.lab import processes


@dataclass(slots=True)
class Etcd:
    """One member; its clients' address is `127.0.0.1:port`."""

    port: int
    process: subprocess.Popen[bytes]


@contextmanager
def running(folder: Path) -> Iterator[Etcd]:
    """A new member for the length of the block; raises MissingProgram."""
    folder.mkdir(parents=True, exist_ok=True)
    program = processes.program("etcd", "etcd-server")
    port, peer = processes.free_port(), f"http://127.0.0.1:{processes.free_port()}"
    clients = f"http://127.0.0.1:{port}"
    options = {
        "name": "lab",
        "data-dir": str(folder / "data"),
        "listen-client-urls": clients,
        "advertise-client-urls": clients,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"lab={peer}",
        "unsafe-no-fsync": "true",
    }
    command = [program, *(f"--{name}={value}" for name, value in options.items())]
    with processes.running(command, folder / "etcd.log") as process:

        def is_healthy() -> bool:
            with urlopen(f"{clients}/health", timeout=1) as response:
                return bool(json.load(response)["health"] == "true")

        processes.wait_until(is_healthy, "etcd")
        yield Etcd(port, process)
