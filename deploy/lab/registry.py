"""Servers of the registry in the lab: `registry serve` on a database, as a process."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from deploy.lab import processes

ROOT = Path(__file__).resolve().parents[2]
_URL = re.compile(r"http://127\.0\.0\.1:\d+")


@dataclass(slots=True)
class Registry:
    """A server that answers: its base URL, its process, and the file of its log lines."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def serving(
    folder: Path,
    database_url: str,
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    before: Sequence[str] = (),
    migrates: bool = True,
) -> Iterator[Registry]:
    """`registry serve --migrate` on a database, on a free port, until the end of the block.

    Without a URL it is on an embedded one. The command `before` starts it, such as `unshare`.
    The variable PYTHONPATH names the folder of its code, such as that of another release.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "registry.log"
    log.write_bytes(b"")
    serve = [sys.executable, "-m", "server", "serve", "--port", "0", *arguments]
    command = [*before, *serve, *(["--migrate"] if migrates else [])]
    given = {
        "DATABASE_URL": database_url,
        "REGISTRY_DATA_DIR": str(folder / "data"),
        "REGISTRY_FIRST_CATALOG": "none",
        "REGISTRY_LOG_FORMAT": "json",
        "PYTHONPATH": str(ROOT),
        **(variables or {}),
    }
    # Python looks for modules in the current folder first
    with processes.running(command, log, variables=given, cwd=Path(given["PYTHONPATH"])) as process:

        def url() -> str | None:
            assert process.poll() is None, log.read_text()
            found = _URL.search(log.read_text())
            return found[0] if found else None

        processes.wait_until(url, "the registry's first line", timeout_s=60)
        base = url()
        assert base is not None
        processes.wait_until(lambda: answers(f"{base}/healthz"), "the registry", timeout_s=60)
        yield Registry(base, process, log)


def answers(url: str, timeout_s: float = 5.0) -> bool:
    """Whether a GET is answered by 200."""
    try:
        with urlopen(url, timeout=timeout_s) as response:  # http, from the caller
            return bool(response.status == 200)
    except URLError:
        return False
