"""Compiles selections into regions and steps."""

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

from planner.arguments import compile_arguments
from planner.compilation import Compilation, SelectedField
from planner.errors import UnplannableError
from planner.info import Selection, union
from planner.loads import compile_load
from planner.selection_set import Region, RegionWriter, Step
from planner.types import Types, items

_NOTHING = Selection()


def compile_root(scope: Compilation, root: GraphQLObjectType) -> Region:
    """The whole operation as one region, whose only value is the root value."""
    compiler = _RegionCompiler(scope)
    function, _ = compiler.fields(root, scope.root_fields(root), [])
    return compiler.writer.finish(f"{function}(x0, b)")


def compile_region(
    scope: Compilation, type_: GraphQLOutputType, details: FieldDetailsList
) -> tuple[Region, Selection | None]:
    """How the values of a field of this type are completed, and what is read of them."""
    compiler = _RegionCompiler(scope)
    expression, selection = compiler.value(type_, details, "x0")
    return compiler.writer.finish(expression), selection


@dataclass(slots=True)
class _Row:
    """The function of one object type's selection, while it is being written."""

    lines: list[str] = field(default_factory=list)
    bucket: int | None = None
    attributes: set[str] = field(default_factory=set)
    children: dict[str, Selection] = field(default_factory=dict)
    is_known: bool = True  # whether attributes and children are all that is read

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


class _RegionCompiler:
    """Writes one region. Expressions and functions are Python source; see RegionWriter."""

    def __init__(self, scope: Compilation) -> None:
        self.scope = scope
        self.writer = RegionWriter()

    def value(
        self, type_: GraphQLOutputType, details: FieldDetailsList, read: str
    ) -> tuple[str, Selection | None]:
        """An expression that completes the variable ``read``, and what it reads of it."""
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        selection: Selection | None = _NOTHING
        if isinstance(inner, GraphQLScalarType | GraphQLEnumType):
            return leaf_expression(self.writer, self.scope.types, type_, (read, read)), selection
        if isinstance(inner, GraphQLList):
            expression, selection = self._list(inner, details, read)
        elif isinstance(inner, GraphQLObjectType):
            function, selection = self._object(inner, details)
            expression = f"{function}({read}, b)"
        else:
            expression, selection = self._abstract(inner, details, read)
        if inner is type_:
            expression = f"None if {read} is None else {expression}"
        return expression, selection

    def _list(
        self, type_: GraphQLList[GraphQLOutputType], details: FieldDetailsList, read: str
    ) -> tuple[str, Selection | None]:
        item = f"{read}i"
        expression, selection = self.value(type_.of_type, details, item)
        values = f"{read} if {read}.__class__ is list else {self.writer.name(items)}({read})"
        return f"[{expression} for {item} in ({values})]", selection

    def _abstract(
        self, type_: GraphQLAbstractType, details: FieldDetailsList, read: str
    ) -> tuple[str, Selection | None]:
        """Writes each value by the function of its own type."""
        functions: dict[str, str] = {}
        selection: Selection | None = _NOTHING
        for possible in self.scope.schema._schema.get_possible_types(type_):
            functions[possible.name], one = self._object(possible, details)
            selection = union(selection, one)
        table = self.writer.table(functions)
        typename = self.writer.name(self.scope.types.typename_of(type_))
        return f"{table}[{typename}({read})]({read}, b)", selection

    def _object(
        self, type_: GraphQLObjectType, details: FieldDetailsList
    ) -> tuple[str, Selection | None]:
        """A function that first makes sure that its row is of the type."""
        known, admit = self.scope.types.admission(type_)
        check = f"if s.__class__ not in {self.writer.name(known)}: {self.writer.name(admit)}(s)"
        return self.fields(type_, self.scope.subfields(type_, details), [check])

    def fields(
        self, type_: GraphQLObjectType, fields: GroupedFieldSet, checks: list[str]
    ) -> tuple[str, Selection | None]:
        """A function from a row to the selected fields, and what it reads of the row."""
        row = _Row(checks)
        entries = [
            f"{key!r}: {self._field(row, type_, key, details)}" for key, details in fields.items()
        ]
        answer = "{" + ", ".join(entries) + "}"
        if row.bucket is None:
            row.lines.append(f"return {answer}")
        else:
            row.lines += [f"d = {answer}", f"b[{row.bucket}].append((s, d))", "return d"]
        return self.writer.function(row.lines), row.selection()

    def _field(
        self, row: _Row, type_: GraphQLObjectType, key: str, details: FieldDetailsList
    ) -> str:
        """An expression for one field: None where a step will put the value later."""
        self.scope.count_field()
        if details[0].node.name.value == "__typename":
            return repr(type_.name)
        selected = self.scope.field(type_, key, details)
        is_plain = getattr(selected.definition.resolve, "_is_default", False)
        if is_plain and not selected.declared.extensions:
            return self._attribute(row, selected)
        self._step(row, selected)
        return "None"

    def _attribute(self, row: _Row, selected: SelectedField) -> str:
        name, type_ = selected.declared.python_name, selected.definition.type
        if not name.isidentifier() or iskeyword(name):
            raise UnplannableError(f"attribute {name}")
        named = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(named, GraphQLScalarType | GraphQLEnumType):
            row.reads(frozenset([name]))
            reads = (f"(v := s.{name})", "v")
            return leaf_expression(self.writer, self.scope.types, type_, reads)
        local = f"v{len(row.lines)}"
        row.lines.append(f"{local} = s.{name}")
        expression, selection = self.value(type_, selected.details, local)
        if isinstance(get_named_type(type_), GraphQLScalarType | GraphQLEnumType):
            row.reads(frozenset([name]))
        else:
            row.reads_child(name, selection)
        return expression

    def _step(self, row: _Row, selected: SelectedField) -> None:
        load, needs = compile_load(selected.declared)
        row.reads(needs)
        if row.bucket is None:
            row.bucket = self.writer.bucket()
        key, definition, declared, details = selected
        region, selection = compile_region(self.scope, definition.type, details)
        arguments = compile_arguments(self.scope.schema, definition, declared, details[0].node)
        several = declared.metadata.get("several")
        step = Step(key, row.bucket, load, arguments, selection, region, several)
        self.writer.steps.append(step)


def leaf_expression(
    writer: RegionWriter, types: Types, type_: GraphQLOutputType, reads: tuple[str, str]
) -> str:
    """``reads`` are how the expression reads the value the first time, and from then on."""
    first, again = reads
    inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    assert isinstance(inner, GraphQLScalarType | GraphQLEnumType)
    leaf = types.leaf(inner)
    null = "" if isinstance(type_, GraphQLNonNull) else "None if {} is None else "
    coerce = writer.name(leaf.coerce)
    if leaf.classes is None:
        return null.format(first) + f"{coerce}({again if null else first})"
    value = again if leaf.table is None else f"{writer.name(leaf.table)}[{again}]"
    is_one_of = "is" if isinstance(leaf.classes, type) else "in"
    test = f"{first}.__class__ {is_one_of} {writer.name(leaf.classes)}"
    test += leaf.condition.format(again)
    return f"{value} if {test} else {null.format(again)}{coerce}({again})"
