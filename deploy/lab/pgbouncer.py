"""PgBouncer of the lab: Debian's own, and a newer one that keeps prepared statements.

`python -m deploy.lab.pgbouncer` unpacks the newer one into a folder that later runs use.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from deploy.lab import postgres, processes

_SUITE = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror} trixie main"
_MIRROR = "http://deb.debian.org/debian"
# What it links, as the machine's own libraries are older.
_PACKAGES = (
    *("pgbouncer", "libc6", "libevent-2.1-7t64", "libcares2", "libssl3t64", "libpam0g"),
    *("libsystemd0", "libcap2", "libaudit1", "libcap-ng0", "libzstd1", "zlib1g"),
)
_LIBRARIES = "usr/lib/x86_64-linux-gnu"
FOLDER = Path(os.environ.get("REGISTRY_LAB", "/var/tmp/registry-lab")) / "pgbouncer-trixie"
_APT = """\
Dir::State::lists "{folder}/lists";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Sandbox::User "root";
"""


@dataclass(slots=True)
class PgBouncer:
    """One pooler in front of one database; `settings` are those of its file."""

    folder: Path
    port: int
    command: Sequence[str]
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of the database `registry` through the pooler."""
        return self.url_of(postgres.DATABASE)

    def url_of(self, database: str) -> str:
        """The URL of one of the server's databases, through the pooler."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    @property
    def log(self) -> Path:
        """The file of its log."""
        return self.folder / "pgbouncer.log"

    def start(self) -> float:
        """Start it, and return the seconds until it accepted a connection."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command, str(self.folder / "pgbouncer.ini")],
                stdout=log,
                stderr=log,
                user=postgres.system_user(),
                start_new_session=True,
            )
        return processes.wait_until(lambda: processes.is_listening(self.port), "PgBouncer")

    def kill(self) -> None:
        """Kill it at once; the connections of its clients break."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None


@contextmanager
def running(
    folder: Path,
    server_url: str,
    settings: Mapping[str, str] | None = None,
    *,
    newer: bool = False,
) -> Iterator[PgBouncer]:
    """A pooler in front of the server of a URL, for the length of the block.

    Without settings it pools by transaction. Raises MissingProgram.
    """
    command = newer_command() if newer else [processes.program("pgbouncer", "pgbouncer")]
    postgres.prepare(folder)
    pooler = PgBouncer(folder, processes.free_port(), command)
    pooler.settings = {
        "listen_addr": "127.0.0.1",
        "listen_port": str(pooler.port),
        "unix_socket_dir": "",
        "auth_type": "any",
        "pool_mode": "transaction",
        "default_pool_size": "5",
        "max_client_conn": "500",
        "server_login_retry": "1",
        "query_wait_timeout": "4",
        **(settings or {}),
    }
    server = conninfo_to_dict(server_url)
    target = f"* = host={server['host']} port={server.get('port', 5432)} user=postgres"
    lines = [f"{name} = {value}" for name, value in pooler.settings.items()]
    file = folder / "pgbouncer.ini"
    file.write_text("\n".join(["[databases]", target, "[pgbouncer]", *lines, ""]))
    file.chmod(0o644)
    pooler.start()
    try:
        yield pooler
    finally:
        if pooler.process is not None:
            processes.end(pooler.process)


def newer_command() -> list[str]:
    """The command of a PgBouncer of Debian 13, by its own libraries; raises MissingProgram."""
    program = FOLDER / "root/usr/sbin/pgbouncer"
    if not program.is_file():
        raise processes.MissingProgram(
            f"no PgBouncer in {FOLDER}: run python -m deploy.lab.pgbouncer, as root on Debian"
        )
    libraries = FOLDER / "root" / _LIBRARIES
    loader = str(libraries / "ld-linux-x86-64.so.2")
    return [loader, "--library-path", str(libraries), str(program)]


def unpack(folder: Path = FOLDER, mirror: str = _MIRROR) -> None:
    """Fetch the packages of Debian 13 by apt and unpack them into a folder; 25 MB, some seconds.

    The machine's own packages and lists stay as they are. Raises CalledProcessError.
    """
    if (folder / "root/usr/sbin/pgbouncer").is_file():
        return
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("lists/partial", "cache/archives/partial", "debs"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text(_SUITE.format(mirror=mirror) + "\n")
    (folder / "apt.conf").write_text(_APT.format(folder=folder))
    variables = {**os.environ, "APT_CONFIG": str(folder / "apt.conf")}
    for arguments in (["update"], ["download", *_PACKAGES]):
        subprocess.run(
            ["apt-get", "-q", *arguments], cwd=folder / "debs", env=variables, check=True
        )
    for package in (folder / "debs").iterdir():
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder / "root.new")], check=True)
    (folder / "root.new").rename(folder / "root")
    for name in ("lists", "cache", "debs"):
        shutil.rmtree(folder / name)


if __name__ == "__main__":
    unpack()
    print(subprocess.check_output([*newer_command(), "--version"], text=True))
