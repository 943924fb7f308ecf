"""Misspelt settings are warned about."""

from pathlib import Path

import pytest
from pydantic import ValidationError

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


def _is_any_read(env_file: Path) -> bool:
    """Whether something sets a field, also to what is not valid."""
    try:
        return bool(Settings(_env_file=env_file).model_fields_set)
    except ValidationError:
        return True


@pytest.mark.parametrize("is_in_file", [False, True])
@pytest.mark.parametrize("field", Settings.model_fields)
def test_what_is_read_is_known_and_what_is_known_is_read(
    field: str, is_in_file: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in Settings.model_fields:
        monkeypatch.delenv(setting_name(each), raising=False)
    upper = field.upper()
    names = {upper, f"REGISTRY_{upper}", f"REGISTRY_REGISTRY_{upper}", f"REGISTRY__{upper}"}
    for name in sorted(names | set(map(str.lower, names))):
        file = tmp_path / name
        file.write_text(f"{name}=1\n" if is_in_file else "")
        with monkeypatch.context() as only:
            if not is_in_file:
                only.setenv(name, "1")
            is_known = name.upper() == setting_name(field)
            assert _is_any_read(file) == is_known, name
            is_ours = name.upper().startswith("REGISTRY_")
            assert bool(unknown_settings([name])) == (is_ours and not is_known), name
