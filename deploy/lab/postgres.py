"""PostgreSQL servers of the lab, from the binaries of the embedded PostgreSQL."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from db.postgres import embedded
from deploy.lab import processes

DATABASE = "registry"
_USER = "pgserver"  # PostgreSQL does not run as root; the embedded one has the same user
# Any role, without a password: it listens on loopback alone.
_HBA = """\
local all all trust
host all all 127.0.0.1/32 trust
host replication all 127.0.0.1/32 trust
"""


@dataclass(slots=True)
class Postgres:
    """One server: its folder, its port, and the process while it runs."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    settings: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)  # of its environment

    @property
    def url(self) -> str:
        """The URL of its database `registry`, as its superuser."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The URL of one of its databases, as its superuser."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """The rows of one statement, on a connection of its own, committed by itself."""
        with psycopg.connect(self.url_of(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    @property
    def log(self) -> Path:
        """The file of its log lines."""
        return self.folder.parent / f"{self.folder.name}.log"

    def start(self) -> float:
        """Start it, and return the seconds until it accepted a connection."""
        given = [f"--{name}={value}" for name, value in self.settings.items()]
        command = [str(embedded.BINARIES / "postgres"), "-D", str(self.folder), *given]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                user=system_user(),
                env={**os.environ, **self.variables},
                start_new_session=True,
            )
        return processes.wait_until(self.is_ready, f"PostgreSQL on port {self.port}")

    def is_ready(self) -> bool:
        """Whether it accepts connections."""
        assert self.process is None or self.process.poll() is None, (
            f"PostgreSQL has ended: {self.log.read_text()[-500:]}"
        )
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGTERM waits for clients, SIGINT disconnects them, SIGQUIT is a crash."""
        if self.process is not None:
            processes.end(self.process, number)
            self.process = None

    def kill(self) -> None:
        """Kill all its processes at once, as a loss of power does."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to each of its processes: SIGSTOP freezes them, SIGCONT lets them go on."""
        assert self.process is not None
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        for pid in (self.process.pid, *map(int, found.stdout.split())):
            with suppress(ProcessLookupError):  # a backend may have ended meanwhile
                os.kill(pid, number)


@contextmanager
def running(
    folder: Path,
    settings: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Postgres]:
    """A new server with an empty database `registry`, for the length of the block.

    `variables` are added to those of its environment.
    """
    server = created(folder, settings)
    server.variables.update(variables or {})
    server.start()
    try:
        server.execute(f"CREATE DATABASE {DATABASE}")
        yield server
    finally:
        server.stop()


def created(folder: Path, settings: Mapping[str, str] | None = None) -> Postgres:
    """A new server that does not run yet."""
    prepare(folder)
    options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
    run("initdb", "-D", str(folder), *options)
    (folder / "pg_hba.conf").write_text(_HBA)
    return configured(folder, settings)


@contextmanager
def standby(
    primary: Postgres, folder: Path, settings: Mapping[str, str] | None = None
) -> Iterator[Postgres]:
    """A standby of a running primary by streaming replication, for the length of the block.

    Its `application_name`, which synchronous_standby_names names, is that of its folder.
    """
    prepare(folder)
    source = f"postgresql://postgres@127.0.0.1:{primary.port}/?application_name={folder.name}"
    run(
        "pg_basebackup",
        "-D",
        str(folder),
        "-d",
        source,
        "-R",
        "-X",
        "stream",
        "-c",
        "fast",
        "--no-sync",
    )
    server = configured(folder, settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def configured(folder: Path, settings: Mapping[str, str] | None = None) -> Postgres:
    """A server on a folder that has data, on a free port of loopback."""
    port = processes.free_port()
    own = {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": str(folder),
        "timezone": "UTC",
        **(settings or {}),
    }
    return Postgres(folder, port, settings=own)


def run(name: str, *arguments: str) -> str:
    """What a program of PostgreSQL prints; raises CalledProcessError, with its message printed."""
    done = subprocess.run(
        [str(embedded.BINARIES / name), *arguments],
        user=system_user(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout, done.stderr)
    done.check_returncode()
    return done.stdout


def prepare(folder: Path) -> None:
    """Make an empty folder that PostgreSQL's user can reach, and owns."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    user = system_user()
    if user is None:
        return
    shutil.chown(folder, user, user)
    for parent in folder.parents:
        if parent.stat().st_uid == os.getuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)


def system_user() -> str | None:
    """The user of PostgreSQL's processes; None for the own one, which is not root."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(_USER)
    except KeyError:
        subprocess.run(["useradd", "-s", "/bin/bash", _USER], check=True, capture_output=True)
    return _USER
