"""Faults can be injected under load, and what they do is judged."""

import os
import time

import pytest

from deploy.lab.faults import __main__ as command
from deploy.lab.faults import report
from deploy.lab.faults.every import FAULTS
from deploy.lab.faults.load import ALIVE, OK, READ, WRITE, Answered, Load


@pytest.mark.skipif(os.geteuid() != 0, reason="file systems are mounted, which needs root")
def test_a_restart_of_the_database_is_got_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_WARM_S", 1.0)
    monkeypatch.setattr(command, "_AFTER_S", 2.0)
    [row] = command.run({"restarted": FAULTS["restarted"]})
    assert row.faults == []
    assert row.acknowledged
    assert all("UNAVAILABLE" in label for label in row.seen)
    assert row.markdown().startswith("| database restarted | ")


def test_what_is_wrong_is_said() -> None:
    load = Load("http://127.0.0.1", "wrong", "")
    now = time.monotonic()
    load.answers += [
        Answered(READ, now, now + 9, "200 TIMEOUT"),
        Answered(WRITE, now, now + 1, "500 INTERNAL"),
        Answered(WRITE, now, now + 1, OK),
        Answered(ALIVE, now, now + 1, "503 ?"),
    ]
    load.acknowledged |= {"there", "lost"}
    load.seen += ["there", "there"]
    row = report.judged(FAULTS["stopped"], load, now, {"there"}, [{}] * 16)
    assert sorted(row.faults) == sorted(
        [
            "1 500 INTERNAL",
            "healthz: [('503 ?', 1)]",
            "1 acknowledged writes are not there",
            "the subscriber missed 1",
            "the subscriber saw 1 twice",
            "1 slow, as read 9.0 s",
            "too many log lines",
        ]
    )


def test_each_fault_says_what_it_is() -> None:
    assert len({fault.what for fault in FAULTS.values()}) == len(FAULTS) >= 25
