"""The end of a process that something keeps alive."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

# A thread that cannot be cancelled, and a handler like that of a server whose loop stands still.
HUNG = """
import signal, sys, threading, time
from server.ops import stopping

stopping._GRACE_S = 0.2
signal.signal(signal.SIGTERM, lambda *_: None)
signal.signal(signal.SIGINT, lambda *_: None)
stopping.bound(0.5)
threading.Thread(target=time.sleep, args=(600,)).start()
print("ready", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_hangs_is_ended_and_says_where(number: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HUNG],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "ready\n"
        begun = time.monotonic()
        process.send_signal(number)
        assert process.wait(30) == 1
        assert time.monotonic() - begun > 0.5
        assert "Current thread" in process.stderr.read()
