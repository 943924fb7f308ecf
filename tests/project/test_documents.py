"""What the documents tell a reader to run or to open is there."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.exceptions import TyperException

from server.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):.*?## ", MAKEFILE, re.MULTILINE))


def _commands() -> list[str]:
    """The lines of the ```sh blocks of every page."""
    blocks = (re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.M | re.S) for page in PAGES)
    return sorted({line for found in blocks for block in found for line in block.splitlines()})


def _parse(words: list[str]) -> None:
    """Raise unless `registry` knows the command and takes these arguments; nothing is run."""
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context(command.name, words)


@pytest.mark.parametrize("line", _commands())
def test_a_command_can_be_run(line: str) -> None:
    words = [word for word in shlex.split(line) if not re.match(r"[A-Z_]+=", word)]
    program, arguments = words[0], words[1:]
    assert program in ("make", "registry")
    if program == "make":
        targets = [word for word in arguments if "=" not in word]
        assert targets
        assert set(targets) <= TARGETS
    else:
        _parse(arguments)


def test_an_unknown_command_or_option_would_be_found() -> None:
    with pytest.raises(KeyError):
        _parse(["sevre"])
    with pytest.raises(TyperException):
        _parse(["serve", "--prot", "8003"])


def test_the_readme_shows_every_command() -> None:
    shown = {shlex.split(line)[1] for line in _commands() if line.startswith("registry ")}
    assert shown == set(typer.main.get_command(app).commands)


def test_help_lists_every_target() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert set(phony.split()) == TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
