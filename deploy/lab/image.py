"""The container image, built and run by podman as root: `python -m deploy.lab.image`.

Where no registry of images is reached, its base is made here: Debian 13 by debootstrap, whose own
Python is 3.13. The Dockerfile is the same. All files of podman are in one temporary folder.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil  # type: ignore[import-untyped]  # its stubs are a separate package

from deploy.lab import processes

ROOT = Path(__file__).resolve().parents[2]
BASE, IMAGE, NAME = "localhost/python:3.13-slim", "localhost/model-registry", "registry"
_USER = 10001  # USER in the Dockerfile
_PACKAGES = "python3,python3-venv,ca-certificates"
_TRUSTED = "/etc/ssl/certs/ca-certificates.crt"
_MIRROR = "http://deb.debian.org/debian"
_UNNEEDED = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man")
_KEPT_S = 7 * 86_400
_MEMORY_MIN = 8 * 2**30  # available; the images take up to 3 GB
_STOP_S = 30
_CLOSED = (
    *("--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges"),
    *("--cgroups", "disabled", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"),
)


@dataclass(frozen=True, slots=True)
class Podman:
    """podman with its images, containers and temporary files in one folder."""

    folder: Path

    def command(self, *arguments: str) -> list[str]:
        """The command line of podman with these arguments."""
        program = processes.program("podman", "podman")
        store = ("--root", str(self.folder / "store"), "--runroot", str(self.folder / "run"))
        quiet = ("--log-level", "error", "--events-backend", "none")
        return [program, *store, *quiet, "--cgroup-manager", "cgroupfs", *arguments]

    def run(self, *arguments: str) -> str:
        """What podman prints; raises CalledProcessError, with its messages printed."""
        done = subprocess.run(
            self.command(*arguments), capture_output=True, text=True, check=False, cwd=ROOT
        )
        if done.returncode:
            print(done.stdout, done.stderr, file=sys.stderr)
        done.check_returncode()
        return done.stdout.strip()


@dataclass(frozen=True, slots=True)
class Container:
    """The registry in a container that answers: its base URL, and its process."""

    podman: Podman
    url: str
    process: subprocess.Popen[bytes]

    def execute(self, *command: str) -> str:
        """What a command prints inside the container."""
        return self.podman.run("exec", NAME, *command)


def make_base(podman: Podman) -> None:
    """Import a Debian 13 with Python 3.13 as the image that python:3.13-slim is elsewhere.

    It is kept for a week in `~/.cache/model-registry`.
    """
    trusted = Path(_TRUSTED).read_bytes() if Path(_TRUSTED).exists() else b""
    known = sha256(f"{_MIRROR} {_PACKAGES} {_UNNEEDED}".encode() + trusted).hexdigest()[:16]
    kept = Path("~/.cache/model-registry").expanduser() / f"base-{known}.tar"
    if not kept.exists() or time.time() - kept.stat().st_mtime > _KEPT_S:
        kept.parent.mkdir(parents=True, exist_ok=True)
        _make_archive(podman.folder / "debian", kept)
    import_base(podman, kept)


def _make_archive(system: Path, archive: Path) -> None:
    program = processes.program("debootstrap", "debootstrap")
    command = [program, "--variant=minbase", f"--include={_PACKAGES}", "trixie", str(system)]
    subprocess.run([*command, _MIRROR], check=True, stdout=subprocess.DEVNULL)
    for unneeded in _UNNEEDED:
        shutil.rmtree(system / unneeded)
    if Path(_TRUSTED).exists():
        shutil.copy(_TRUSTED, f"{system}{_TRUSTED}")
    unfinished = archive.with_suffix(f".{os.getpid()}")
    subprocess.run(["tar", "-C", str(system), "-cf", str(unfinished), "."], check=True)
    unfinished.rename(archive)
    shutil.rmtree(system)


def import_base(podman: Podman, archive: Path) -> None:
    """Make the base image of a tar file; builds trust the certificates that this machine trusts."""
    names = ("SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")
    changes = [word for name in names for word in ("--change", f"ENV {name}={_TRUSTED}")]
    podman.run("import", "--quiet", *changes, str(archive), BASE)


def build(podman: Podman) -> None:
    """Build the image from the Dockerfile, with packages from PyPI and npm."""
    revision = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    arguments = (f"PYTHON_IMAGE={BASE}", f"SOURCE_REVISION={revision}")
    given = [word for argument in arguments for word in ("--build-arg", argument)]
    how = ("--isolation", "chroot", "--network", "host", "--format", "docker")
    podman.run("build", "--quiet", *how, *_caches(), *given, "--tag", IMAGE, str(ROOT))


def _caches() -> Iterator[str]:
    """Options by which the build shares this user's downloads of uv and npm."""
    for name in (".cache/uv", ".npm"):
        (Path.home() / name).mkdir(parents=True, exist_ok=True)
        yield from ("--volume", f"{Path.home() / name}:/root/{name}")


@contextmanager
def running(podman: Podman) -> Iterator[Container]:
    """The image with a read-only root, no capabilities, and a volume for its data."""
    data = podman.folder / "data"
    data.mkdir()
    shutil.chown(data, _USER, _USER)
    port = processes.free_port()
    mounts = ("--tmpfs", "/tmp", "--volume", f"{data}:/data")
    command = podman.command("run", "--rm", "--name", NAME, "--network", "host", *_CLOSED)
    command += [*mounts, "--env", f"REGISTRY_PORT={port}", IMAGE]
    log, url = podman.folder / "registry.log", f"http://127.0.0.1:{port}"
    with processes.running(command, log) as process:

        def is_ready() -> bool:
            assert process.poll() is None, log.read_text()
            return processes.is_listening(port) and httpx.get(f"{url}/readyz").is_success

        processes.wait_until(is_ready, "the container", timeout_s=120)
        yield Container(podman, url, process)


def check(container: Container) -> None:
    """Fail unless the container is closed, serves both pages and queries, and ends cleanly."""
    status = container.execute("cat", "/proc/1/status")
    found = dict(re.findall(r"^(CapEff|CapBnd|NoNewPrivs|Seccomp|Uid):\s+(\w+)", status, re.M))
    none = "0" * 16
    closed = {"Uid": str(_USER), "CapEff": none, "CapBnd": none, "NoNewPrivs": "1", "Seccomp": "2"}
    assert found == closed, found
    write = "import errno; "
    write += (
        "\ntry: open('/app/new', 'w')\nexcept OSError as error: print(errno.errorcode[error.errno])"
    )
    assert container.execute("python", "-c", write) in ("EROFS", "EACCES")
    container.podman.run("healthcheck", "run", NAME)
    _check_answers(container)
    container.podman.run("kill", "--signal", "TERM", NAME)
    code = container.process.wait(_STOP_S)
    assert code == 0, code


def _check_answers(container: Container) -> None:
    token = container.execute("registry", "token", "create", "--name", "admin", "--role", "ADMIN")
    query = {"query": "{ models(first: 1) { totalCount } }"}
    with httpx.Client(base_url=container.url) as client:
        assert client.post("/graphql", json=query).status_code == 401
        client.headers["authorization"] = f"Bearer {token.splitlines()[-1]}"
        answer = client.post("/graphql", json=query).json()
        assert answer["data"]["models"]["totalCount"] > 0, answer
        for path in ("/", "/graphql"):
            page = client.get(path, headers={"accept": "text/html"}).text
            assets = re.findall(r'(?:src|href)="(/static/ui/[^"]+)"', page)
            assert assets, page
            for asset in assets:
                assert client.get(asset).is_success, asset


class Unable(Exception):
    """Why this machine cannot make or run images."""


def main() -> None:
    """Build the image, run it, and print its size; --if-possible accepts a machine that cannot."""
    try:
        _main()
    except (Unable, processes.MissingProgram) as error:
        print(f"image: NOT BUILT: {error}")
        sys.exit("--if-possible" not in sys.argv)


def _main() -> None:
    if "--inside" not in sys.argv:
        _require_privileges()
        # crun refuses the mixed cgroups of some machines; we use none, so they are hidden from it
        again = shlex.join([sys.executable, "-m", "deploy.lab.image", *sys.argv[1:], "--inside"])
        hidden = f"umount /sys/fs/cgroup/unified 2>/dev/null; exec {again}"
        os.execvp("unshare", ["unshare", "--mount", "sh", "-c", hidden])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # nothing stays mounted or runs on
    with TemporaryDirectory(prefix="registry-image-") as name, _in_memory(name):
        podman = Podman(Path(name))
        try:
            _try(podman)
        finally:
            subprocess.run(podman.command("rm", "--all", "--force"), check=False)
            mounted = str(podman.folder / "store" / "overlay")
            subprocess.run(["umount", mounted], check=False, stderr=subprocess.DEVNULL)


def _require_privileges() -> None:
    if os.geteuid():
        raise Unable("podman needs root here")
    for name in ("podman", "crun", "debootstrap"):
        processes.program(name, name)
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True)
    if done.returncode:
        raise Unable(done.stderr.strip())


def _prepare(podman: Podman) -> None:
    """Make the base, and run it."""
    try:
        make_base(podman)
        podman.run("run", "--rm", "--network", "host", *_CLOSED, BASE, "true")
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unable(f"no base can be made: {error}") from error


@contextmanager
def _in_memory(folder: str) -> Iterator[None]:
    """Mount memory there, where there is enough: dpkg syncs each file that it unpacks."""
    if psutil.virtual_memory().available < _MEMORY_MIN:
        yield
        return
    subprocess.run(["mount", "-t", "tmpfs", "registry-image", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _try(podman: Podman) -> None:
    seconds = [_seconds(lambda: _prepare(podman)), _seconds(lambda: build(podman))]
    with running(podman) as container:
        version = container.execute("registry", "--version")
        seconds.append(_seconds(lambda: check(container)))
    size = int(podman.run("image", "inspect", "--format", "{{.Size}}", IMAGE)) / 1e6
    base, built, checked = map(round, seconds)
    print(f"image: {version}, {size:.0f} MB; base {base} s, build {built} s, checks {checked} s")


def _seconds(step: Callable[[], None]) -> float:
    began_at = time.monotonic()
    step()
    return time.monotonic() - began_at


if __name__ == "__main__":
    main()
