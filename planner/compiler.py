"""Compiles selection sets; selection_set.py explains the parts."""

from dataclasses import dataclass, field
from keyword import iskeyword

from graphql import (
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    get_named_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet

from planner.compilation import Compilation, SelectedField
from planner.errors import UnplannableError
from planner.info import Selection, union
from planner.loads import compile_load
from planner.selection_set import CompiledSelectionSet, FieldStep, SourceWriter
from planner.types import list_items

_NOTHING = Selection()


def compile_root(compilation: Compilation, root: GraphQLObjectType) -> CompiledSelectionSet:
    """The selection set of the operation, whose only value is the root value."""
    compiler = _SelectionSetCompiler(compilation)
    function, _ = compiler.fields(root, compilation.root_fields(root), [])
    return compiler.writer.finish(f"{function}(x0, b)")


def compile_selection_set(
    compilation: Compilation, type_: GraphQLOutputType, details: FieldDetailsList
) -> tuple[CompiledSelectionSet, Selection | None]:
    """How to complete the values of a field of this type, and what that reads of them."""
    compiler = _SelectionSetCompiler(compilation)
    expression, selection = compiler.value(type_, details, "x0")
    return compiler.writer.finish(expression), selection


@dataclass(slots=True)
class _ObjectFunction:
    """The function of one object type, while it is being written."""

    lines: list[str]
    pending: int | None = None
    attributes: set[str] = field(default_factory=set)
    children: dict[str, Selection] = field(default_factory=dict)
    is_known: bool = True  # attributes and children are all that is read

    def reads(self, attributes: frozenset[str] | None) -> None:
        self.is_known = self.is_known and attributes is not None
        self.attributes |= attributes or frozenset()

    def reads_child(self, name: str, child: Selection | None) -> None:
        self.reads(frozenset([name]) if child else None)
        self.children[name] = union(self.children.get(name, _NOTHING), child) or _NOTHING

    def selection(self) -> Selection | None:
        if not self.is_known:
            return None
        return Selection(frozenset(self.attributes), self.children)


class _SelectionSetCompiler:
    """Compiles one selection set. Expressions and functions are Python source; see SourceWriter."""

    def __init__(self, compilation: Compilation) -> None:
        self.compilation = compilation
        self.types = compilation.context.types
        self.writer = SourceWriter()

    def value(
        self, type_: GraphQLOutputType, details: FieldDetailsList, name: str
    ) -> tuple[str, Selection | None]:
        """An expression that completes the variable ``name``, and what it reads of the value."""
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        selection: Selection | None = _NOTHING
        if isinstance(inner, GraphQLScalarType | GraphQLEnumType):
            return self._leaf(type_, name, name), selection
        if isinstance(inner, GraphQLList):
            expression, selection = self._list(inner, details, name)
        elif isinstance(inner, GraphQLObjectType):
            function, selection = self._object(inner, details)
            expression = f"{function}({name}, b)"
        else:
            expression, selection = self._abstract(inner, details, name)
        if inner is type_:
            expression = f"None if {name} is None else {expression}"
        return expression, selection

    def _leaf(self, type_: GraphQLOutputType, first: str, again: str) -> str:
        """``first`` is the expression that reads the value, ``again`` its name from then on."""
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        assert isinstance(inner, GraphQLScalarType | GraphQLEnumType)
        leaf = self.types.leaf(inner)
        null = "" if isinstance(type_, GraphQLNonNull) else "None if {} is None else "
        coerce = self.writer.name(leaf.coerce)
        if leaf.classes is None:
            return null.format(first) + f"{coerce}({again if null else first})"
        value = again if leaf.table is None else f"{self.writer.name(leaf.table)}[{again}]"
        operator = "is" if isinstance(leaf.classes, type) else "in"
        test = f"{first}.__class__ {operator} {self.writer.name(leaf.classes)}"
        test += leaf.condition.format(again)
        return f"{value} if {test} else {null.format(again)}{coerce}({again})"

    def _list(
        self, type_: GraphQLList[GraphQLOutputType], details: FieldDetailsList, name: str
    ) -> tuple[str, Selection | None]:
        item = f"{name}i"
        expression, selection = self.value(type_.of_type, details, item)
        items = self.writer.name(list_items)
        values = f"{name} if {name}.__class__ is list else {items}({name})"
        return f"[{expression} for {item} in ({values})]", selection

    def _abstract(
        self, type_: GraphQLAbstractType, details: FieldDetailsList, name: str
    ) -> tuple[str, Selection | None]:
        """Completes each value by the function of its object type."""
        functions: dict[str, str] = {}
        selection: Selection | None = _NOTHING
        graph = self.compilation.context.schema._schema
        for possible in graph.get_possible_types(type_):
            functions[possible.name], read = self._object(possible, details)
            selection = union(selection, read)
        table = self.writer.table(functions)
        typename = self.writer.name(self.types.typename_of(type_))
        return f"{table}[{typename}({name})]({name}, b)", selection

    def _object(
        self, type_: GraphQLObjectType, details: FieldDetailsList
    ) -> tuple[str, Selection | None]:
        """A function that first checks that its row is of the type."""
        classes, check = map(self.writer.name, self.types.type_check(type_))
        line = f"if s.__class__ not in {classes}: {check}(s)"
        return self.fields(type_, self.compilation.subfields(type_, details), [line])

    def fields(
        self, type_: GraphQLObjectType, fields: GroupedFieldSet, lines: list[str]
    ) -> tuple[str, Selection | None]:
        """A function from a row to the selected fields, and what it reads of the row."""
        function = _ObjectFunction(lines)
        entries = [
            f"{key!r}: {self._field(function, type_, key, details)}"
            for key, details in fields.items()
        ]
        result = "{" + ", ".join(entries) + "}"
        pending = function.pending
        if pending is None:
            lines.append(f"return {result}")
        else:
            lines += [f"d = {result}", f"b[{pending}].append((s, d))", "return d"]
        return self.writer.function(lines), function.selection()

    def _field(
        self,
        function: _ObjectFunction,
        type_: GraphQLObjectType,
        key: str,
        details: FieldDetailsList,
    ) -> str:
        """An expression for one field: None if a step sets the value later."""
        self.compilation.count_field()
        if details[0].node.name.value == "__typename":
            return repr(type_.name)
        selected = self.compilation.field(type_, key, details)
        is_plain = getattr(selected.definition.resolve, "_is_default", False)
        if is_plain and not selected.declared.extensions:
            return self._attribute(function, selected)
        self._step(function, selected)
        return "None"

    def _attribute(self, function: _ObjectFunction, selected: SelectedField) -> str:
        name, type_ = selected.declared.python_name, selected.definition.type
        if not name.isidentifier() or iskeyword(name):
            raise UnplannableError(f"{name} is not an attribute name")
        named = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(named, GraphQLScalarType | GraphQLEnumType):
            function.reads(frozenset([name]))
            return self._leaf(type_, f"(v := s.{name})", "v")
        local = f"v{len(function.lines)}"
        function.lines.append(f"{local} = s.{name}")
        expression, selection = self.value(type_, selected.details, local)
        if isinstance(get_named_type(type_), GraphQLScalarType | GraphQLEnumType):
            function.reads(frozenset([name]))
        else:
            function.reads_child(name, selection)
        return expression

    def _step(self, function: _ObjectFunction, selected: SelectedField) -> None:
        load, needs = compile_load(selected.declared)
        function.reads(needs)
        if function.pending is None:
            function.pending = self.writer.pending()
        selection_set, selection = compile_selection_set(
            self.compilation, selected.definition.type, selected.details
        )
        step = FieldStep(
            selected.key,
            function.pending,
            load,
            self.compilation.arguments(selected),
            selection,
            selection_set,
            selected.declared.metadata.get("load_many"),
        )
        self.writer.steps.append(step)
