"""The limits of an operation's cost, which is measured in one pass before it runs.

Each fragment is measured once, however often it is spread: 150 levels of fragments that each
spread the next one twice take milliseconds, where visiting each spread would take 2^150 steps.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_input_object_type,
    is_list_type,
    type_from_ast,
    value_from_ast_untyped,
)

from resolvers.pages import SIZE_DEFAULT
from server.errors import limit_exceeded
from server.settings import Settings

JSON_DEPTH_MAX = 64  # the deepest input of the schema needs fewer than ten levels

_PAGE_ARGUMENTS = ("first", "last")
_NO_OBJECT = "PageInfo"  # a type that is no row, and costs nothing


@dataclass(frozen=True, slots=True)
class Cost:
    """The size of an operation; each fragment counts wherever it is spread.

    `width` is the number of fields at the top, `nodes` the product of the page sizes along each
    path, summed over the paths, `list_items` the length of the longest list literal.
    """

    depth: int = 0
    width: int = 0
    aliases: int = 0
    directives: int = 0
    nodes: int = 0
    list_items: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        """The cost of two selections of the same object."""
        return Cost(
            max(self.depth, other.depth),
            self.width + other.width,
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.nodes + other.nodes,
            max(self.list_items, other.list_items),
        )


def measure(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    page_size_max: int,
) -> tuple[Cost, frozenset[str]]:
    """The cost of a valid operation with coerced variables, and the variables it depends on."""
    walk = _Walk(schema, fragments, variables, page_size_max)
    root = schema.get_root_type(operation.operation)
    cost = walk.selections(operation.selection_set, root) + _directives(operation)
    return cost, frozenset(walk.sizing_variables)


@dataclass(slots=True)
class _Walk:
    """One pass over one operation, with the costs of the fragments that it has measured."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    page_size_max: int
    sizing_variables: set[str] = field(default_factory=set)
    measured: dict[str, Cost] = field(default_factory=dict)

    def selections(self, selected: SelectionSetNode, parent: GraphQLNamedType | None) -> Cost:
        total = Cost()
        for selection in selected.selections:
            total += self.selection(selection, parent) + _directives(selection)
        return total

    def selection(self, selection: SelectionNode, parent: GraphQLNamedType | None) -> Cost:
        if isinstance(selection, FieldNode):
            return self.field(selection, parent)
        if isinstance(selection, FragmentSpreadNode):
            return self.fragment(selection.name.value)
        assert isinstance(selection, InlineFragmentNode)
        condition = selection.type_condition
        target = self.schema.get_type(condition.name.value) if condition else parent
        return self.selections(selection.selection_set, target)

    def fragment(self, name: str) -> Cost:
        if name not in self.measured:
            fragment = self.fragments[name]
            target = self.schema.get_type(fragment.type_condition.name.value)
            self.measured[name] = self.selections(fragment.selection_set, target)
        return self.measured[name]

    def field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Cost:
        aliases = int(node.alias is not None)
        name = node.name.value
        if name.startswith("__"):  # validation limits the depth of introspection
            return Cost(width=1, aliases=aliases)
        definition = self.schema.get_field(parent, name)  # type: ignore[arg-type]  # it is composite
        assert definition is not None  # the document is valid
        items = max(
            (_longest_literal(definition, item) for item in node.arguments or ()), default=0
        )
        if node.selection_set is None:
            return Cost(1, 1, aliases, 0, 0, items)
        target = get_named_type(definition.type)
        inner = self.selections(node.selection_set, target)
        own = int(is_composite_type(target) and target.name != _NO_OBJECT)
        return Cost(
            1 + inner.depth,
            1,
            aliases + inner.aliases,
            inner.directives,
            self.size(definition, node) * max(own, inner.nodes),
            max(items, inner.list_items),
        )

    def size(self, definition: GraphQLField, node: FieldNode) -> int:
        """How many objects a field may return: its page size, or the length of a list argument."""
        sizes = [
            self.argument_size(definition, item.name.value, item.value)
            for item in node.arguments or ()
        ]
        known = [size for size in sizes if size is not None]
        if known:
            return max(1, *known)
        return SIZE_DEFAULT if "first" in definition.args else 1

    def argument_size(self, definition: GraphQLField, name: str, value: ValueNode) -> int | None:
        """The size that an argument asks for; None for an argument that is not a size."""
        is_page = name in _PAGE_ARGUMENTS
        if not is_page and not (_is_list(definition.args[name].type) and _is_list(definition.type)):
            return None
        size = self.number(value)
        # The resolver refuses a page that is too large, with its own message.
        return min(size, self.page_size_max) if is_page and size is not None else size

    def number(self, value: ValueNode) -> int | None:
        if isinstance(value, VariableNode):
            self.sizing_variables.add(value.name.value)
            return size_of(self.variables.get(value.name.value))
        if isinstance(value, ListValueNode):
            return len(value.values)
        return int(value.value) if isinstance(value, IntValueNode) else None


def size_of(value: object) -> int | None:
    """The size in a variable's value: the number, or the length of the list."""
    if isinstance(value, list):
        return len(value)
    return value if isinstance(value, int) else None


def breaches(cost: Cost, kind: OperationType, settings: Settings) -> list[GraphQLError]:
    """An error for each limit that the operation exceeds."""
    root_fields_max = (
        settings.mutation_root_fields_max
        if kind is OperationType.MUTATION
        else settings.root_fields_max
    )
    counts = (
        ("levels of nested fields", cost.depth, settings.depth_max),
        ("root fields", cost.width, root_fields_max),
        ("aliases", cost.aliases, settings.aliases_max),
        ("directives", cost.directives, settings.directives_max),
        ("objects, by the product of its page sizes", cost.nodes, settings.nodes_max),
        ("items in a list", cost.list_items, settings.input_list_max),
    )
    return [
        limit_exceeded(f"The operation has {_shown(count)} {what}; at most {most} are allowed")
        for what, count, most in counts
        if count > most
    ]


def long_lists(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    items_max: int,
) -> Iterator[GraphQLError]:
    """An error for each variable that holds too long a list, at any depth."""
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        value = variables.get(name)
        if isinstance(value, list | dict):
            items = _longest(value, type_from_ast(schema, definition.type))
            if items > items_max:
                yield limit_exceeded(
                    f"Variable '${name}' has {items} items in a list; "
                    f"at most {items_max} are allowed"
                )


def is_nested_too_deeply(body: bytes, value: object) -> bool:
    """Whether JSON has more than JSON_DEPTH_MAX levels; others may be walked recursively."""
    # Most bodies have too few brackets to be deep; counting them is 100 times faster than a walk.
    if body.count(b"[") + body.count(b"{") <= JSON_DEPTH_MAX:
        return False
    level = [value]
    for _ in range(JSON_DEPTH_MAX + 1):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _directives(node: Any) -> Cost:
    return Cost(directives=len(node.directives)) if node.directives else _NO_COST


def _is_list(type_: Any) -> bool:
    return is_list_type(get_nullable_type(type_))


def _longest_literal(definition: GraphQLField, argument: Any) -> int:
    if not argument.value.kind.startswith(("list", "object")):
        return 0
    value = value_from_ast_untyped(argument.value)
    return _longest(value, definition.args[argument.name.value].type)


def _longest(value: object, type_: Any) -> int:
    """The length of the longest list in a value; lists inside scalars do not count."""
    kind = get_nullable_type(type_)
    if is_list_type(kind) and isinstance(value, list):
        return max([len(value), *(_longest(item, kind.of_type) for item in value)])
    if is_input_object_type(kind) and isinstance(value, dict):
        known = ((item, kind.fields.get(name)) for name, item in value.items())
        return max((_longest(item, field.type) for item, field in known if field), default=0)
    return 0


def _shown(count: int) -> str:
    return str(count) if count < 1_000_000 else "more than a million"


_NO_COST = Cost()
