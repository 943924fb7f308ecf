"""Nothing that a person types at a command gives a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.commands.processes import ROOT, registry

COMMANDS = (
    "serve",
    "migrate",
    "schema",
    "psql",
    "worker",
    "import",
    "retention",
    "archive",
    "token",
)
NONSENSE = (["nonsense"], ["--nonsense"], ["a\udcff"], ["--keep", "x"], [""])
URLS = (
    "nonsense",
    "postgresql://",
    "postgresql://h:x/y",
    "postgresql://[::1/z",
    "postgresql://127.0.0.1:1/z?nonsense=1",
    "postgresql://127.0.0.1:99999/z",
    "mysql://127.0.0.1/z",
)


def _run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return registry(*arguments, folder=folder, **variables)


@pytest.mark.parametrize("command", COMMANDS)
def test_nonsense_arguments_are_refused_in_words(command: str, tmp_path: Path) -> None:
    nonsense = (["--nonsense"],) if command == "psql" else NONSENSE  # psql gets its arguments
    variables = {"DATABASE_URL": "postgresql://127.0.0.1:1/none"}
    for each in nonsense:
        done = _run(tmp_path, command, *each, **variables)
        assert done.returncode in (1, 2), done
        assert done.stderr.strip(), done


@pytest.mark.parametrize("command", [("migrate",), ("retention", "apply"), ("import", "synthetic")])
def test_a_wrong_database_url_is_refused_in_words(command: tuple[str, ...], tmp_path: Path) -> None:
    for url in URLS:
        done = _run(tmp_path, *command, DATABASE_URL=url)
        assert done.returncode in (1, 2), (url, done)
        assert "DATABASE_URL" in done.stderr, (url, done)


def test_an_empty_database_is_refused_with_what_to_do(tmp_path: Path) -> None:
    done = _run(tmp_path, "retention", "apply", REGISTRY_DATA_DIR=str(tmp_path / "data"))
    assert done.returncode == 1
    assert "run `registry migrate`" in done.stderr


def test_faulty_files_are_refused_in_words(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "deep").write_text("[" * 100_000)
    (tmp_path / "list").write_text("[]")
    (tmp_path / "gzip").write_bytes(b"\x1f\x8bnonsense")
    names = ("missing", "binary", "deep", "list", "gzip", ".", "http://[", "http://")
    for name in names:
        done = _run(tmp_path, "import", "litellm", name, DATABASE_URL=database_url)
        assert (done.returncode, "Nothing was imported" in done.stderr) == (1, True), done


def test_entries_that_no_client_may_store_are_skipped(database_url: str, tmp_path: Path) -> None:
    entry = '{"litellm_provider": "%s", "mode": "chat"}'
    rows = {
        "good": "openai",
        "a": "???",
        "b/nul\\u0000": "openai",
        "c/lone\\ud800": "openai",
        "openai/sk-ant-api03-" + "a1" * 10: "openai",
    }
    text = ", ".join(f'"{key}": {entry % provider}' for key, provider in rows.items())
    (tmp_path / "map.json").write_text(f"{{{text}}}")
    done = _run(tmp_path, "import", "litellm", "map.json", DATABASE_URL=database_url)
    assert done.returncode == 0, done.stderr
    assert "Skipped: 4" in done.stdout


def test_an_unreadable_env_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe")
    done = _run(tmp_path, "migrate")
    assert (done.returncode, ".env" in done.stderr) == (1, True)


def test_a_misspelt_setting_is_warned_about(tmp_path: Path) -> None:
    done = _run(tmp_path, "schema", REGISTRY_PROT="1")
    assert done.returncode == 0
    assert "did you mean REGISTRY_PORT?" in done.stderr


def test_a_closed_stdin_at_the_question_is_a_no(database_url: str, tmp_path: Path) -> None:
    _run(tmp_path, "import", "synthetic", "--models", "1", DATABASE_URL=database_url)
    closed = f"exec {sys.executable} -m server retention apply <&-"
    done = subprocess.run(
        ["/bin/bash", "-c", closed],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "Aborted")


def test_the_version_is_printed(tmp_path: Path) -> None:
    done = _run(tmp_path, "--version")
    assert (done.returncode, done.stdout.count(".") >= 2) == (0, True)
