"""Settings: their documentation in README.md and .env.example, and errors for invalid values."""

import subprocess
import sys
from pathlib import Path

import pytest

from resolvers.service import Limits
from server.settings import Settings
from server.settings_base import setting_name
from server.settings_text import table
from tests.server.conftest import Registry

ROOT = Path(__file__).resolve().parents[2]


def test_the_readme_lists_every_setting_with_its_default() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme.partition("<!-- settings -->\n")[2].partition("\n<!-- /settings -->")[0]
    assert section == table()


def test_the_example_file_lists_every_setting_with_its_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    settings = [line.removeprefix("# ") for line in lines if "=" in line]
    assert {line.partition("=")[0] for line in settings} == {
        setting_name(name) for name in Settings.model_fields
    }
    filled = tmp_path / "filled.env"
    filled.write_text("\n".join(line for line in settings if not line.startswith("DATABASE_URL")))
    for name in Settings.model_fields:
        monkeypatch.delenv(setting_name(name), raising=False)
    assert Settings(_env_file=filled) == Settings(_env_file=None)


def test_every_setting_can_be_set_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@h:1/d")
    monkeypatch.setenv("REGISTRY_NODES_MAX", "7")
    settings = Settings(_env_file=None)
    assert settings.database_url == "postgres://u:p@h:1/d"
    assert settings.limits.max_nodes == 7


def test_the_default_limits_are_the_defaults_of_the_resolvers() -> None:
    assert Settings(_env_file=None).limits == Limits()


def test_settings_cannot_be_changed_later() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings(_env_file=None).port = 1  # type: ignore[misc]  # the error is what this tests


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("REGISTRY_PORT", "abc", "valid integer"),
        ("REGISTRY_PORT", "70000", "less than or equal to 65535"),
        ("REGISTRY_WORKERS", "0", "greater than or equal to 1"),
        ("REGISTRY_LOG_FORMAT", "xml", "'auto', 'json' or 'text'"),
        ("DATABASE_URL", "mysql://root:secret@h/d", "postgresql://"),
        ("DATABASE_URL", "postgresql://h:port/d", "Port"),
        ("DATABASE_REPLICA_URLS", "postgresql://u:secret@h/d", "needs DATABASE_URL"),
        ("DATABASE_REPLICA_URLS", "postgresql://u:secret@h,i/d", "one host each"),
        ("DATABASE_REPLICA_URLS", "mysql://u:secret@h/d", "postgresql://"),
        ("REGISTRY_HOST", "0.0.0.0", "REGISTRY_ALLOW_OPEN=true"),
        ("REGISTRY_DOCUMENTS", "/nowhere", "/nowhere: No such file or directory"),
        ("REGISTRY_DOCUMENTS", str(ROOT / "pyproject.toml"), "is neither a directory nor JSON"),
        ("REGISTRY_DATA_DIR", "/dev/null/x", "no PostgreSQL can run"),
    ],
)
def test_an_invalid_setting_gives_one_line_that_names_it_and_exit_code_2(
    registry: Registry, variable: str, value: str, message: str
) -> None:
    result = (
        registry("serve", "--port", "0", **{variable: value})
        if (variable != "REGISTRY_PORT")
        else registry("serve", **{variable: value})
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(f"{variable}: ")
    assert message in result.stderr
    assert "secret" not in result.stderr


@pytest.mark.parametrize("arguments", [["nonsense"], ["serve", "--port", "x"], ["serve", "-z"]])
def test_an_invalid_argument_gives_one_line_and_exit_code_2(
    registry: Registry, arguments: list[str]
) -> None:
    result = registry(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert arguments[-1] in result.stderr or "--port" in result.stderr


@pytest.mark.parametrize("command", ["serve", "migrate", "psql"])
def test_a_database_that_does_not_answer_gives_one_line_and_exit_code_1(
    registry: Registry, command: str
) -> None:
    url = "postgresql://me:secret@127.0.0.1:9/registry"
    result = registry(command, DATABASE_URL=url, REGISTRY_PORT="0")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("DATABASE_URL: ")
    assert "secret" not in result.stderr


@pytest.mark.parametrize("is_in_file", [False, True])
def test_the_level_debug_shows_the_traceback_of_an_unexpected_error(
    is_in_file: bool, tmp_path: Path
) -> None:
    variables = {"PYTHONPATH": str(ROOT), "REGISTRY_LOG_LEVEL": "debug"}
    if is_in_file:
        (tmp_path / ".env").write_text("REGISTRY_LOG_LEVEL=debug\n")
        del variables["REGISTRY_LOG_LEVEL"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "server", "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=tmp_path,
            env=variables,
        )
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "OSError: [Errno 28] No space left on device" in done.stderr
