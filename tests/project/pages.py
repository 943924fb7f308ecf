"""The pages that people read, and the parts of them that tests check."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "planner" / "README.md",
]
README = ROOT / "README.md"
# Sections that name what does not exist: what older releases called it, what a decision rejected.
_NOT_HERE = re.compile(r"^## (Renames|Considered)$.*?(?=^## |\Z)", re.M | re.S)


class Block(NamedTuple):
    """A fenced block: the word after the fence, and its text."""

    language: str
    text: str


def name_of(page: Path) -> str:
    """The page's path in the repository."""
    return str(page.relative_to(ROOT))


def text_of(page: Path) -> str:
    """The page without the section that names what does not exist."""
    return _NOT_HERE.sub("", page.read_text("utf-8"))


def paragraph_of(title: str) -> str:
    """The paragraph of the README that begins with this title, as one line."""
    text = README.read_text("utf-8").partition(f"\n**{title}")[2].partition("\n\n")[0]
    assert text, f"the README has a paragraph {title!r}"
    return " ".join(text.split())


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks, in order."""
    fences = re.findall(r"^```([^\n`]*)\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    return [Block(*fence) for fence in fences]


def spans_of(page: Path) -> list[str]:
    """What stands in `backticks`, outside of fenced blocks."""
    prose = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.M | re.S)
    return [span.replace("\n", " ") for span in re.findall(r"`([^`]+)`", prose)]
