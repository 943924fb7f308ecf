"""The operator's file of names of models."""

from pathlib import Path

import pytest

from catalogs import aliases
from catalogs.catalog import CatalogError


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "aliases.toml"
    path.write_bytes(content)
    return path


def test_each_name_has_its_canonical_one(tmp_path: Path) -> None:
    path = _file(
        tmp_path, b'Orbit = ["orbit-7b", "my-orbit"]\n"Star.X" = []\n"comet" = ["comet"]\n'
    )
    assert aliases.read(path) == {"orbit-7b": "Orbit", "my-orbit": "Orbit", "comet": "comet"}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"Orbit = [", "is not TOML: "),
        (b"\xff", "is not UTF-8: "),
        (b'Orbit = "orbit-7b"', "'Orbit' must have a list of names"),
        (b"Orbit = [1]", "'Orbit' must have a list of names"),
        (b'[Orbit]\nnames = ["x"]', "'Orbit' must have a list of names"),
        (b'"Or bit" = ["x"]', "'Or bit' is not a valid name of a model"),
        (b'Orbit = [""]', "'Orbit' has '', which is no name of a model"),
        (b'Orbit = ["x-1"]\nStar = ["X_1"]', "'X_1' is under both 'Orbit' and 'Star'"),
        (b'Orbit = ["star"]\nStar = ["x"]', "'star' is under both 'Star' and 'Orbit'"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path: Path, content: bytes, fault: str) -> None:
    path = _file(tmp_path, content)
    with pytest.raises(CatalogError) as caught:
        aliases.read(path)
    assert str(caught.value).startswith(str(path))
    assert fault in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    with pytest.raises(CatalogError, match="No such file") as caught:
        aliases.read(path)
    assert str(path) in str(caught.value)
