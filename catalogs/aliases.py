"""An operator's names of models: a TOML file whose keys are canonical names, with lists of names.

    "GPT-4o" = ["my-gpt-4o", "gpt-4o-2024-08-06"]

Names compare as those of catalogs do, so that one spelling is enough. A name with a date is that
snapshot only.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

from catalogs import folding
from catalogs.catalog import CatalogError
from catalogs.stamps import Stamp
from domain import patterns

_NAME = re.compile(patterns.NAME, re.ASCII)


def read(path: str | Path) -> dict[str, str]:
    """Each name and its canonical name; raises CatalogError, which names the file and the fault."""
    try:
        found = tomllib.loads(Path(path).expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CatalogError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"{path} is not TOML: {error}") from error
    for canonical, names in found.items():
        _check(path, canonical, names)
    _refuse_ambiguous(path, found)
    return {name: canonical for canonical, names in found.items() for name in names}


def _check(path: str | Path, canonical: str, names: Any) -> None:
    if not _NAME.fullmatch(canonical):
        raise CatalogError(f"{path}: {canonical!r} is not a valid name of a model")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise CatalogError(f"{path}: {canonical!r} must have a list of names")
    for name in names:
        if not folding.fold(name, "").key:
            raise CatalogError(f"{path}: {canonical!r} has {name!r}, which is no name of a model")


def _refuse_ambiguous(path: str | Path, found: dict[str, list[str]]) -> None:
    """No name is under two canonical names, in any spelling."""
    owners: dict[tuple[str, Stamp | None], str] = {}
    for canonical in found:
        _own(path, owners, canonical, canonical)
    for canonical, names in found.items():
        for name in names:
            _own(path, owners, name, canonical)


def _own(
    path: str | Path, owners: dict[tuple[str, Stamp | None], str], name: str, canonical: str
) -> None:
    folded = folding.fold(name, "")
    owner = owners.setdefault((folded.key, folded.stamp), canonical)
    if owner != canonical:
        raise CatalogError(f"{path}: {name!r} is under both {owner!r} and {canonical!r}")
