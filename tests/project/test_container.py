"""The image and the compose file name only what exists. No container engine runs here."""

import json
import re
import shlex
import tomllib

import pytest
import yaml

from server.settings import Settings
from server.settings_base import setting_name
from tests.project.pages import ROOT, paragraph_of

SETTINGS = {setting_name(field) for field in Settings.model_fields}
DOCKERFILE = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text("utf-8"))
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


def _instructions(name: str) -> list[list[str]]:
    """The words after each instruction of this name."""
    lines = DOCKERFILE.splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith(f"{name} ")]


def _sources() -> list[str]:
    """The sources of COPY without --from; the last word of an instruction is the target."""
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
    """A package that only the wheel has would be missing when a container runs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) <= set(_sources())


def test_the_image_sets_only_settings() -> None:
    assert set(_image_env()) <= SETTINGS


@pytest.mark.parametrize("is_composed", [False, True], ids=["image", "compose"])
def test_a_container_is_closed_by_itself(
    monkeypatch: pytest.MonkeyPatch, is_composed: bool
) -> None:
    """It listens on all addresses of its container: who runs it must open it."""
    composed = COMPOSE["services"]["registry"]["environment"] if is_composed else {}
    _set(monkeypatch, _image_env() | composed)
    settings = Settings(_env_file=None)
    assert (settings.host, settings.require_tokens, settings.allow_open) == ("0.0.0.0", True, False)


def test_the_image_exposes_the_port_it_listens_on() -> None:
    assert [_image_env()["REGISTRY_PORT"]] in _instructions("EXPOSE")


def test_the_image_does_not_run_as_root() -> None:
    (user,) = _instructions("USER")[-1]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_the_health_check_is_python_that_parses() -> None:
    """The image has no curl."""
    match = re.search(r"HEALTHCHECK .*?CMD (\[.*\])", DOCKERFILE)
    assert match
    python, flag, program = json.loads(match[1])
    assert (python, flag) == ("python", "-c")
    compile(program, "HEALTHCHECK", "exec")
    assert "/readyz" in program


def test_compose_sets_only_settings_with_valid_values(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = COMPOSE["services"]["registry"]["environment"]
    assert set(environment) <= SETTINGS
    _set(monkeypatch, _image_env() | environment)
    settings = Settings(_env_file=None)
    assert settings.database_url == environment["DATABASE_URL"]


def test_all_data_is_in_the_volume_that_the_readme_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """With DATABASE_URL too: archives of old versions are kept outside of the database."""
    registry = COMPOSE["services"]["registry"]
    _set(monkeypatch, _image_env() | registry["environment"])
    settings = Settings(_env_file=None)
    (folder,) = {volume.split(":")[1] for volume in registry["volumes"]}
    assert str(settings.data_dir) == folder
    assert settings.archive_location.startswith(f"file://{folder}/")
    assert f"`{folder}`" in paragraph_of("Container.**")


def test_compose_publishes_on_this_machine_only() -> None:
    """It speaks HTTP without TLS, which must not leave the machine."""
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_compose_declares_the_volumes_it_uses(service: str) -> None:
    used = {each.split(":")[0] for each in COMPOSE["services"][service].get("volumes", ())}
    files = {each for each in used if each.startswith("./")}
    assert used - files <= set(COMPOSE["volumes"])
    assert all((ROOT / each).is_file() for each in files)


def test_the_jobs_of_prometheus_are_those_that_the_alerts_name() -> None:
    alerts = (ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text("utf-8")
    named = set(re.findall(r'[{,]job="(\w+)"', alerts))
    configured = COMPOSE["configs"]["prometheus"]["content"]
    sample = (ROOT / "deploy" / "prometheus" / "prometheus.yaml").read_text("utf-8")
    for text in (configured, sample):
        jobs = {each["job_name"] for each in yaml.safe_load(text)["scrape_configs"]}
        assert named == jobs
