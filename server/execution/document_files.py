"""Reads trusted documents from files: a directory of `*.graphql` files, or a manifest.

Manifests are JSON, as the build tools of clients write them:
- Apollo's `generate-persisted-query-manifest`: {"format": "apollo-persisted-query-manifest",
  "version": 1, "operations": [{"id": ..., "body": ...}]}
- relay-compiler and graphql-codegen's client preset: {id: text}
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

BYTES_MAX = 1_048_576
HASH_PREFIX = "sha256:"  # of an id that is the hash of its document
_APOLLO = "apollo-persisted-query-manifest"


class StoredText(NamedTuple):
    """The text of a document, its own name, and where it was found."""

    origin: str
    name: str
    text: str


class FaultyDocuments(Exception):
    """Trusted documents cannot be served: one line that names the file and the fault."""


def read(path: Path) -> list[StoredText]:
    """The documents of a directory or of a manifest; raises FaultyDocuments."""
    try:
        found = list(_of_directory(path) if path.is_dir() else _of_manifest(path))
    except OSError as error:
        raise FaultyDocuments(f"{error.filename or path}: {error.strerror}") from None
    if not found:
        kind = "no file *.graphql" if path.is_dir() else "no document"
        raise FaultyDocuments(f"{path}: has {kind}")
    return found


def _of_directory(path: Path) -> Iterator[StoredText]:
    left = BYTES_MAX
    for file in sorted(_files(path)):
        text = _text(file, left)
        left -= len(text)
        yield StoredText(str(file), file.stem, _decoded(file, text))


def _files(path: Path) -> Iterator[Path]:
    """The files of a directory and of those in it; OSError for one that cannot be read."""
    for folder, _, names in os.walk(path, onerror=_raise):
        yield from (Path(folder, name) for name in names if name.endswith(".graphql"))


def _raise(error: OSError) -> None:
    raise error


def _of_manifest(file: Path) -> Iterator[StoredText]:
    text = _text(file, BYTES_MAX)
    _decoded(file, text)
    try:
        manifest = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise FaultyDocuments(f"{file}: is neither a directory nor JSON: {error}") from None
    if not isinstance(manifest, dict):
        raise FaultyDocuments(f"{file}: must be a JSON object")
    entries = _apollo(file, manifest) if "format" in manifest else manifest.items()
    for name, document in entries:
        if not isinstance(document, str) or not isinstance(name, str):
            raise FaultyDocuments(f"{file}: {name!r}: id and document must be strings")
        yield StoredText(f"{file}: {name!r}", name, document)


def _apollo(file: Path, manifest: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    if manifest["format"] != _APOLLO or manifest.get("version") != 1:
        raise FaultyDocuments(f"{file}: `format` must be {_APOLLO!r}, and `version` 1")
    operations = manifest.get("operations")
    if not isinstance(operations, list):
        raise FaultyDocuments(f"{file}: `operations` must be a list")
    for number, operation in enumerate(operations):
        if not isinstance(operation, dict):
            raise FaultyDocuments(f"{file}: `operations[{number}]` must be an object")
        yield operation.get("id"), operation.get("body")


def _text(file: Path, bytes_max: int) -> bytes:
    with file.open("rb") as opened:
        text = opened.read(bytes_max + 1)
    if len(text) > bytes_max:
        raise FaultyDocuments(
            f"{file}: trusted documents have more than {BYTES_MAX} bytes together"
        )
    return text


def _decoded(file: Path, text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise FaultyDocuments(f"{file}: is not UTF-8") from None
