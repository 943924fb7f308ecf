"""What the faults are injected into: a database, a server on it, and cold storage."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from urllib.request import Request, urlopen

import psutil  # type: ignore[import-untyped]  # its stubs are a separate package

from deploy.lab import haproxy, postgres, processes, registry
from deploy.lab.faults import disks
from deploy.lab.haproxy import Forwarder
from deploy.lab.postgres import Postgres
from deploy.lab.registry import Registry

_DISK_MB, _COLD_MB = 400, 2
_FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
HOST = "database.lab"  # resolved by the hosts file of the setup DNS
BUCKET = "cold"
_ENDPOINT = "AWS_ENDPOINT_URL"


@dataclass(slots=True)
class Lab:
    """The components that run now."""

    folder: Path
    registry: Registry
    postgres: Postgres | None = None  # None: the server runs the embedded one
    s3: Popen[bytes] | None = None
    s3_proxy: Forwarder | None = None

    @property
    def database(self) -> Postgres:
        """The database that the lab runs."""
        assert self.postgres is not None
        return self.postgres

    @property
    def database_url(self) -> str:
        """The URL of the registry's database."""
        if self.postgres is not None:
            return self.postgres.url
        folder = self.folder / "registry" / "data" / "postgres"
        port, sockets = (folder / "postmaster.pid").read_text().split("\n")[3:5]
        return f"postgresql://postgres@/registry?host={sockets}&port={port}"

    @property
    def cold(self) -> Path:
        """The folder of the archives: a small file system of its own."""
        return self.folder / "cold"

    def workers(self) -> list[psutil.Process]:
        """The processes that answer requests, the oldest first."""
        children = psutil.Process(self.registry.process.pid).children()
        found = [one for one in children if "spawn_main" in " ".join(one.cmdline())]
        return sorted(found, key=lambda one: one.create_time())


@dataclass(frozen=True, slots=True)
class Setup:
    """How the server is started for some of the faults."""

    arguments: tuple[str, ...] = ()
    has_s3: bool = False
    has_s3_proxy: bool = False  # before it
    has_own_clock: bool = False
    has_own_names: bool = False  # a file of hosts that can be changed
    is_embedded: bool = False


PLAIN = Setup()
WORKERS = Setup(arguments=("--workers", "2"))
S3 = Setup(has_s3=True)
S3_BY_PROXY = Setup(has_s3=True, has_s3_proxy=True)
CLOCK = Setup(has_own_clock=True)
NAMES = Setup(has_own_names=True)
EMBEDDED = Setup(is_embedded=True)


@contextmanager
def started(setup: Setup, folder: Path) -> Iterator[Lab]:
    """The components of a setup, for the length of the block."""
    with ExitStack() as stack:
        cold = stack.enter_context(disks.mounted(folder / "cold", _COLD_MB))
        variables = {"REGISTRY_ARCHIVE_URL": cold.as_uri()}
        database, s3, s3_proxy, url = None, None, None, ""
        if not setup.is_embedded:
            disk = stack.enter_context(disks.mounted(folder / "disk", _DISK_MB))
            clock = _clock(folder / "database-clock") if setup.has_own_clock else {}
            database = stack.enter_context(postgres.running(disk / "data", _DATABASE, clock))
            url = database.url
        if setup.has_s3:
            s3, more = stack.enter_context(_s3(folder))
            variables |= more
        if setup.has_s3_proxy:
            port = int(variables[_ENDPOINT].rpartition(":")[2])
            s3_proxy = stack.enter_context(haproxy.forwarding(folder, port))
            variables[_ENDPOINT] = f"http://127.0.0.1:{s3_proxy.port}"
        before: tuple[str, ...] = ()
        if setup.has_own_clock:
            variables |= _clock(folder / "clock")
        if setup.has_own_names:
            before = _names(folder)
            url = url.replace("127.0.0.1", HOST)
        served = stack.enter_context(
            registry.serving(
                folder / "registry", url, *setup.arguments, variables=variables, before=before
            )
        )
        yield Lab(folder, served, database, s3, s3_proxy)


# Small, so that a disk of 400 MB is filled by a file beside it and not by the log.
_DATABASE = {
    "max_connections": "60",
    "max_wal_size": "64MB",
    "fsync": "off",
}


def _clock(file: Path) -> dict[str, str]:
    """A clock of a process's own, which the file moves, as by `+3600`."""
    if not Path(_FAKETIME).exists():
        raise processes.MissingProgram("libfaketime is not installed: apt-get install libfaketime")
    file.write_text("+0\n")
    file.chmod(0o644)  # PostgreSQL runs as another user
    return {
        "LD_PRELOAD": _FAKETIME,
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def _names(folder: Path) -> tuple[str, ...]:
    """What starts the server in a mount namespace with its own `hosts` and `resolv.conf`."""
    (folder / "hosts").write_text(f"127.0.0.1 localhost {HOST}\n")
    (folder / "resolv.conf").write_text("nameserver 127.0.0.77\noptions attempts:1 timeout:3\n")
    mounts = " && ".join(
        f"mount --bind {folder / name} /etc/{name}" for name in ("hosts", "resolv.conf")
    )
    return ("unshare", "--mount", "sh", "-c", f'{mounts} && exec "$@"', "sh")


@contextmanager
def _s3(folder: Path) -> Iterator[tuple[Popen[bytes], dict[str, str]]]:
    port = processes.free_port()
    program = Path(sys.executable).with_name("moto_server")
    command = [str(program), "-H", "127.0.0.1", "-p", str(port)]
    variables = {
        _ENDPOINT: f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "lab",
        "AWS_SECRET_ACCESS_KEY": "lab",
        "AWS_REGION": "eu-central-1",
        "REGISTRY_ARCHIVE_URL": f"s3://{BUCKET}/archives",
        "REGISTRY_ARCHIVE_STORAGE_CLASS": "STANDARD",
    }
    with processes.running(command, folder / "s3.log") as process:
        processes.wait_until(lambda: processes.is_listening(port), "the S3 server")
        _create_bucket(f"http://127.0.0.1:{port}")
        yield process, variables


def _create_bucket(endpoint: str) -> None:
    request = Request(f"{endpoint}/{BUCKET}", method="PUT", data=b"")  # on loopback
    with urlopen(request, timeout=10):
        pass
