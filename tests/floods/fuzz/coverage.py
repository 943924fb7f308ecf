"""Which root fields and arguments were called, and how that ended."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLInputField,
    GraphQLSchema,
    Node,
    NullValueNode,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_abstract_type,
    visit,
)

from tests.floods.fuzz.answers import Answer

_NAMED_MAX = 40  # arguments that are named


@dataclass
class Coverage:
    """How often root fields (`Query.model`) and arguments (`ModelRef.name`) ended in what way."""

    succeeded: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    empty: Counter[str] = field(default_factory=Counter)

    def add(self, schema: GraphQLSchema, document: DocumentNode, answer: Answer) -> None:
        """Count the root fields of a document and what was given to them."""
        operation = document.definitions[0]
        if not isinstance(operation, OperationDefinitionNode):
            return
        root = schema.get_root_type(operation.operation)
        for node in operation.selection_set.selections:
            if isinstance(node, FieldNode):
                ended = self._ended(node, answer)
                ended[f"{root}.{node.name.value}"] += 1
                ended.update(_given(schema, root, node))

    def _ended(self, node: FieldNode, answer: Answer) -> Counter[str]:
        """The counter of how a root field ended; null without an error is `empty`."""
        key = (node.alias or node.name).value
        value = (answer.body.get("data") or {}).get(key)
        places = [error.get("path", [key])[:1] for error in answer.errors]
        if [key] in places or (isinstance(value, dict) and value.get("userErrors")):
            return self.failed
        return self.empty if value is None else self.succeeded

    def merge(self, other: dict[str, dict[str, int]]) -> None:
        """Add what another process has counted, as `to_json` wrote it."""
        for name, counts in other.items():
            getattr(self, name).update(counts)

    def to_json(self) -> dict[str, dict[str, int]]:
        """The counts, as JSON."""
        return {name: dict(getattr(self, name)) for name in ("succeeded", "failed", "empty")}

    def lines(self, schema: GraphQLSchema) -> list[str]:
        """A report: each root field, and the arguments that were never in a success."""
        called = self.succeeded | self.failed | self.empty
        roots = {name.partition(".")[0] for name in called} & {"Query", "Mutation"}
        fields, arguments = _coordinates(schema, roots)
        lines = [
            f"  {name}: {self.succeeded[name]} succeeded, {self.failed[name]} failed,"
            f" {self.empty[name]} empty"
            for name in fields
        ]
        never = [name for name in fields if not self.succeeded[name]]
        lines.append(f"root fields that never succeeded: {', '.join(never) or 'none'}")
        never = [name for name in fields if not self.failed[name]]
        lines.append(f"root fields that never failed: {', '.join(never) or 'none'}")
        for text, counts in (("success", self.succeeded), ("failure", self.failed)):
            never = [name for name in arguments if not counts[name]]
            lines.append(
                f"{len(arguments) - len(never)} of {len(arguments)} arguments and input fields were"
                f" in a {text}; never: {', '.join(never[:_NAMED_MAX]) or 'none'}"
            )
        return lines


def _coordinates(schema: GraphQLSchema, roots: Iterable[str]) -> tuple[list[str], list[str]]:
    """The fields of root types, and all arguments and input fields that can be used below."""
    fields = [f"{root}.{name}" for root in sorted(roots) for name in _fields(schema, root)]
    arguments, seen, waiting = [], set[str](), sorted(roots)
    while waiting:
        kind = waiting.pop()
        if kind in seen:
            continue
        seen.add(kind)
        for possible in _possible(schema, kind):
            waiting.append(possible)
        for name, definition in _fields(schema, kind).items():
            waiting.append(get_named_type(definition.type).name)
            if isinstance(definition, GraphQLInputField):
                arguments.append(f"{kind}.{name}")
                continue
            for argument, given in definition.args.items():
                arguments.append(f"{kind}.{name}.{argument}")
                waiting.append(get_named_type(given.type).name)
    return fields, sorted(arguments)


def _fields(schema: GraphQLSchema, kind: str) -> dict[str, Any]:
    return getattr(schema.get_type(kind), "fields", {})


def _possible(schema: GraphQLSchema, kind: str) -> list[str]:
    named = schema.get_type(kind)
    return (
        [each.name for each in schema.get_possible_types(named)] if is_abstract_type(named) else []
    )


class _Given(Visitor):
    """Collects the coordinates of arguments and input fields that are not null."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info, self.found = info, set[str]()

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        parent, definition = self.info.get_parent_type(), self.info.get_field_def()
        if parent and definition and not isinstance(node.value, NullValueNode):
            fields = getattr(parent, "fields", {})
            name = next((key for key in fields if fields[key] is definition), "")
            self.found.add(f"{parent}.{name}.{node.name.value}")

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
        parent = self.info.get_parent_input_type()
        if parent and not isinstance(node.value, NullValueNode):
            self.found.add(f"{get_named_type(parent)}.{node.name.value}")


def _given(schema: GraphQLSchema, root: Any, node: Node) -> set[str]:
    info = TypeInfo(schema, root)
    visitor = _Given(info)
    visit(node, TypeInfoVisitor(info, visitor))
    return visitor.found
