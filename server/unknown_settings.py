"""Finds misspelt settings: REGISTRY_* names in the environment and in `.env` that set nothing."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from dotenv import dotenv_values

from server.setting_names import PREFIX, setting_name
from server.settings import Settings

_ENV_FILE = Path(".env")


def unknown_settings(names: Iterable[str]) -> list[str]:
    """A warning for each unknown REGISTRY_* name, with the nearest known one."""
    known = [setting_name(field) for field in Settings.model_fields]
    found = sorted({name for name in names if name.upper().startswith(PREFIX)})
    return [_warning(name, known) for name in found if name.upper() not in known]


def names_in_env_file() -> list[str]:
    """The names that `.env` sets; none when there is no such file, or it cannot be read."""
    try:
        return list(dotenv_values(_ENV_FILE)) if _ENV_FILE.is_file() else []
    except (OSError, ValueError):  # Settings reports it
        return []


def _warning(name: str, known: list[str]) -> str:
    near = get_close_matches(name.upper(), known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{name}: there is no such setting, so it is ignored{hint}"
