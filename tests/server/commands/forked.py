"""Runs `registry` in processes that share the time of its imports, which is a second for each.

A line of standard input is JSON that says what to run; when it has ended, a line of standard output
is its exit code. What it prints is in the files `stdout` and `stderr` of the folder that is given.
"""

import ctypes
import gc
import io
import json
import os
import signal
import struct
import sys
from pathlib import Path
from typing import Any

import server.app  # noqa: F401  # what most commands import when they run
from server import cli

TIMEOUT_S = 60
# linux/capability.h: what lets root read and write files that their modes do not allow
_VERSION_3, _CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 0x20080522, 1, 2


def _become_registry(given: dict[str, Any], files: Path) -> None:
    """Have the arguments, the environment and the streams of a process of the command."""
    for name, number in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        os.dup2(os.open(files / name, os.O_RDWR | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(given["variables"])
    os.chdir(given["folder"])
    sys.argv = [sys.argv[0], *given["arguments"]]
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))  # the parent's has read ahead
    if given["obeys_modes"]:
        _obey_modes()
    signal.alarm(TIMEOUT_S)  # ends it


def _obey_modes() -> None:
    """As root, do what the modes of files allow their owner, as everybody else does anyway."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = struct.pack("Ii", _VERSION_3, 0), ctypes.create_string_buffer(24)
    assert libc.capget(header, sets) == 0, os.strerror(ctypes.get_errno())
    effective, *others = struct.unpack("6I", sets.raw)
    effective &= ~(1 << _CAP_DAC_OVERRIDE | 1 << _CAP_DAC_READ_SEARCH)
    changed = struct.pack("6I", effective, *others)
    assert libc.capset(header, changed) == 0, os.strerror(ctypes.get_errno())


def main(files: Path) -> None:
    """Run them one after the other; nothing is on the stack that a child would end with."""
    for line in sys.stdin:
        process = os.fork()
        if not process:
            _become_registry(json.loads(line), files)
            cli.main()
            sys.exit()
        _, status = os.waitpid(process, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    gc.freeze()  # a collection in a child would copy all pages
    main(Path(sys.argv[1]))
