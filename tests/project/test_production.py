"""README, "Going to production": its commands and its settings make a closed registry."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest

from server.settings import Settings
from tests.project.pages import README, ROOT, blocks_of

SECTION = (
    README.read_text("utf-8").partition("\n### Going to production\n")[2].partition("\n## ")[0]
)
WAIT_S = 60


def _blocks(folder: Path) -> tuple[str, str, str]:
    """The commands before the start, the settings, and the commands after it."""
    page = folder / "section.md"
    page.write_text(SECTION)
    first, settings, last = blocks_of(page)
    assert (first.language, settings.language, last.language) == ("console", "ini", "console")
    return first.text, settings.text, last.text


@pytest.fixture
def environment(empty_url: str, tmp_path: Path) -> dict[str, str]:
    """With a program `registry` on the path, and an empty database."""
    program = tmp_path / "bin" / "registry"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec {sys.executable} -m server "$@"\n', encoding="utf-8"
    )
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "DATABASE_URL": empty_url, "REGISTRY_JOBS": "false"}


def _run(commands: str, folder: Path, environment: dict[str, str]) -> str:
    command = ["/bin/sh", "-ec", commands]
    done = subprocess.run(
        command, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


@contextmanager
def _serving(folder: Path, environment: dict[str, str]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    variables = {**environment, "REGISTRY_PORT": str(port)}
    with subprocess.Popen(["registry", "serve"], cwd=folder, env=variables) as process:
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}/readyz")
            yield port
        finally:
            process.terminate()


def _wait_until_ready(url: str) -> None:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server did not get ready")


def test_the_commands_make_a_closed_registry(tmp_path: Path, environment: dict[str, str]) -> None:
    prepare, settings, ask = _blocks(tmp_path)
    _run(prepare, tmp_path, environment)
    secrets = {file.stem: file.read_text("utf-8") for file in tmp_path.glob("*.token")}
    assert secrets.keys() == {"admin", "gateway-eu"}
    assert all(re.fullmatch(r"mrk_[a-z0-9]{8}_[\w-]{43}\n", secret) for secret in secrets.values())
    assert {file.stat().st_mode & 0o077 for file in tmp_path.glob("*.token")} == {0}
    (tmp_path / ".env").write_text(settings, encoding="utf-8")
    with _serving(tmp_path, environment) as port:
        told = _run(ask.replace(":8003/", f":{port}/"), tmp_path, environment).splitlines()
    assert told[0] == "401"
    assert json.loads(told[1])["data"] == {"service": {"version": version("model-registry")}}


def test_the_settings_close_a_registry(tmp_path: Path) -> None:
    _, settings, _ = _blocks(tmp_path)
    file = tmp_path / "production.env"
    file.write_text(settings, encoding="utf-8")
    read = Settings(_env_file=file)
    assert (read.require_tokens, read.allow_open, read.host) == (True, False, "127.0.0.1")
    assert read.allowed_host_list == ["registry.example.com"]
    names = [line.partition("=")[0] for line in settings.splitlines()]
    assert names == sorted(set(names), key=names.index)
    assert {
        name.removeprefix("REGISTRY_").lower() for name in names
    } <= Settings.model_fields.keys()
