"""Settings: what the README and .env.example say of them, and what a bad one does."""

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from resolvers.service import Limits
from server.cli import main
from server.settings import Settings, setting_name, table

ROOT = Path(__file__).resolve().parents[2]


class Done(NamedTuple):
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


Registry: TypeAlias = Callable[..., Done]


@pytest.fixture
def registry(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Registry]:
    """Runs a command that ends at once, in this process: one of its own would import for 0.6 s."""

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def run(*arguments: str, **variables: str) -> Done:
        for name in Settings.model_fields:
            monkeypatch.delenv(setting_name(name), raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["registry", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return Done(int(str(ended.value.code)), *capsys.readouterr())

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_the_readme_lists_every_setting_with_its_default() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    between = readme.partition("<!-- settings -->\n")[2].partition("\n<!-- /settings -->")[0]
    assert between == table()


def test_the_example_file_holds_every_setting_with_its_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    given = [line.removeprefix("# ") for line in lines if "=" in line]
    assert {line.partition("=")[0] for line in given} == {
        setting_name(name) for name in Settings.model_fields
    }
    filled = tmp_path / "filled.env"
    filled.write_text("\n".join(line for line in given if not line.startswith("DATABASE_URL")))
    for name in Settings.model_fields:
        monkeypatch.delenv(setting_name(name), raising=False)
    assert Settings(_env_file=filled) == Settings(_env_file=None)


def test_every_setting_can_be_set_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@h:1/d")
    monkeypatch.setenv("REGISTRY_NODES_MAX", "7")
    settings = Settings(_env_file=None)
    assert settings.database_url == "postgres://u:p@h:1/d"
    assert settings.limits.max_nodes == 7


def test_the_default_limits_are_those_of_the_resolvers() -> None:
    assert Settings(_env_file=None).limits == Limits()


def test_settings_cannot_be_changed_later() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings(_env_file=None).port = 1  # type: ignore[misc]  # that is the test


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("REGISTRY_PORT", "abc", "valid integer"),
        ("REGISTRY_PORT", "70000", "less than or equal to 65535"),
        ("REGISTRY_WORKERS", "0", "greater than or equal to 1"),
        ("REGISTRY_LOG_FORMAT", "xml", "'auto', 'json' or 'text'"),
        ("DATABASE_URL", "mysql://root:secret@h/d", "postgresql://"),
        ("DATABASE_URL", "postgresql://h:port/d", "Port"),
        ("REGISTRY_HOST", "0.0.0.0", "REGISTRY_ALLOW_OPEN=true"),
        ("REGISTRY_DATA_DIR", "/dev/null/x", "no PostgreSQL can run"),
    ],
)
def test_a_bad_setting_is_one_line_that_names_it_and_exit_code_2(
    registry: Registry, variable: str, value: str, told: str
) -> None:
    done = (
        registry("serve", "--port", "0", **{variable: value})
        if (variable != "REGISTRY_PORT")
        else registry("serve", **{variable: value})
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"{variable}: ")
    assert told in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize("arguments", [["nonsense"], ["serve", "--port", "x"], ["serve", "-z"]])
def test_a_bad_argument_is_one_line_and_exit_code_2(
    registry: Registry, arguments: list[str]
) -> None:
    done = registry(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert arguments[-1] in done.stderr or "--port" in done.stderr


@pytest.mark.parametrize("command", ["serve", "migrate", "psql"])
def test_a_database_that_does_not_answer_is_one_line_and_exit_code_1(
    registry: Registry, command: str
) -> None:
    url = "postgresql://me:secret@127.0.0.1:9/registry"
    done = registry(command, DATABASE_URL=url, REGISTRY_PORT="0")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("DATABASE_URL: ")
    assert "secret" not in done.stderr
