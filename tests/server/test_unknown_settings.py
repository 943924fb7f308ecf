"""Misspelt settings are warned about."""

from pathlib import Path

import pytest

from server.settings import Settings
from server.settings_base import setting_name
from server.unknown_settings import names_in_env_file, unknown_settings


def test_known_names_give_no_warning() -> None:
    known = [setting_name(field) for field in Settings.model_fields]
    assert unknown_settings([*known, *map(str.lower, known), "PATH"]) == []


def test_a_misspelt_name_is_warned_about_with_the_nearest_one() -> None:
    [line] = unknown_settings(["REGISTRY_PROT"])
    assert line.startswith("REGISTRY_PROT:")
    assert line.endswith("did you mean REGISTRY_PORT?")


@pytest.mark.parametrize("content", [b"REGISTRY_PROT=1\n", b"\xff\xfe"])
def test_names_of_the_env_file(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert names_in_env_file() == []
    (tmp_path / ".env").write_bytes(content)
    assert names_in_env_file() == (["REGISTRY_PROT"] if content[0] == ord("R") else [])
