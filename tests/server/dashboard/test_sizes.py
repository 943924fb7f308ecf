"""What a page of the dashboard loads when it is opened first, by the manifest of the build.

It needs `make ui`, and is skipped without it. What a page loads later, such as its charts, does
not count.
"""

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from server.http import pages

BUILT = pages.FILES / "build.json"
ENTRY = "index.html"
LIMIT_BYTES = 300_000  # of the JavaScript, compressed as the server sends it

pytestmark = pytest.mark.skipif(not BUILT.exists(), reason="not built: make ui")


@cache
def _built() -> dict[str, Any]:
    built: dict[str, Any] = json.loads(BUILT.read_text("utf-8"))
    return built


def _pages() -> list[str]:
    """The pages of the router: what its module loads by name."""
    if not BUILT.exists():
        return []
    loaded = _built()[ENTRY]["dynamicImports"]
    return sorted(each for each in loaded if each.endswith("Page.tsx"))


def _with_imports(key: str, seen: set[str]) -> Iterator[str]:
    """A module of the build, and all that the browser must have before it runs."""
    if key in seen:
        return
    seen.add(key)
    yield key
    for imported in _built()[key].get("imports", []):
        yield from _with_imports(imported, seen)


def _first_load(page: str) -> dict[str, int]:
    """The scripts that are loaded before the page shows something, and their compressed sizes."""
    seen: set[str] = set()
    keys = [*_with_imports(ENTRY, seen), *_with_imports(page, seen)]
    return {file: _size(pages.FILES / file) for file in {_built()[key]["file"] for key in keys}}


def _size(file: Path) -> int:
    """The bytes that the server sends: of small files there is no compressed form."""
    compressed = file.with_name(f"{file.name}.gz")
    return (compressed if compressed.exists() else file).stat().st_size


def test_the_router_loads_each_page_when_it_is_opened() -> None:
    source = Path(__file__).parents[3] / "ui" / "src" / "pages"
    named = {path.parent.name for path in source.glob("*/*Page.tsx")} - {"sign-in"}
    assert {Path(page).parent.name for page in _pages()} - {"sign-in"} == named


@pytest.mark.parametrize("page", _pages())
def test_the_first_load_of_a_page_is_small(page: str) -> None:
    files = _first_load(page)
    assert sum(files.values()) <= LIMIT_BYTES, files


def test_the_sizes_are_those_of_compressed_files() -> None:
    files = _first_load(_pages()[0])
    largest = pages.FILES / max(files, key=lambda file: files[file])
    assert (
        gzip.decompress(largest.with_name(f"{largest.name}.gz").read_bytes())
        == largest.read_bytes()
    )
