"""The level of log lines changes while a process runs, until its time."""

from pathlib import Path

import pytest

from server.ops import log_level


def test_a_level_holds_until_it_is_reset(tmp_path: Path) -> None:
    assert log_level.read(tmp_path) is None
    log_level.write(tmp_path / "data", "debug", 1)
    found = log_level.read(tmp_path / "data")
    assert found is not None
    assert found.level == "debug"
    log_level.reset(tmp_path / "data")
    assert log_level.read(tmp_path / "data") is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"level":"debug","until":1}', '{"level":"loud","until":9e12}']
)
def test_what_is_over_or_nonsense_holds_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "log-level.json").write_text(text)
    assert log_level.read(tmp_path) is None
