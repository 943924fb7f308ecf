"""Settings that are folders and files: what cannot be used is said with the setting's name."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import pytest

from server.settings import Settings
from server.settings_base import setting_name
from tests.server.commands.processes import registry as run
from tests.server.conftest import Registry

_DEAD = "postgresql://me@127.0.0.1:9/registry"  # where all paths are usable, it is what fails
_FOLDERS = ("data_dir", "archive_url", "metrics_dir")
_FILES = ("catalog_aliases", "documents")  # documents can be a folder, too
_COMMANDS = {
    "data_dir": ("serve", "worker", "retention plan"),
    "archive_url": ("serve", "worker", "retention plan"),
    "metrics_dir": ("serve",),
    "catalog_aliases": ("serve", "import genai-prices"),
    "documents": ("serve",),
}
_CASES = [(field, command) for field, names in _COMMANDS.items() for command in names]
_OF_FOLDERS = [case for case in _CASES if case[0] in _FOLDERS]
_OF_FILES = [case for case in _CASES if case[0] in _FILES]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder whose content is deleted whatever its modes are."""
    with TemporaryDirectory() as name:
        yield Path(name)
        for each in (Path(name), *Path(name).iterdir()):
            each.chmod(0o755)


def _given(field: str, path: Path) -> dict[str, str]:
    value = path.as_uri() if field == "archive_url" else str(path)
    return {"DATABASE_URL": _DEAD, "REGISTRY_PORT": "0", setting_name(field): value}


def _assert_named(result: Any, field: str, *parts: str) -> None:
    """One line, of the setting and of what is wrong."""
    assert (result.returncode, result.stdout) == (2, "")
    [line] = result.stderr.splitlines()
    assert line.startswith(f"{setting_name(field)}: ")
    for part in parts:
        assert part in line


def test_every_setting_that_is_a_path_is_tried_here() -> None:
    found = {
        name
        for name, field in Settings.model_fields.items()
        if Path in (field.annotation, *get_args(field.annotation))
        or any(Path in get_args(each) for each in get_args(field.annotation))
    }
    assert found | {"archive_url"} == set(_FOLDERS + _FILES) == set(_COMMANDS)


@pytest.mark.parametrize("below", ["", "below", "far/below"])
@pytest.mark.parametrize(("field", "command"), _OF_FOLDERS)
def test_a_file_in_place_of_a_folder(
    registry: Registry, place: Path, field: str, command: str, below: str
) -> None:
    file = place / "file"
    file.write_text("")
    result = registry(*command.split(), **_given(field, file / below if below else file))
    _assert_named(result, field, f"{file} is not a directory")


@pytest.mark.parametrize(("field", "command"), _OF_FILES)
def test_a_folder_in_place_of_a_file(
    registry: Registry, place: Path, field: str, command: str
) -> None:
    result = registry(*command.split(), **_given(field, place))
    wrong = {"catalog_aliases": "Is a directory", "documents": "has no file *.graphql"}
    _assert_named(result, field, str(place), wrong[field])


@pytest.mark.parametrize(("field", "command"), _OF_FILES)
@pytest.mark.parametrize("name", ["missing", "far/missing", "file/below"])
def test_a_file_that_is_not_there(
    registry: Registry, place: Path, field: str, command: str, name: str
) -> None:
    (place / "file").write_text("")
    result = registry(*command.split(), **_given(field, place / name))
    _assert_named(result, field, str(place / name))
    assert ("No such file" in result.stderr) or ("Not a directory" in result.stderr)


@pytest.mark.parametrize(("field", "command"), _OF_FOLDERS)
def test_a_folder_whose_parent_is_missing_is_made(
    registry: Registry, place: Path, field: str, command: str
) -> None:
    result = registry(*command.split(), **_given(field, place / "far" / "below"))
    assert result.returncode == 1
    assert result.stderr == "DATABASE_URL: the database does not answer: UNAVAILABLE\n"


@pytest.mark.parametrize("name", ["closed", "closed/far/below", "kept", "kept/below"])
@pytest.mark.parametrize(("field", "command"), _OF_FOLDERS)
def test_a_folder_without_permission(place: Path, field: str, command: str, name: str) -> None:
    (place / "closed").mkdir(mode=0)
    (place / "kept").mkdir(mode=0o555)
    result = run(*command.split(), obeys_modes=True, **_given(field, place / name))
    lines = result.stderr.splitlines()
    assert lines[0].startswith(f"{setting_name(field)}: ")
    assert "Permission denied" in lines[0]
    assert str(place / name.partition("/")[0]) in lines[0]
    # a registry answers without its archives
    continues = field != "metrics_dir"
    assert (len(lines), result.returncode) == ((2, 1) if continues else (1, 2))


@pytest.mark.parametrize("name", ["", "/x"])
def test_a_data_directory_without_permission_for_the_embedded_postgresql(
    place: Path, name: str
) -> None:
    place.chmod(0o555)
    data_dir = f"{place}{name}"
    result = run("serve", obeys_modes=True, REGISTRY_PORT="0", REGISTRY_DATA_DIR=data_dir)
    assert result.returncode == 2
    for line in result.stderr.splitlines():
        assert line.startswith("REGISTRY_DATA_DIR: ")
        assert "Permission denied" in line


@pytest.mark.parametrize(("field", "command"), _OF_FILES)
@pytest.mark.parametrize("name", ["closed/file", "file", "folder"])
def test_a_file_without_permission(place: Path, field: str, command: str, name: str) -> None:
    (place / "closed").mkdir(mode=0)
    (place / "file").touch(mode=0)
    (place / "folder").mkdir(mode=0)
    result = run(*command.split(), obeys_modes=True, **_given(field, place / name))
    _assert_named(result, field, str(place / name))
    assert "Permission denied" in result.stderr


@pytest.mark.parametrize("field", [name for name in _COMMANDS if name != "archive_url"])
def test_a_tilde_is_the_home_directory(
    field: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.setenv(setting_name(field), "~/x")
    assert getattr(Settings(_env_file=None), field) == place / "x"


def test_a_home_directory_that_there_is_not(registry: Registry) -> None:
    _assert_named(registry("serve", REGISTRY_METRICS_DIR="~nosuchuser/x"), "metrics_dir", "home")
