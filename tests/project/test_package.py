"""The wheel: built from the sdist, installed alone, and served in an empty directory."""

import json
import os
import re
import shutil
import subprocess
import tarfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from zipfile import ZipFile

import httpx
import pytest

from deploy.lab import processes
from server import release
from server.http import pages
from tests.project.pages import ROOT

PAGE = pages.FILES / "graphiql.html"
UV = shutil.which("uv") or str(ROOT / ".venv-tools" / "bin" / "uv")
pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="GraphiQL is not built: make ui")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="registry-package-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def built(folder: Path) -> Path:
    """A folder with the sdist, and the wheel that was built from it; no npm may be needed."""
    (folder / "bin").mkdir()
    for name, code in {"node": 0, "npm": 1}.items():
        program = folder / "bin" / name
        program.write_text(f"#!/bin/sh\necho 'GraphiQL is out of date: make ui' >&2; exit {code}\n")
        program.chmod(0o755)
    path = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    uv("build", "--quiet", "--out-dir", str(folder / "dist"), str(ROOT), variables=path)
    return folder / "dist"


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def registry(folder: Path, wheel: Path) -> Path:
    """The command, in an environment of the wheel and what it requires, as uv.lock pins it."""
    locked = ("--locked", "--no-default-groups", "--no-emit-project", "--no-hashes", "--quiet")
    uv("export", *locked, "--project", str(ROOT), "--output-file", str(folder / "locked.txt"))
    uv("venv", "--quiet", str(folder / "environment"))
    python = folder / "environment" / "bin" / "python"
    given = ("--python", str(python), "--constraints", str(folder / "locked.txt"))
    uv("pip", "install", "--quiet", *given, str(wheel))
    return python.with_name("registry")


@pytest.fixture(scope="module")
def empty(folder: Path) -> Path:
    """The directory in which the commands run."""
    (folder / "empty").mkdir()
    return folder / "empty"


@pytest.fixture(scope="module")
def url(folder: Path, registry: Path, empty: Path) -> Iterator[str]:
    """A server on its embedded database, with the first catalog."""
    log = folder / "registry.log"
    with processes.running([str(registry), "serve", "--port", "0"], log, cwd=empty) as process:

        def printed() -> str | None:
            assert process.poll() is None, log.read_text()
            found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
            return found[0] if found else None

        processes.wait_until(printed, "the first line of the server", timeout_s=120)
        base = str(printed())
        processes.wait_until(lambda: processes.is_listening(httpx.URL(base).port or 0), "the port")
        yield base


def uv(*arguments: str, variables: Mapping[str, str] = MappingProxyType({})) -> None:
    done = subprocess.run(
        [UV, *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def run(registry: Path, empty: Path, *arguments: str) -> str:
    """What a command prints, in an environment that has no settings."""
    variables = {"PATH": os.environ["PATH"], "HOME": str(empty)}
    done = subprocess.run(
        [str(registry), *arguments],
        cwd=empty,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def files_of(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_has_each_file_of_its_packages(wheel: Path) -> None:
    """What code reads beside itself is a file of a package: SQL, formats, the schema, the page."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *packages, "server/static"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    page = {str(file.relative_to(ROOT)) for file in pages.FILES.rglob("*") if file.is_file()}
    existing = {name for name in listed if (ROOT / name).exists()}
    assert files_of(wheel) - {"server/revision.txt"} == existing | page


def test_the_sdist_builds_the_wheel_without_node(built: Path, wheel: Path) -> None:
    """The wheel was built from it, so all that a build reads is there, the page included."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"hatch_build.py", "ui/package-lock.json", "uv.lock"} <= names
    assert files_of(wheel) <= names


def test_the_build_of_the_pages_starts_no_npm_by_its_name() -> None:
    """Where the machine has no Node, PyPI's has an npm that runs by its path alone."""
    scripts = json.loads((ROOT / "ui" / "package.json").read_text("utf-8"))["scripts"]
    assert re.findall(r"\bnp[mx]\b", scripts["build"]) == []


def test_a_browser_gets_graphiql_from_this_server_alone(url: str) -> None:
    page = httpx.get(f"{url}/graphql", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert page.text == PAGE.read_text("utf-8")
    files = [file for file in (pages.FILES / "assets").iterdir() if file.suffix != ".gz"]
    assert [file.name for file in files if file.with_name(f"{file.name}.gz").exists()]
    for file in files:
        answer = httpx.get(f"{url}{pages.ASSETS_PATH}/{file.name}")
        assert (answer.status_code, len(answer.content)) == (200, file.stat().st_size)


def test_the_first_catalog_is_there(url: str) -> None:
    answer = httpx.post(f"{url}/graphql", json={"query": "{ models(first: 1) { totalCount } }"})
    assert answer.json()["data"]["models"]["totalCount"] > 100
    assert httpx.get(f"{url}/readyz").status_code == 200
    assert httpx.get(f"{url}/schema.graphql").text == (ROOT / "schema/schema.graphql").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ("schema",),
        ("migrate",),
        ("retention", "plan"),
        ("archive", "verify"),
        ("token", "list"),
        ("psql", "--", "-c", "SELECT 1"),
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_each_command_runs_beside_the_server(
    url: str, registry: Path, empty: Path, arguments: tuple[str, ...]
) -> None:
    assert run(registry, empty, *arguments)


def test_the_version_names_the_commit(registry: Path, empty: Path) -> None:
    printed = run(registry, empty, "--version").strip()
    assert re.fullmatch(re.escape(release.version()) + r" \([0-9a-f]{12}\+?\)", printed)


def test_nothing_is_written_but_the_data_directory(url: str, empty: Path) -> None:
    assert [each.name for each in empty.iterdir() if each.name != ".cache"] == [".registry"]
