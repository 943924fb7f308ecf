"""The schema in the repository is the one that is served, and it breaks nobody."""

import subprocess
from pathlib import Path

import pytest
from graphql import build_schema
from graphql.utilities import find_breaking_changes

import schema
from tests.graphql import SCHEMA

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = "schema/schema.graphql"
# The breaking changes that CHANGELOG.md announces for the next release, as find_breaking_changes
# describes them; a release empties the file.
ANNOUNCED = (Path(__file__).parent / "breaking_changes.txt").read_text("utf-8").splitlines()


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def _published() -> str:
    """The last release's schema; before there is one, the schema before its last change."""
    release = _git("describe", "--tags", "--abbrev=0").strip()
    commits = _git("log", "--format=%H", "--", COMMITTED).split()
    base = release or (commits[1] if len(commits) > 1 else "")
    return _git("show", f"{base}:{COMMITTED}") if base else ""


def breaking_changes(old: str, new: str) -> list[str]:
    """What clients of the old schema could trip over in the new one."""
    changes = find_breaking_changes(build_schema(old), build_schema(new))
    return [change.description for change in changes]


def test_the_committed_schema_is_the_served_one() -> None:
    """`make schema` writes it."""
    assert (ROOT / COMMITTED).read_text("utf-8") == schema.sdl(SCHEMA)


def test_no_change_breaks_a_client() -> None:
    published = _published()
    if not published:
        pytest.skip("no earlier schema in this checkout")
    changes = breaking_changes(published, schema.sdl(SCHEMA))
    assert [change for change in changes if change not in ANNOUNCED] == []


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("archive: ArchiveInfo\n", "archive: ArchiveInfo\n  gone: Int\n"),  # a field is removed
        ("archive: ArchiveInfo\n", "archive: ArchiveInfo!\n"),  # null where there was none
        ("enum SloStatus {\n", "enum SloStatus {\n  GONE\n"),  # a word is removed
        ("node(\n", "node(\n    gone: Int\n"),  # an argument is removed
        ("input LabelInput {", "input Gone {a: Int}\ninput LabelInput {"),  # a type is removed
    ],
)
def test_a_breaking_change_is_found(now: str, before: str) -> None:
    served = schema.sdl(SCHEMA)
    assert served.count(now) >= 1
    assert len(breaking_changes(served.replace(now, before, 1), served)) == 1
