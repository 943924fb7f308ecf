"""The image and the compose file name only what is there; there is no engine here to run them."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

from server.settings import Settings, setting_name

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {setting_name(field) for field in Settings.model_fields}
DOCKERFILE = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text("utf-8"))
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


def _instructions(name: str) -> list[list[str]]:
    """The words after each instruction of that name."""
    lines = DOCKERFILE.splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith(f"{name} ")]


def _sources() -> list[str]:
    """What the image takes from the repository: COPY without --from; the last word is where to."""
    copies = [words for words in _instructions("COPY") if not words[0].startswith("--from")]
    return [source for words in copies for source in words[:-1]]


def _image_env() -> dict[str, str]:
    pairs = (pair.split("=", 1) for words in _instructions("ENV") for pair in words)
    return {name: value for name, value in pairs if name.startswith("REGISTRY_")}


def _set(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def test_each_source_is_in_the_repository_and_in_the_build_context() -> None:
    allowed = [
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    ]
    sources = _sources()
    assert sources
    assert [each for each in sources if not (ROOT / each).exists()] == []
    assert [each for each in sources if each.split("/")[0] not in allowed] == []


def test_the_image_has_every_package() -> None:
    """One that the wheel has and the image lacks would be missed when a container runs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) <= set(_sources())


def test_the_image_sets_only_settings() -> None:
    assert set(_image_env()) <= SETTINGS


def test_the_image_is_not_open_by_itself() -> None:
    """It listens on all addresses of its container; whoever runs it says that this is meant."""
    assert "REGISTRY_ALLOW_OPEN" not in _image_env()


def test_the_image_listens_where_it_says() -> None:
    assert [_image_env()["REGISTRY_PORT"]] in _instructions("EXPOSE")


def test_the_image_does_not_run_as_root() -> None:
    (user,) = _instructions("USER")[-1]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_the_health_check_is_python_that_parses() -> None:
    """The image has no curl."""
    found = re.search(r"HEALTHCHECK .*?CMD (\[.*\])", DOCKERFILE)
    assert found
    python, flag, program = json.loads(found[1])
    assert (python, flag) == ("python", "-c")
    compile(program, "HEALTHCHECK", "exec")
    assert "/readyz" in program


def test_compose_sets_only_settings_and_good_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    given = COMPOSE["services"]["registry"]["environment"]
    assert set(given) <= SETTINGS
    _set(monkeypatch, _image_env() | given)
    settings = Settings(_env_file=None)
    assert settings.allow_open
    assert settings.database_url == given["DATABASE_URL"]


def test_compose_publishes_on_this_machine_only() -> None:
    """The server has no access control yet."""
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_compose_declares_the_volumes_it_uses(service: str) -> None:
    used = {each.split(":")[0] for each in COMPOSE["services"][service]["volumes"]}
    assert used <= set(COMPOSE["volumes"])
