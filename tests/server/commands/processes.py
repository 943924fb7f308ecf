"""Runs `registry` as a person would, in a process of its own that was forked (see forked.py)."""

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[3]


class _Forking:
    """The process whose children are the commands."""

    def __init__(self) -> None:
        self._files = TemporaryDirectory(prefix="registry-commands-")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.server.commands.forked", self._files.name],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, given: Mapping[str, object], stdin: str) -> tuple[int, str, str]:
        """The exit code, standard output and standard error of a command."""
        folder = Path(self._files.name)
        for name, text in {"stdin": stdin, "stdout": "", "stderr": ""}.items():
            (folder / name).write_text(text, "utf-8")
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(given) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return code, (folder / "stdout").read_text("utf-8"), (folder / "stderr").read_text("utf-8")

    def end(self) -> None:
        """End the process, which runs no command now."""
        self._process.communicate()
        self._files.cleanup()


@cache
def _forking() -> _Forking:
    forking = _Forking()
    atexit.register(forking.end)
    return forking


def registry(
    *arguments: str,
    folder: Path = ROOT,
    stdin: str = "",
    obeys_modes: bool = False,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with these variables alone; after 60 s it is killed.

    With `obeys_modes` it may not do with files what only root may.
    """
    given = {
        "obeys_modes": obeys_modes,
        "arguments": arguments,
        "folder": str(folder),
        "variables": {"PATH": os.environ["PATH"], **variables},
    }
    done = subprocess.CompletedProcess(arguments, *_forking().run(given, stdin))
    assert "Traceback" not in done.stdout + done.stderr, (arguments, variables, done.stderr)
    return done
