"""The recipes in docs/adding-a-field.md are true: their patches are applied to copies.

There are three copies of the repository, at three stages of the work. The first two lack steps of
the recipe; the command and the test that the page names must find each of them. The third copy has
every step, and must pass. mypy is left out, because it takes a minute without its cache.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "adding-a-field.md").read_text("utf-8")
PATCHES = {path.stem: path for path in sorted(Path(__file__).with_name("recipe").glob("*.patch"))}
# The last pattern: files that Python renames when they are complete.
NOT_COPIED = ignore_patterns(".*", "node_modules", "dist", "results", "*.pyc.*")

# The page's commands, and its table: forgotten step -> the command and the check that find it.
(SCHEMA, MIGRATION, SNAPSHOT), (CHECK, TEST) = (
    block.splitlines() for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S)
)
ROWS = re.findall(r"^\| (.+?) +\| `(.+?)` +\| `(.+?)` +\|$", PAGE, re.MULTILINE)
FOUND_BY = {step: (command, check) for step, command, check in ROWS}

# The steps that a stage leaves out and a later one adds: a file of a patch.
VALUES = ("field", "tests/resolvers/*")
RULE = ("field", "domain/rules.py")
INDEXES = (("filter", "db/tables/models.py"), ("order", "db/tables/versions.py"))

DRIFT = "tests/migrations/test_drift.py"
WRITING = "tests/resolvers/writing"
READS = "tests/db/reads"
# The tests that concern the patches; all others together take minutes.
CONCERNED = (
    "migrated_database or no_drift or mends or each_downgrade or every_input_field"
    " or row_has_every_field and Model or test_old_archives or committed_schema or test_contract"
    " or test_docs or files_are_short or every_filter or createModel or updateModel or licence"
    " or SLO_SUCCESS_RATE"
)


class Stage(NamedTuple):
    """A copy of the repository, the names of the tests that fail in it, by file, and the output."""

    folder: Path
    failures: dict[str, list[str]]
    output: str


def _run(folder: Path, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command in a copy; its modules come before those of the installed project."""
    outer = ("PYTEST_", "MAKE", "MFLAGS", "GIT_")
    environment = {name: v for name, v in os.environ.items() if not name.startswith(outer)}
    return subprocess.run(
        command,
        cwd=folder,
        env={**environment, "PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _succeed(folder: Path, command: Sequence[str]) -> str:
    done = _run(folder, command)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}"
    return done.stdout


def _make(folder: Path, line: str) -> str:
    """Run a line of the page; `-o` keeps make from installing the environment, which is linked."""
    make, *arguments = shlex.split(line)
    return _succeed(folder, [make, "-o", ".venv/.made", *arguments])


def _tested(folder: Path, selected: str, *paths: str) -> Stage:
    command = [".venv/bin/pytest", "-rfE", "--tb=short", "-k", selected, *paths]
    done = _run(folder, command)
    assert done.returncode in (0, 1), done.stdout
    failures: dict[str, list[str]] = {}
    for file, test in re.findall(r"^(?:FAILED|ERROR) (\S+?)::(.+)", done.stdout, re.MULTILINE):
        failures.setdefault(file, []).append(test)
    return Stage(folder, failures, done.stdout)


def _apply(folder: Path, patch: str, *options: str) -> None:
    """Apply a patch; each of its hunks has one line of context, which seldom changes."""
    _succeed(folder, ["git", "apply", "--unidiff-zero", *options, str(PATCHES[patch])])


def _copy(source: Path, name: str) -> Path:
    return Path(copytree(source, source.parent / name, symlinks=True))


@pytest.fixture(scope="module")
def copies() -> Iterator[Path]:
    """A folder for the copies, which PostgreSQL's user may enter, unlike pytest's own folder."""
    with TemporaryDirectory(prefix="registry-recipe-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def begun(copies: Path) -> Stage:
    """Nothing is generated, and the rule, the indexes and the tests' values are forgotten."""
    folder = copies / "begun"
    copytree(ROOT, folder, ignore=NOT_COPIED)
    (folder / ".venv").symlink_to(sys.prefix)
    for patch in PATCHES:
        left_out = [file for name, file in (VALUES, RULE, *INDEXES) if name == patch]
        _apply(folder, patch, *(f"--exclude={file}" for file in left_out))
    known = f"{WRITING}/test_every_field.py::test_every_input_field_is_known"
    return _tested(folder, "test", DRIFT, known)


@pytest.fixture(scope="module")
def migrated(begun: Stage) -> Stage:
    """The rule, the indexes and the snapshot are forgotten."""
    folder = _copy(begun.folder, "migrated")
    _apply(folder, VALUES[0], f"--include={VALUES[1]}")
    _make(folder, SCHEMA)
    _make(folder, MIGRATION)
    paths = (DRIFT, f"{WRITING}/test_bad_input.py", f"{READS}/test_plans.py")
    return _tested(folder, CONCERNED, *paths)


@pytest.fixture(scope="module")
def finished(migrated: Stage) -> Stage:
    """Every step is done."""
    folder = _copy(migrated.folder, "finished")
    for patch, file in (RULE, *INDEXES):
        _apply(folder, patch, f"--include={file}")
    for line in (MIGRATION, SNAPSHOT):
        _make(folder, line)
    paths = ("tests/test_house.py", "tests/migrations", "tests/schema", WRITING, READS)
    return _tested(folder, CONCERNED, *paths)


def test_a_forgotten_schema_is_found(begun: Stage) -> None:
    command, check = FOUND_BY["`make schema`"]
    assert command == CHECK
    assert any(check in line for line in _checks(begun.folder))
    done = _run(begun.folder, [".venv/bin/registry", *shlex.split(check)[1:]])
    assert done.returncode == 1, done.stdout
    assert "schema.graphql" in done.stdout


def test_what_is_forgotten_before_generating_is_found(begun: Stage) -> None:
    migration = _found_by(CHECK, "`make migration`")
    value = _found_by(TEST, "the value of a field in the tests")
    assert begun.failures.keys() == {migration, value}, begun.output
    assert "test_alembic_finds_no_drift" in " ".join(begun.failures[migration])


def test_what_is_forgotten_after_generating_is_found(migrated: Stage) -> None:
    snapshot = _found_by(CHECK, "`make snapshot`")
    rule = _found_by(TEST, "the rule of an input")
    index = _found_by(TEST, "the index of a filter or an order")
    assert migrated.failures.keys() == {snapshot, rule, index}, migrated.output
    assert len(migrated.failures[snapshot]) == 1
    assert {"licence", "SLO_SUCCESS_RATE"} <= set(re.findall(r"\w+", str(migrated.failures[index])))


def test_the_whole_recipe_passes_the_tests(finished: Stage) -> None:
    assert finished.failures == {}, finished.output


def test_the_whole_recipe_passes_make_check(finished: Stage) -> None:
    lines = _checks(finished.folder)
    assert any(line.endswith("/mypy") for line in lines)
    for line in lines:
        if not line.endswith("/mypy") and "/pytest " not in line:
            _succeed(finished.folder, shlex.split(line))


def test_every_forgotten_step_of_the_page_is_tested() -> None:
    assert len(FOUND_BY) == len(ROWS) == 6


@pytest.mark.parametrize("patch", PATCHES)
def test_the_page_links_a_patch_and_names_its_files(patch: str) -> None:
    (section,) = (s for s in PAGE.split("\n## ") if f"tests/project/recipe/{patch}.patch" in s)
    files = re.findall(r"^\+\+\+ b/(\S+)$", PATCHES[patch].read_text("utf-8"), re.MULTILINE)
    assert files
    assert [file for file in files if f"`{file}`" not in section] == []


def _checks(folder: Path) -> list[str]:
    """The commands that `make check` runs."""
    return _make(folder, f"{CHECK} -n").splitlines()


def _found_by(command: str, step: str) -> str:
    """The test file that the page names for a step, if it says that this command runs it."""
    named, file = FOUND_BY[step]
    (tests,) = (line.split() for line in _checks(ROOT) if "/pytest " in line)
    is_in_check = any(file.startswith(path) for path in tests if path.startswith("tests/"))
    assert named == command
    assert is_in_check == (command == CHECK)
    return file
