"""What an operation costs, measured in one pass before it runs.

Each fragment is measured once, however often it is spread: 150 levels of fragments that each
spread the next one twice take milliseconds, where visiting each spread would take 2^150 steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
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
    SelectionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_introspection_type,
    is_list_type,
    type_from_ast,
    value_from_ast,
    value_from_ast_untyped,
)

from resolvers.pages import SIZE_DEFAULT
from schema.fields import item_counter, items_max
from server.execution import introspection, leaves
from server.execution.inputs import InputLimits, item_count, oversized

_PAGE_ARGUMENTS = ("first", "last")
_NO_OBJECT = "PageInfo"  # a type that is no row, and costs nothing
_LITERALS = ("string", "list", "object")  # the kinds of values that can be large


@dataclass(frozen=True, slots=True)
class Cost:
    """The size of an operation; each fragment counts wherever it is spread.

    `width` is the number of fields at the top. `nodes` is the product of the lengths of the lists
    along each path, summed over the paths; `introspected` is the part of it that describes the
    schema. `values` counts leaves in the same way, and `bytes_max` their bytes, each of the largest
    size. `input_items` counts the items of lists that the document has in its arguments.
    """

    depth: int = 0
    width: int = 0
    aliases: int = 0
    directives: int = 0
    nodes: int = 0
    introspected: int = 0
    values: int = 0
    bytes_max: int = 0
    input_items: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        """The cost of two selections of the same object."""
        return Cost(
            max(self.depth, other.depth),
            self.width + other.width,
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.nodes + other.nodes,
            self.introspected + other.introspected,
            self.values + other.values,
            self.bytes_max + other.bytes_max,
            self.input_items + other.input_items,
        )


@dataclass(slots=True)
class Measured:
    """A cost, the variables that it depends on, and the literals that exceed a limit."""

    cost: Cost
    sizing_variables: frozenset[str]
    oversized: list[GraphQLError]


def measure(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    limits: InputLimits,
) -> Measured:
    """The cost of a valid operation with coerced variables."""
    walk, items = _Walk(schema, fragments, variables, limits, introspection.largest(schema)), 0
    for definition in operation.variable_definitions or ():
        if definition.default_value is not None:
            type_ = type_from_ast(schema, definition.type)
            name = f"Variable '${definition.variable.name.value}'"
            items += walk.check_literal(name, definition.default_value, type_)
    root = schema.get_root_type(operation.operation)
    cost = walk.selections(operation.selection_set, root) + _directives(operation)
    cost += Cost(input_items=items)
    return Measured(cost, frozenset(walk.sizing_variables), walk.oversized)


@dataclass(slots=True)
class _Walk:
    """One pass over one operation, with the costs of the fragments that it has measured."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    limits: InputLimits
    lengths: Mapping[tuple[str, str], int]  # of the lists of introspection
    sizing_variables: set[str] = field(default_factory=set)
    oversized: list[GraphQLError] = field(default_factory=list)
    measured: dict[str, Cost] = field(default_factory=dict)
    below_types: "_Walk | None" = None  # the pass below `types`, where lists have average lengths
    below_names: "_Walk | None" = None  # the pass below a type that another one names

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
        assert parent is not None  # the document is valid
        definition = self.schema.get_field(parent, node.name.value)  # type: ignore[arg-type]  # it is composite
        assert definition is not None  # the document is valid
        items = self.check_literals(definition, node)
        size = self.size(parent, definition, node)
        target = get_named_type(definition.type)
        if node.selection_set is None:
            depth = int(node.name.value != "__typename")
            leaf_bytes = leaves.bytes_max(parent, node.name.value, target)
            bytes_max = size * leaf_bytes
            return Cost(depth, 1, aliases, values=size, bytes_max=bytes_max, input_items=items)
        inner = self.pass_below(parent, node).selections(node.selection_set, target)
        own = int(is_composite_type(target) and target.name != _NO_OBJECT)
        nodes = size * max(own, inner.nodes)
        is_introspected = is_introspection_type(target)
        return Cost(
            0 if is_introspected else 1 + inner.depth,  # validation limits the depth of this
            1,
            aliases + inner.aliases,
            inner.directives,
            nodes,
            nodes if is_introspected else size * inner.introspected,
            size * inner.values,
            size * (inner.bytes_max + len(node.name.value)),
            items + inner.input_items,
        )

    def pass_below(self, parent: GraphQLNamedType, node: FieldNode) -> "_Walk":
        """This pass, or the one for another part of the introspection."""
        if not parent.name.startswith("__"):
            return self
        if (parent.name, node.name.value) == introspection.ALL_TYPES:
            self.below_types = self.below_types or self.copy(introspection.average(self.schema))
            self.below_types.below_names = self
            return self.below_types
        if node.name.value in introspection.NAMED_TYPES and self.below_names is not None:
            return self.below_names
        return self

    def copy(self, lengths: Mapping[tuple[str, str], int]) -> "_Walk":
        return _Walk(
            self.schema,
            self.fragments,
            self.variables,
            self.limits,
            lengths,
            self.sizing_variables,
            self.oversized,
        )

    def size(self, parent: GraphQLNamedType, definition: GraphQLField, node: FieldNode) -> int:
        """How many values a field may have: its page size, or the bound of its list."""
        counted = self.counted(definition, node)
        if counted is not None:
            return max(1, counted)
        sizes = [
            self.argument_size(definition, item.name.value, item.value)
            for item in node.arguments or ()
        ]
        known = [size for size in sizes if size is not None]
        if known:
            return max(1, *known)
        if "first" in definition.args:
            return SIZE_DEFAULT
        bound = items_max(definition) or self.lengths.get((parent.name, node.name.value))
        return bound or 1

    def counted(self, definition: GraphQLField, node: FieldNode) -> int | None:
        """How many items the arguments ask for, where the field can count them."""
        count = item_counter(definition)
        if count is None:
            return None
        given = {item.name.value: item.value for item in node.arguments or ()}
        self.sizing_variables |= {
            value.name.value for value in given.values() if isinstance(value, VariableNode)
        }
        values = {
            name: value_from_ast(value, definition.args[name].type, dict(self.variables))
            for name, value in given.items()
        }
        return None if Undefined in values.values() else count(values)

    def argument_size(self, definition: GraphQLField, name: str, value: ValueNode) -> int | None:
        """The size that an argument asks for; None for an argument that is not a size."""
        is_page = name in _PAGE_ARGUMENTS
        if not is_page and not (_is_list(definition.args[name].type) and _is_list(definition.type)):
            return None
        size = self.number(value)
        # The resolver refuses a page that is too large, with its own message.
        return min(size, self.limits.page_max) if is_page and size is not None else size

    def number(self, value: ValueNode) -> int | None:
        if isinstance(value, VariableNode):
            self.sizing_variables.add(value.name.value)
            size: int | None = size_of(self.variables.get(value.name.value))
            return size
        if isinstance(value, ListValueNode):
            return len(value.values)
        return int(value.value) if isinstance(value, IntValueNode) else None

    def check_literals(self, definition: GraphQLField, node: FieldNode) -> int:
        """The number of items in the literals of the arguments; notes those that are too large."""
        items = 0
        for argument in node.arguments or ():
            name, type_ = argument.name.value, definition.args[argument.name.value].type
            items += self.check_literal(f"Argument '{name}'", argument.value, type_)
        return items

    def check_literal(self, subject: str, node: ValueNode, type_: Any) -> int:
        if not node.kind.startswith(_LITERALS):
            return 0
        value = value_from_ast_untyped(node)
        self.oversized += oversized(subject, value, type_, self.limits)
        return item_count(value, type_)


def size_of(value: object) -> Any:
    """What a variable's value says of sizes: the length of a list, or a number, a time or an enum's
    value as it is."""
    if isinstance(value, list):
        return len(value)
    return value if isinstance(value, int | datetime | Enum) else None


def _directives(node: Any) -> Cost:
    return Cost(directives=len(node.directives)) if node.directives else _NO_COST


def _is_list(type_: Any) -> bool:
    return is_list_type(get_nullable_type(type_))


_NO_COST = Cost()
