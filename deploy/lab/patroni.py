"""Patroni of the lab: it runs PostgreSQL servers, and makes a standby the primary in a failover.

`python -m deploy.lab.patroni` installs it from PyPI into a folder that later runs use.
"""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own

from db.postgres import embedded
from deploy.lab import postgres, processes

_REQUIREMENT = "patroni[etcd3,psycopg3]==4.1.5"
FOLDER = Path(os.environ.get("REGISTRY_LAB", "/var/tmp/registry-lab")) / "patroni"
# The shortest times that Patroni accepts; its defaults are 30, 10 and 10 seconds.
TTL_S, _LOOP_S, _RETRY_S = 20, 1, 3
_START_S = 90


@dataclass(slots=True)
class Node:
    """One Patroni with its PostgreSQL server."""

    name: str
    folder: Path
    port: int
    rest_port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start Patroni, which starts PostgreSQL."""
        with (self.folder / "patroni.log").open("ab") as log:
            self.process = subprocess.Popen(
                [program("patroni"), str(self.folder / "patroni.json")],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                user=postgres.system_user(),
                start_new_session=True,
            )

    def role(self) -> str | None:
        """`primary` or `replica`, as Patroni says; None while it does not answer."""
        assert self.process is None or self.process.poll() is None, "Patroni has ended"
        try:
            with urlopen(f"http://127.0.0.1:{self.rest_port}/patroni", timeout=1) as response:
                found = json.load(response)
        except (URLError, OSError, ValueError):
            return None
        return str(found["role"]) if found.get("state") in ("running", "streaming") else None

    def kill(self) -> None:
        """Kill Patroni and all processes of PostgreSQL at once, as a loss of power does."""
        found = [*_tree(self.process.pid if self.process else None), *_tree(self.postmaster())]
        for each in found:
            with suppress(psutil.Error):
                each.kill()
        if self.process is not None:
            self.process.wait()
            self.process = None

    def signal_server(self, number: signal.Signals) -> None:
        """Send a signal to each process of PostgreSQL: SIGSTOP freezes it, SIGCONT lets it go."""
        for each in _tree(self.postmaster()):
            with suppress(psutil.Error):
                each.send_signal(number)

    def postmaster(self) -> int | None:
        """The process of PostgreSQL, if it has one."""
        with suppress(OSError, ValueError, IndexError):
            return int((self.folder / "data/postmaster.pid").read_text().splitlines()[0])
        return None


@dataclass(slots=True)
class Cluster:
    """Two nodes, of which one is the primary."""

    nodes: list[Node]
    is_synchronous: bool
    configuration: Path = field(default_factory=Path)

    @property
    def url(self) -> str:
        """The URL of the database `registry` on whichever node is the primary."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"postgresql://postgres@{hosts}/{postgres.DATABASE}?target_session_attrs=read-write"

    def primary(self) -> Node | None:
        """The node that is the primary now."""
        return next((node for node in self.nodes if node.role() == "primary"), None)

    def other(self, node: Node) -> Node:
        """The node that the given one is not."""
        return next(each for each in self.nodes if each is not node)

    def switch_over(self, leader: Node) -> str:
        """Make the other node the primary, in order; returns what patronictl prints."""
        command = [program("patronictl"), "-c", str(self.configuration), "switchover", "registry"]
        names = ["--leader", leader.name, "--candidate", self.other(leader).name, "--force"]
        done = subprocess.run([*command, *names], capture_output=True, text=True, check=True)
        return done.stdout


def program(name: str) -> str:
    """The path of a program of Patroni; raises MissingProgram."""
    path = FOLDER / "bin" / name
    if not path.is_file():
        raise processes.MissingProgram(f"no {name} in {FOLDER}: run python -m deploy.lab.patroni")
    return str(path)


@contextmanager
def running(folder: Path, etcd_port: int, *, synchronous: bool) -> Iterator[Cluster]:
    """A primary and a standby that follows it, for the length of the block."""
    program("patroni")
    nodes = [_node(folder / name, etcd_port, synchronous) for name in ("one", "two")]
    cluster = Cluster(nodes, synchronous, folder / "one" / "patroni.json")
    with ExitStack() as stack:
        for node in nodes:
            stack.callback(node.kill)
            node.start()
            processes.wait_until(node.role, f"Patroni {node.name}", timeout_s=_START_S)
        primary = cluster.primary()
        assert primary is not None
        wanted = "sync" if synchronous else "async"
        state = "SELECT sync_state FROM pg_stat_replication"
        processes.wait_until(lambda: rows(primary, state) == [(wanted,)], "the standby")
        rows(primary, f"CREATE DATABASE {postgres.DATABASE}")
        yield cluster


def rows(node: Node, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
    """The rows of a statement on a node, committed by itself."""
    server = postgres.Postgres(node.folder, node.port)
    return server.execute(statement, database)


def _node(folder: Path, etcd_port: int, synchronous: bool) -> Node:
    postgres.prepare(folder)
    node = Node(folder.name, folder, processes.free_port(), processes.free_port())
    file = folder / "patroni.json"  # YAML, too
    file.write_text(json.dumps(_configuration(node, etcd_port, synchronous), indent=1))
    file.chmod(0o644)
    return node


def _configuration(node: Node, etcd_port: int, synchronous: bool) -> dict[str, object]:
    rest, address = f"127.0.0.1:{node.rest_port}", f"127.0.0.1:{node.port}"
    superuser = {"username": "postgres"}
    return {
        "scope": "registry",
        "name": node.name,
        "restapi": {"listen": rest, "connect_address": rest},
        "etcd3": {"host": f"127.0.0.1:{etcd_port}"},
        "bootstrap": {
            "dcs": {
                "ttl": TTL_S,
                "loop_wait": _LOOP_S,
                "retry_timeout": _RETRY_S,
                "synchronous_mode": synchronous,
                "maximum_lag_on_failover": 16 * 2**20,
                "postgresql": {"use_pg_rewind": True, "parameters": {"wal_log_hints": "on"}},
            },
            "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, {"auth": "trust"}, "no-sync"],
        },
        "postgresql": {
            "listen": address,
            "connect_address": address,
            "data_dir": str(node.folder / "data"),
            "bin_dir": str(embedded.BINARIES),
            "pgpass": str(node.folder / "pgpass"),
            "authentication": {
                "superuser": superuser,
                "replication": superuser,
                "rewind": superuser,
            },
            "pg_hba": [
                "local all all trust",
                "host all all 127.0.0.1/32 trust",
                "host replication all 127.0.0.1/32 trust",
            ],
            "parameters": {"unix_socket_directories": str(node.folder), "timezone": "UTC"},
        },
    }


def _tree(pid: int | None) -> list[psutil.Process]:
    """A process and all its children; none when there is no such process."""
    if pid is None:
        return []
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def install() -> None:
    """Make a virtual environment with Patroni, some 30 MB; its user is PostgreSQL's."""
    if (FOLDER / "bin/patroni").is_file():
        return
    uv = processes.program("uv", "uv, or make .venv/.made")
    python = "/usr/bin/python3" if os.geteuid() == 0 else "python3"  # root's own may be hidden
    subprocess.run([uv, "venv", "-q", "--python", python, str(FOLDER)], check=True)
    into = ["--python", str(FOLDER / "bin/python")]
    subprocess.run([uv, "pip", "install", "-q", *into, _REQUIREMENT], check=True)


if __name__ == "__main__":
    install()
    print(subprocess.check_output([program("patroni"), "--version"], text=True))
