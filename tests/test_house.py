"""The rules of the house that a machine can check; docs/decisions says why they are there."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("server", "schema", "resolvers", "db", "archive", "domain", "catalogs", "planner")
LINES_MAX, TEST_LINES_MAX, FUNCTION_LINES_MAX, PARAMETERS_MAX = 300, 400, 40, 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _files(*folders: str) -> dict[str, str]:
    """The text of each Python file below these folders, by its path in the repository."""
    return {
        str(file.relative_to(ROOT)): file.read_text("utf-8")
        for folder in folders
        for file in sorted((ROOT / folder).rglob("*.py"))
        if "node_modules" not in file.parts
    }


GENERATED = ("examples/gateway/client.py",)
CODE = {
    path: text
    for path, text in _files(*PACKAGES, "bench", "deploy", "examples").items()
    if path not in GENERATED
}
TESTS = _files("tests")
ALL = CODE | TESTS


def _functions(files: dict[str, str]) -> Iterator[tuple[str, Function]]:
    """Each function with a name to find it by, methods and inner functions included."""
    for path, text in files.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, Function):
                yield f"{path}:{node.lineno} {node.name}", node


def _line_count(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _parameter_count(function: Function) -> int:
    """What a caller gives; `self` and `cls` are given by Python."""
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return sum(each is not None and each.arg not in ("self", "cls") for each in every)


def test_the_rules_see_the_code() -> None:
    """A rule over no files would always hold."""
    assert {path.split("/")[0] for path in ALL} >= {"server", "schema", "resolvers", "db", "tests"}


def test_files_are_short() -> None:
    """A file grows at the noun that everything touches: it is split while that is cheap."""
    lines = {path: len(text.splitlines()) for path, text in ALL.items()}
    limits = {path: TEST_LINES_MAX if path in TESTS else LINES_MAX for path in ALL}
    assert {path: n for path, n in lines.items() if n > limits[path]} == {}


def test_files_of_the_pages_are_short() -> None:
    lines = {
        str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines())
        for folder in ("ui/src", "ui/tests")
        for file in (ROOT / folder).rglob("*.*")
        if file.suffix in (".ts", ".tsx", ".css") and "gql" not in file.parts  # gql is generated
    }
    assert "ui/src/main.tsx" in lines
    assert {path: n for path, n in lines.items() if n > LINES_MAX} == {}


def test_functions_fit_a_screen() -> None:
    lines = {name: _line_count(function) for name, function in _functions(ALL)}
    assert {name: n for name, n in lines.items() if n > FUNCTION_LINES_MAX} == {}


def test_functions_take_few_parameters() -> None:
    """Resolvers are exempt: their parameters are their field's arguments."""
    counts = {name: _parameter_count(f) for name, f in _functions(ALL)}
    many = {name: n for name, n in counts.items() if n > PARAMETERS_MAX}
    assert [name for name in many if not name.startswith("resolvers/")] == []


def test_imports_are_at_the_top() -> None:
    """Only the command line imports in functions: `registry --help` loads no more than it shows.

    And boto3 is loaded where there is a bucket, and PyJWT and httpx where there is an issuer: they
    take 10 MB and 13 MB of each worker. The queue of jobs is loaded after the start, and croniter
    to check another schedule than the default: tests/server/test_start.py.
    """
    allowed = ("server/__main__.py", "server/cli.py", "server/commands/", "archive/store.py")
    allowed += ("server/access/oidc_loading.py", "server/ops/later.py", "server/settings.py")
    allowed += ("server/telemetry/switch.py",)  # OpenTelemetry, where variables ask for it
    hidden = {
        name
        for name, function in _functions(ALL)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom) and not name.startswith(allowed)
    }
    assert hidden == set()


_EXCUSE = re.compile(r"#\s*(?:type:\s*ignore|noqa)\b(.*)")
_CODE = r"(\[[\w, -]+\]|:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*)"
_CODE_AND_REASON = re.compile(_CODE + r"\s+([#-]\s*)?\S+ \S+")  # a reason has two words or more


def _bare_excuses(text: str) -> list[str]:
    """The silenced checks that lack a code, or a reason beside it."""
    return [e[0] for e in _EXCUSE.finditer(text) if not _CODE_AND_REASON.match(e[1])]


def test_a_silenced_check_names_its_code_and_its_reason() -> None:
    """`# noqa: S102  # why`, never a bare one."""
    files = {path: text for path, text in ALL.items() if path != "tests/test_house.py"}
    bare = {path: _bare_excuses(text) for path, text in files.items()}
    assert {path: excuses for path, excuses in bare.items() if excuses} == {}


@pytest.mark.parametrize(
    ("line", "is_bare"),
    [
        ("x = 1  # type: ignore", True),
        ("x = 1  # type: ignore[arg-type]", True),
        ("x = 1  # type: ignore[arg-type]  # the stub is wrong", False),
        ("x = 1  # noqa", True),
        ("x = 1  # noqa: S102", True),
        ("x = 1  # noqa: S102, S110", True),
        ("x = 1  # noqa: S102  # the source is ours", False),
        ("x = 1  # noqa: S102  the source is ours", False),
        ("x = 1  # noqa: S102 - the source is ours", False),
        ("x = 1  # any other comment", False),
    ],
)
def test_bare_excuses_are_told_from_explained_ones(line: str, is_bare: bool) -> None:
    assert bool(_bare_excuses(line)) is is_bare


@pytest.mark.parametrize("package", [*PACKAGES, "migrations"])
def test_a_package_is_the_one_in_this_repository(package: str) -> None:
    """`schema`, among others, is also the name of a distribution on the package index."""
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    assert Path(found.origin).is_relative_to(ROOT / package)


def test_tests_are_not_packages() -> None:
    """With an __init__.py, `import schema` in tests/schema would find the tests."""
    assert sorted((ROOT / "tests").rglob("__init__.py")) == []


def test_every_dependency_says_what_it_is_for() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    project = tomllib.loads(text)
    groups = project["dependency-groups"].values()
    wanted = [*project["project"]["dependencies"], *(each for group in groups for each in group)]
    explained = re.findall(r'^  "([^"]+)",\s*# \S', text, re.MULTILINE)
    assert [each for each in wanted if each not in explained] == []


def test_a_server_loads_nothing_that_it_seldom_needs() -> None:
    """Each worker would hold it: Alembic with Pygments 11 MB, boto3 10 MB, prices 12 MB."""
    seldom = (
        "alembic",
        "boto3",
        "cryptography",
        "genai_prices",
        "httpx",
        "jwt",
        "mako",
        "pygments",
    )
    seldom += ("rich",)
    told = "import server.cli, server.app, uvicorn, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True)
    assert set(done.stdout.split()) & set(seldom) == set()
    assert "server.app" in done.stdout.split()


def test_names_of_actors_are_made_in_one_place() -> None:
    """mypy asks each writer for an Actor: no other place can make one, so each has a known form."""
    made = {
        path
        for path, text in CODE.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name | ast.Attribute)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Actor"
    }
    assert made == {"domain/actors.py"}
