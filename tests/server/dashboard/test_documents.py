"""The manifest of the build has the documents that the pages send, and no other."""

import json
import re

import pytest

from server.http.pages import FILES
from tests.server.dashboard.pages import FRAGMENTS, OPERATIONS, SOURCE, document

MANIFEST = FILES / "documents.json"
_OPERATION = re.compile(r"(?:query|mutation|subscription) (\w+)")


def _code() -> str:
    files = [file for file in SOURCE.rglob("*.ts*") if "gql" not in file.parts]
    assert files
    return "\n".join(file.read_text("utf-8") for file in files)


def test_each_document_is_sent_by_a_page() -> None:
    code = _code()
    unused = [name for name in OPERATIONS if not re.search(rf"\b{name}Document\b", code)]
    assert unused == []


def test_each_fragment_is_of_a_document() -> None:
    texts = [document(name) for name in OPERATIONS]
    unused = [n for n in FRAGMENTS if not any(f"fragment {n} " in text for text in texts)]
    assert unused == []


@pytest.mark.skipif(not MANIFEST.exists(), reason="not built: make ui")
def test_the_manifest_has_the_documents_of_the_pages() -> None:
    texts = json.loads(MANIFEST.read_text("utf-8")).values()
    named = [name for text in texts for name in _OPERATION.findall(text)]
    assert sorted(named) == sorted(OPERATIONS), "the build is of other documents: make ui"
