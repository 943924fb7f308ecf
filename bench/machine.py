"""The machine and the versions of the software that the figures were measured with."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import psycopg

from bench import load
from bench.servers import NODE, PEERS, ROOT

_LIBRARIES = ("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "psycopg", "sqlalchemy")
_PEERS = ("postgraphile", "mercurius", "fastify", "graphql", "pg")


def facts(url: str) -> dict[str, object]:
    """The machine, the versions, and the time."""
    with psycopg.connect(url) as connection:
        settings = connection.execute(
            "SELECT current_setting('server_version'), current_setting('shared_buffers')"
        ).fetchone()
    assert settings is not None
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": git_commit(ROOT),
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "kernel": platform.release(),
        "busy_before": round(os.getloadavg()[2], 2),  # load average of the last 15 minutes
        "load": load.generator(),
        "postgresql": settings[0],
        "shared_buffers": settings[1],
        "python": platform.python_version(),
        "node": _output(NODE, "--version"),
        **{name: version(name) for name in _LIBRARIES},
        **_peer_versions(),
    }


def _cpu_model() -> str:
    information = Path("/proc/cpuinfo")
    text = information.read_text() if information.exists() else ""
    match = re.search(r"^model name\s*:\s*(.+)$", text, re.M)
    return match[1] if match else platform.processor()


def _peer_versions() -> dict[str, str]:
    text = (PEERS / "package.json").read_text("utf-8")
    return {f"npm {name}": match[1] for name in _PEERS if (match := _version(name, text))}


def _version(package: str, text: str) -> re.Match[str] | None:
    return re.search(rf'"{package}": "([^"]+)"', text)


def git_commit(checkout: Path) -> str:
    """The commit of a checkout, marked when files differ from it; empty without Git."""
    return _output("git", "-C", str(checkout), "describe", "--always", "--dirty")


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
