"""What is read as trusted documents, and what refuses the start."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from server.execution import document_files, trusted
from server.execution.document_files import FaultyDocuments
from server.execution.documents import Documents
from server.execution.parameters import DocumentId
from server.execution.trusted import TrustedDocuments
from server.settings import Settings
from tests.graphql import SCHEMA

TEXT = "query A { __typename }"
DIGEST = sha256(TEXT.encode()).hexdigest()
APOLLO = {"format": "apollo-persisted-query-manifest", "version": 1}


def load(path: Path) -> TrustedDocuments:
    settings = Settings(_env_file=None)
    return trusted.load(path, Documents(SCHEMA._schema, settings))


def manifest(folder: Path, content: Any) -> Path:
    path = folder / "manifest.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(
    "content",
    [
        {**APOLLO, "operations": [{"id": "own", "name": "A", "type": "query", "body": TEXT}]},
        {"own": TEXT},
        {"own": TEXT, DIGEST: TEXT, f"sha256:{DIGEST}": TEXT},
    ],
)
def test_each_manifest_gives_the_document_by_name_and_by_hash(tmp_path: Path, content: Any) -> None:
    found = load(manifest(tmp_path, content))
    for name in ("own", DIGEST, f"sha256:{DIGEST}"):
        assert found.named(DocumentId(name, is_apollo_hash=False)).text == TEXT
    assert len(found.by_text) == 1


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    text = "# é\r\n{ __typename }\r\n".encode()
    (tmp_path / "a.graphql").write_bytes(text)
    assert set(load(tmp_path).by_id) == {
        "a",
        sha256(text).hexdigest(),
        f"sha256:{sha256(text).hexdigest()}",
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is neither a directory nor JSON"),
        (b"\xff".decode("latin-1"), "is neither a directory nor JSON"),
        ([], "must be a JSON object"),
        ({}, "has no document"),
        ({"format": "other", "version": 1, "operations": []}, "`format` must be"),
        ({**APOLLO, "version": 2, "operations": []}, "`version` 1"),
        ({**APOLLO, "operations": {}}, "`operations` must be a list"),
        ({**APOLLO, "operations": [1]}, "`operations[0]` must be an object"),
        ({**APOLLO, "operations": [{"id": "a"}]}, "'a': id and document must be strings"),
        ({"a": 1}, "'a': id and document must be strings"),
        ({"a": "{"}, "'a': 1:2: Syntax Error"),
        ({"a": ""}, "'a': 1:1: Syntax Error"),
        ({"a": "{ nope }"}, "'a': 1:3: Cannot query field 'nope'"),
        ({"a": "fragment F on Query { __typename }"}, "'a': 1:1: Fragment 'F' is never used"),
        ({"a": "{ " + "x " * 2_001 + "}"}, "Parsing aborted"),
        ({"a": "{ a" * 900 + "}" * 900}, "'a': "),
        ({"": TEXT}, "'': the id must have"),
        ({"a b": TEXT}, "'a b': the id must have"),
        ({"a" * 256: TEXT}, "the id must have"),
        ({"sha256:" + "0" * 64: TEXT}, f"the hash of the document is {DIGEST}"),
        ({"a": TEXT, DIGEST: "{ __typename }"}, "another document has the id"),
        (
            {str(n): f"query Q{n} {{ __typename }}" for n in range(1_001)},
            "more than 1000 documents",
        ),
        ({"a": "#" * document_files.BYTES_MAX}, "more than 1048576 bytes"),
    ],
)
def test_a_faulty_manifest_refuses_the_start(tmp_path: Path, content: Any, message: str) -> None:
    path = manifest(tmp_path, content)
    with pytest.raises(FaultyDocuments) as error:
        load(path)
    assert str(error.value).startswith(str(path))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_faulty_directory_refuses_the_start(tmp_path: Path) -> None:
    for path, message in ((tmp_path / "none", "No such file"), (tmp_path, "has no file *.graphql")):
        with pytest.raises(FaultyDocuments, match=message.replace("*", r"\*")):
            load(path)
    (tmp_path / "more").mkdir()
    (tmp_path / "a.graphql").write_text(TEXT)
    other = tmp_path / "more" / "a.graphql"
    other.write_text("{ __typename }")
    with pytest.raises(FaultyDocuments) as error:
        load(tmp_path)
    assert str(error.value) == f"{other}: another document has the id 'a' too"
    other.write_bytes(b"\xff")
    with pytest.raises(FaultyDocuments) as error:
        load(tmp_path)
    assert str(error.value) == f"{other}: is not UTF-8"
