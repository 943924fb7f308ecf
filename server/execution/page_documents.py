"""The documents of the dashboard: trusted, known by their hashes, and prepared at their first use.

The build of the page validates them by the schema that it was made for, and writes them into a
manifest. So a start only reads that file, and a fault in it is a warning: the API works without the
page. As the page's other files, it may be built while the server runs.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from server.execution.document_files import HASH_PREFIX, FaultyDocuments, StoredText, read
from server.execution.documents import Document, Documents

_log = logging.getLogger("documents")
_NAME = re.compile(r"\b(?:query|mutation|subscription)\s+(\w+)")

_State: TypeAlias = tuple[int, int]  # of a file: when it was written, and its size


class _Manifest:
    """What was read of a manifest in one state."""

    def __init__(self, state: _State | None, texts: Mapping[str, str]) -> None:
        self.state = state
        self.texts = texts  # by their hashes
        self.hashes = {text: digest for digest, text in texts.items()}
        self.prepared: dict[str, Document] = {}  # by their hashes


class PageDocuments:
    """The documents of a manifest, which may not be there."""

    def __init__(self, file: Path, documents: Documents) -> None:
        self._file = file
        self._documents = documents
        self._manifest = self._read(_state_of(file))

    def __len__(self) -> int:
        return len(self._manifest.texts)

    def named(self, wanted: str) -> Document | None:
        """The document of this id, which is its hash, with or without its prefix.

        Raises OperationRejected for one that cannot be parsed.
        """
        digest = wanted.removeprefix(HASH_PREFIX)
        if digest not in self._manifest.texts:
            state = _state_of(self._file)
            if state != self._manifest.state:
                self._manifest = self._read(state)
        manifest = self._manifest  # a thread may read another one
        if digest not in manifest.texts:
            return None
        return manifest.prepared.get(digest) or self._prepare(manifest, digest)

    def of_text(self, text: str) -> Document | None:
        """The document that has exactly this text."""
        digest = self._manifest.hashes.get(text)
        return None if digest is None else self.named(digest)

    def names(self) -> Iterator[str]:
        """The names of the operations."""
        for text in self._manifest.texts.values():
            yield from _NAME.findall(text)

    def _prepare(self, manifest: _Manifest, digest: str) -> Document:
        document = self._documents.prepared(manifest.texts[digest])
        if document.errors:
            _log.warning(
                "A document of the dashboard is not valid for this schema: %s; run `make ui`: %s",
                ", ".join(document.operations),
                document.errors[0].message,
            )
            return document
        return manifest.prepared.setdefault(digest, document)  # a thread may have prepared it, too

    def _read(self, state: _State | None) -> _Manifest:
        texts: Mapping[str, str] = {}
        if state is not None:
            try:
                texts = dict(_by_hash(read(self._file)))
            except FaultyDocuments as error:
                _log.warning("The dashboard's documents are not known: %s", error)
        return _Manifest(state, texts)


def _state_of(file: Path) -> _State | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _by_hash(stored: Iterable[StoredText]) -> Iterator[tuple[str, str]]:
    """The texts by their hashes; raises FaultyDocuments for one that has another id."""
    for origin, name, text in stored:
        digest = sha256(text.encode()).hexdigest()
        if name.removeprefix(HASH_PREFIX) != digest:
            raise FaultyDocuments(f"{origin}: the hash of the document is {digest}")
        yield digest, text
