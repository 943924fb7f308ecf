"""The documents of the dashboard: one operation a file, with the fragments that it uses."""

from collections.abc import Iterator
from pathlib import Path

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

SOURCE = Path(__file__).parents[3] / "ui" / "src"


def _read() -> tuple[dict[str, OperationDefinitionNode], dict[str, FragmentDefinitionNode]]:
    operations: dict[str, OperationDefinitionNode] = {}
    fragments: dict[str, FragmentDefinitionNode] = {}
    for file in sorted(SOURCE.rglob("*.graphql")):
        for node in parse(file.read_text("utf-8")).definitions:
            is_operation = isinstance(node, OperationDefinitionNode)
            found: dict[str, object] = operations if is_operation else fragments  # type: ignore[assignment]  # one of two
            name = node.name.value  # type: ignore[attr-defined]  # each of both kinds has one
            assert name not in found, f"{name} is twice, once in {file}"
            found[name] = node
    return operations, fragments


class _Spreads(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        self.names.append(node.name.value)


OPERATIONS, FRAGMENTS = _read()


def file_of(name: str) -> Path:
    """The file of an operation."""
    (file,) = SOURCE.rglob(f"{name}.graphql")
    return file


def document(name: str) -> str:
    """The text of an operation with its fragments, as the build of the page sends it."""
    needed = dict.fromkeys(_needed(OPERATIONS[name]))
    definitions = (OPERATIONS[name], *(FRAGMENTS[each] for each in needed))
    return print_ast(DocumentNode(definitions=definitions))


def _needed(node: OperationDefinitionNode | FragmentDefinitionNode) -> Iterator[str]:
    spreads = _Spreads()
    visit(node, spreads)
    for name in spreads.names:
        yield name
        yield from _needed(FRAGMENTS[name])
