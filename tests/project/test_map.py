"""The map in CONTRIBUTING.md shows every folder, and each folder says what it is for."""

import ast
import re
import tomllib

import pytest

from tests.project.pages import ROOT

MAP = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("<!-- map -->")[2]
ROWS = re.findall(r"^\| `([\w/]+)/` \| (.+) \|$", MAP.partition("<!-- /map -->")[0], re.M)
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"][
    "targets"
]["wheel"]["packages"]
WHOLE = ("bench", "migrations", "tests")  # one row for all folders below


def _folders() -> set[str]:
    """The folders with Python files, but for what tools install or leave there."""
    files = (file for top in ROOT.iterdir() if top.is_dir() for file in top.rglob("*.py"))
    paths = {file.parent.relative_to(ROOT) for file in files}
    return {
        str(path)
        for path in paths
        if not any(part.startswith(".") or part == "node_modules" for part in path.parts)
    }


def test_every_folder_is_on_the_map_once() -> None:
    shown = [folder for folder, _ in ROWS]
    assert len(shown) == len(set(shown))
    expected = {folder for folder in _folders() if not folder.startswith(WHOLE)} | set(WHOLE)
    assert expected - set(shown) == set()


def test_every_folder_on_the_map_exists() -> None:
    assert [folder for folder, _ in ROWS if not (ROOT / folder).is_dir()] == []


def test_every_package_is_on_the_map() -> None:
    assert set(PACKAGES) - {folder for folder, _ in ROWS} == set()


def test_a_row_is_a_sentence_and_short() -> None:
    assert [rule for _, rule in ROWS if not rule.endswith(".") or len(rule) > 110] == []


@pytest.mark.parametrize("folder", sorted(f for f in _folders() if not f.startswith("tests")))
def test_a_package_says_what_lives_there(folder: str) -> None:
    text = (ROOT / folder / "__init__.py").read_text("utf-8")
    described = ast.get_docstring(ast.parse(text)) or ""
    assert described
    assert len(described.partition("\n\n")[0].splitlines()) <= 2
