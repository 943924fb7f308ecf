"""The documents of the pages: each is sent, says when it is cut, and is in the manifest."""

import json
import re
from collections.abc import Iterator

import pytest
from graphql import (
    FieldNode,
    GraphQLOutputType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    visit,
)

from server.http.pages import FILES
from tests.graphql import SCHEMA
from tests.server.dashboard.pages import FRAGMENTS, OPERATIONS, SOURCE, document

MANIFEST = FILES / "documents.json"
# Connections of which a page needs no other page.
WHOLE = {
    ("ComparePage", "models"): "as many as the names that are compared",
    ("ModelsPresent", "changed"): "as many as the ids that are given",
    ("ModelsPresent", "order"): "a page of the list again, to compare it with what is shown",
}
_SAYS_MORE = {"hasNextPage", "hasPreviousPage"}
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


class _Connections(Visitor):
    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types
        self.found: list[tuple[str, set[str]]] = []

    def enter_field(self, node: FieldNode, *_: object) -> None:
        type_: GraphQLOutputType | None = self._types.get_type()
        if type_ is not None and get_named_type(type_).name.endswith("Connection"):
            name = (node.alias or node.name).value
            self.found.append((name, set(_selected(node, "pageInfo"))))


def _selected(node: FieldNode, part: str) -> Iterator[str]:
    assert node.selection_set
    for field in node.selection_set.selections:
        if isinstance(field, FieldNode) and field.name.value == part and field.selection_set:
            parts = field.selection_set.selections
            yield from (each.name.value for each in parts if isinstance(each, FieldNode))


def _connections() -> Iterator[tuple[str, str, bool]]:
    """Each connection of an operation, and whether the page learns that there is more of it."""
    for operation in OPERATIONS:
        types = TypeInfo(SCHEMA._schema)
        connections = _Connections(types)
        visit(parse(document(operation)), TypeInfoVisitor(types, connections))
        for name, fields in connections.found:
            yield operation, name, bool(fields & _SAYS_MORE)


def test_a_page_learns_when_it_was_given_the_first_of_many() -> None:
    found = list(_connections())
    assert len(found) > 20
    silent = {(operation, name) for operation, name, says_more in found if not says_more}
    assert silent == WHOLE.keys()


@pytest.mark.skipif(not MANIFEST.exists(), reason="not built: make ui")
def test_the_manifest_has_the_documents_of_the_pages() -> None:
    texts = json.loads(MANIFEST.read_text("utf-8")).values()
    named = [name for text in texts for name in _OPERATION.findall(text)]
    assert sorted(named) == sorted(OPERATIONS), "the build is of other documents: make ui"
