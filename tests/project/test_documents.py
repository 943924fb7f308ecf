"""What the documents tell a reader to run or to open exists."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.exceptions import TyperException

from db.tables import Model
from server.cli import app
from server.ops import later
from server.settings import Settings
from server.settings_base import setting_name
from tests.project.pages import (
    PAGES,
    README,
    ROOT,
    blocks_of,
    name_of,
    paragraph_of,
    spans_of,
)

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):.*?## ", MAKEFILE, re.MULTILINE))
ENVIRONMENT = ".venv/.made"  # a target that is a file
LANGUAGES = {
    "sh": "each line is parsed here: make or registry",
    "console": "each line's program is checked here",
    "graphql": "test_tour.py runs it",
    "json": "an answer: tests/server/test_routing_page.py compares it",
    "ini": "settings: read here, and test_production.py starts a server with those of README.md",
    "python": "no command",
    "diff": "no command",
    "": "as console",
}
# Programs of others that a page may use in a block; what we know of their arguments is checked.
CONSOLE = ("curl", "docker", "zstd", "pg_dump", "pg_restore", "pg_basebackup", "cp", "umask")
CONSOLE += ("echo", "touch")
CONSOLE += ("registry",)  # where its output goes to a file: test_production.py runs it


def _lines(*languages: str) -> list[str]:
    """The lines of the blocks in these languages, of all pages."""
    blocks = (block for page in PAGES for block in blocks_of(page) if block.language in languages)
    return sorted({line for block in blocks for line in block.text.splitlines()})


def _inline(*programs: str) -> list[str]:
    """The commands of these programs that stand in a sentence, such as `make run`."""
    spans = (span for page in PAGES for span in spans_of(page))
    return sorted({span for span in spans if span.split()[0] in programs and " " in span})


def _command(words: list[str]) -> Any:
    """The command of `registry` that the words name; takes its name off them."""
    command = typer.main.get_command(app)
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        command = command.commands[words.pop(0)]
    return command


def _parse(words: list[str]) -> None:
    """Raise unless `registry` knows the command and takes these arguments; nothing is run."""
    command = _command(words)
    command.make_context(command.name, words)


def test_every_block_is_in_a_language_that_is_checked() -> None:
    languages = {block.language for page in PAGES for block in blocks_of(page)}
    assert languages <= set(LANGUAGES)
    assert {block.language for block in blocks_of(README)} == {"sh", "console", "graphql", "ini"}


@pytest.mark.parametrize("line", _lines("sh"))
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


@pytest.mark.parametrize(
    "text", [block.text for page in PAGES for block in blocks_of(page) if block.language == "ini"]
)
def test_lines_of_a_file_of_settings_are_settings(text: str, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(text)
    names = {line.partition("=")[0] for line in text.splitlines()}
    assert names <= {setting_name(field) for field in Settings.model_fields}
    assert Settings(_env_file=file) != Settings(_env_file=None)


@pytest.mark.parametrize("line", _lines("console", ""))
def test_a_command_of_another_program_is_one_that_is_known(line: str) -> None:
    assert line.split()[0] in CONSOLE


@pytest.mark.parametrize("span", _inline("registry", ".venv/bin/registry"))
def test_a_command_in_a_sentence_exists_and_has_its_options(span: str) -> None:
    """It may stand there as a usage line, such as `registry retention apply [--keep N]`."""
    words = re.sub(r"[\[\]]", "", span).split()[1:]
    command = _command(words)
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("span", _inline("make"))
def test_a_target_in_a_sentence_exists(span: str) -> None:
    words = {word for word in shlex.split(span)[1:] if not re.match(r"\w+=", word)}
    assert words <= {*TARGETS, ENVIRONMENT}


@pytest.mark.parametrize("span", _inline("python", ".venv/bin/python"))
def test_a_module_in_a_sentence_exists(span: str) -> None:
    found = re.match(r"\S+ -m ([\w.]+)", span)
    assert found
    path = ROOT / found[1].replace(".", "/")
    assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


def test_an_unknown_command_or_option_would_be_found() -> None:
    with pytest.raises(KeyError):
        _parse(["sevre"])
    with pytest.raises(TyperException):
        _parse(["serve", "--prot", "8003"])


def test_the_readme_shows_every_command() -> None:
    blocks = [block for block in blocks_of(README) if block.language == "sh"]
    lines = [line for block in blocks for line in block.text.splitlines()]
    shown = {shlex.split(line)[1] for line in lines if line.startswith("registry ")}
    assert shown == set(typer.main.get_command(app).commands)


def test_curl_calls_the_address_of_a_server_with_default_settings() -> None:
    calls = [shlex.split(line) for line in _lines("console") if line.startswith("curl ")]
    assert calls
    for words in calls:
        assert f"http://127.0.0.1:{Settings(_env_file=None).port}/graphql" in words
        if "--get" in words:  # tests/server/http/test_polling_page.py runs it
            assert any(word.startswith("documentId=") for word in words)
        else:
            assert {"query", "documentId"} & json.loads(words[words.index("-d") + 1]).keys()


def test_docker_compose_has_a_file_to_run() -> None:
    """There is no engine here: test_container.py checks what the file says."""
    calls = [line for line in _lines("console") if line.startswith("docker ")]
    assert {line.split()[1] for line in calls} == {"compose"}
    assert yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]


def test_the_readme_states_the_default_limits() -> None:
    settings, limits = Settings(_env_file=None), paragraph_of("Limits**")
    for limit in (
        f"{settings.body_bytes_max // 1024} KiB",
        f"{settings.document_tokens_max:,} tokens",
        f"depth {settings.depth_max}",
        f"{settings.aliases_max} aliases",
        f"{settings.root_fields_max} root fields",
        f"{settings.nodes_max:,} objects",
        f"{settings.page_size_max} objects a page",
        f"{settings.operation_timeout_ms // 1_000} seconds an operation",
    ):
        assert limit in limits


def test_the_readme_states_other_defaults() -> None:
    settings = Settings(_env_file=None)
    cron = Settings.model_fields["retention_cron"].default  # conftest.py sets another one
    minute, hour, *rest = cron.split()
    assert rest == ["*", "*", "*"]
    retention, workers = paragraph_of("Retention**"), paragraph_of("Workers.**")
    assert f"every day at {int(hour):02}:{int(minute):02} UTC" in retention
    assert f"latest {Model(name='x').retention_keep} (`retentionKeep`)" in retention
    assert f"{settings.read_connections_max} for reads" in workers
    assert f"{settings.write_connections_max} for writes" in workers
    total, *parts = map(int, re.findall(r"(?:at most|:|,|and) (\d+) ", workers))
    assert (sum(parts), parts[-1]) == (total, later.JOB_CONNECTIONS_MAX)
    assert settings.host in paragraph_of("Access.**")


def test_help_lists_every_target() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert set(phony.split()) == TARGETS


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_index_of_decisions_is_complete() -> None:
    """Each record is listed once, in order, under its own title or the beginning of it."""
    folder = ROOT / "docs" / "decisions"
    index = re.findall(r"^- \[(\d{4})\]\(([^)]+)\) (.+)$", (folder / "README.md").read_text(), re.M)
    assert [file for _, file, _ in index] == sorted(f.name for f in folder.glob("0*.md"))
    for number, file, title in index:
        heading = (folder / file).read_text("utf-8").splitlines()[0]
        assert file.startswith(number)
        assert heading.removeprefix(f"# {int(number)}. ").startswith(title)
