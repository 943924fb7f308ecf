"""The dashboard's manifest: read at the start, its documents prepared at their first use."""

import json
import logging
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from server.errors import OperationRejected
from server.execution.document_files import BYTES_MAX
from server.execution.documents import Document, Documents
from server.execution.page_documents import PageDocuments
from server.settings import Settings
from tests.graphql import SCHEMA

TEXT = "fragment F on Query { __typename } query APage { ...F }"
OTHER = "mutation BSet { __typename } subscription CLive { __typename }"


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def written(folder: Path, content: Any) -> Path:
    file = folder / "documents.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def manifest_of(*texts: str) -> dict[str, str]:
    return {f"sha256:{hash_of(text)}": text for text in texts}


class Counted(Documents):
    """Documents that notes what it prepares."""

    def __init__(self) -> None:
        super().__init__(SCHEMA._schema, Settings(_env_file=None))
        self.texts: list[str] = []

    def prepared(self, text: str) -> Document:
        self.texts.append(text)
        return super().prepared(text)


def test_a_document_is_prepared_once_at_its_first_use(tmp_path: Path) -> None:
    documents = Counted()
    page = PageDocuments(written(tmp_path, manifest_of(TEXT, OTHER)), documents)
    assert (len(page), documents.texts) == (2, [])
    by_prefix, by_hash = page.named(f"sha256:{hash_of(TEXT)}"), page.named(hash_of(TEXT))
    assert by_prefix is by_hash is page.of_text(TEXT) is not None
    assert (by_prefix.text, documents.texts) == (TEXT, [TEXT])
    assert page.named("APage") is page.named("") is page.of_text(TEXT + " ") is None


def test_bare_hashes_are_ids_too(tmp_path: Path) -> None:
    page = PageDocuments(written(tmp_path, {hash_of(TEXT): TEXT}), Counted())
    assert page.named(f"sha256:{hash_of(TEXT)}") is page.named(hash_of(TEXT)) is not None


def test_the_names_are_known_before_anything_is_parsed(tmp_path: Path) -> None:
    documents = Counted()
    page = PageDocuments(written(tmp_path, manifest_of(TEXT, OTHER)), documents)
    assert sorted(page.names()) == ["APage", "BSet", "CLive"]
    assert documents.texts == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is neither a directory nor JSON"),
        ("", "is neither a directory nor JSON"),
        ([], "must be a JSON object"),
        ({}, "has no document"),
        ({"APage": TEXT}, f"'APage': the hash of the document is {hash_of(TEXT)}"),
        ({hash_of(OTHER): TEXT}, f"the hash of the document is {hash_of(TEXT)}"),
        ({hash_of(TEXT): 1}, "id and document must be strings"),
        ({hash_of(TEXT): TEXT, "x": "#" * BYTES_MAX}, f"more than {BYTES_MAX} bytes"),
    ],
)
def test_a_broken_or_foreign_manifest_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: Any, message: str
) -> None:
    file = written(tmp_path, content)
    page = PageDocuments(file, Counted())
    assert page.named(hash_of(TEXT)) is page.of_text(TEXT) is None
    (line,) = caplog.messages  # once, and not at each request
    assert line.startswith(f"The dashboard's documents are not known: {file}: ")
    assert message in line
    assert caplog.records[0].levelno == logging.WARNING


def test_a_page_that_is_not_built_is_no_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    page = PageDocuments(tmp_path / "none" / "documents.json", Counted())
    assert (len(page), page.named(hash_of(TEXT)), list(page.names())) == (0, None, [])
    assert caplog.messages == []


def test_a_build_made_while_the_server_runs_is_known(tmp_path: Path) -> None:
    page = PageDocuments(tmp_path / "documents.json", Counted())
    assert page.named(hash_of(TEXT)) is None
    file = written(tmp_path, manifest_of(TEXT))
    assert page.named(hash_of(TEXT)) is not None
    written(tmp_path, manifest_of(OTHER))
    os.utime(file, ns=(1, 1))
    assert page.named(hash_of(OTHER)) is not None
    assert page.named(hash_of(TEXT)) is None  # the page that sent it is gone


def test_a_document_of_another_schema_is_told_and_answered_with_its_errors(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "query APage { nothing }"
    page = PageDocuments(written(tmp_path, manifest_of(wrong, "{")), Counted())
    found = page.named(hash_of(wrong))
    assert found is not None
    assert [error.message for error in found.errors] == [
        "Cannot query field 'nothing' on type 'Query'."
    ]
    (line,) = caplog.messages
    assert "APage; run `make ui`: Cannot query field 'nothing'" in line
    with pytest.raises(OperationRejected):
        page.named(hash_of("{"))
