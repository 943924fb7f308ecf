"""Replaces values of generated documents by what the registry has, so that operations succeed.

A generated document has tens of random values, and one invalid value refuses all of it. So most
documents are mended wholly, some but for a tenth of their values, and some not at all.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_required_argument,
    is_required_input_field,
    parse,
    parse_value,
    visit,
)

from tests.floods.fuzz.rows import Row, Rows
from tests.floods.fuzz.values import maker, reference
from tests.planner.documents import literal

_KEPT = (0.0,) * 6 + (0.05, 0.1, 0.3, 1.0)  # the share of values that stay as generated
_ITEMS_MAX = 3
_USER_ERRORS = parse("{ userErrors { code message path } }").definitions[0]
_TYPENAME = parse("{ __typename }").definitions[0]
_REFERENCES = {
    "model": ("ModelRef", "models"),
    "version": ("VersionRef", "versions"),
    "binding": ("BindingRef", "bindings"),
    "provider": ("ProviderRef", "providers"),
}


def mended(schema: GraphQLSchema, document: DocumentNode, rng: Random, rows: Rows) -> DocumentNode:
    """The document with other values; mutations select their userErrors, and unions their type."""
    kept = rng.choice(_KEPT)
    if not rows.ids:
        kept = 1.0
    mender = _Mender(schema, rng, rows, kept)
    definitions = []
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            root = schema.get_root_type(definition.operation)
            definition = _with(
                definition, selection_set=mender.selections(root, definition.selection_set)
            )
        definitions.append(definition)
    return with_types(schema, _with(document, definitions=tuple(definitions)))


def with_types(schema: GraphQLSchema, document: DocumentNode) -> DocumentNode:
    """The document with the type of each object whose type varies."""
    info = TypeInfo(schema)
    made = visit(document, TypeInfoVisitor(info, _WithTypes(info)))
    assert isinstance(made, DocumentNode)
    return made


class _WithTypes(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode | None:
        if not is_abstract_type(self.info.get_parent_type()):
            return None
        return SelectionSetNode(selections=(*node.selections, *_selections(_TYPENAME)))


def _with(node: Any, **values: Any) -> Any:
    """A copy of a node with other attributes."""
    kept = {key: getattr(node, key) for key in node.keys if key != "loc"}
    return type(node)(**kept | values)


def _selections(node: Any) -> tuple[Any, ...]:
    assert isinstance(node, OperationDefinitionNode)
    return tuple(node.selection_set.selections)


@dataclass
class _Mender:
    schema: GraphQLSchema
    rng: Random
    rows: Rows
    kept: float

    def selections(self, parent: Any, node: SelectionSetNode) -> SelectionSetNode:
        made = [self.selection(parent, selected) for selected in node.selections]
        if str(parent).endswith("Payload"):
            made += _selections(_USER_ERRORS)
        return SelectionSetNode(selections=tuple(made))

    def selection(self, parent: Any, node: Any) -> Any:
        if isinstance(node, InlineFragmentNode):
            named = node.type_condition and self.schema.get_type(node.type_condition.name.value)
            return _with(node, selection_set=self.selections(named or parent, node.selection_set))
        fields = getattr(parent, "fields", {})
        if not isinstance(node, FieldNode) or node.name.value not in fields:
            return node  # __typename, or a field that negative tests have made up
        definition = fields[node.name.value]
        changed: dict[str, Any] = {}
        if self.kept < 1:
            changed["arguments"] = self.arguments(f"{parent}.{node.name.value}", definition, node)
        named = get_named_type(definition.type)
        if node.selection_set and is_composite_type(named):
            changed["selection_set"] = self.selections(named, node.selection_set)
        return _with(node, **changed) if changed else node

    def arguments(self, place: str, definition: Any, node: FieldNode) -> tuple[ArgumentNode, ...]:
        values = {argument.name.value: argument.value for argument in node.arguments or ()}
        made = self.fields(place, definition.args, values, is_required_argument)
        if "first" in definition.args and self.rng.random() >= self.kept:
            made = self.page(place.rsplit(".", 1)[-1], made)
        return tuple(ArgumentNode(name=NameNode(value=key), value=made[key]) for key in made)

    def page(self, connection: str, made: dict[str, ValueNode]) -> dict[str, ValueNode]:
        """The arguments of a small page, now and then after a cursor of the default order."""
        for name in ("first", "last", "after", "before"):
            made.pop(name, None)
        forward = self.rng.random() < 0.8
        made["first" if forward else "last"] = parse_value(str(self.rng.randint(1, 3)))
        cursors = self.rows.cursors.get(connection)
        if cursors and self.rng.random() < 0.2:
            made.pop("orderBy", None)
            cursor = literal(None, self.rng.choice(cursors))
            made["after" if forward else "before"] = parse_value(cursor)
        return made

    def fields(self, place: str, known: Any, values: Any, is_required: Any) -> dict[str, ValueNode]:
        """Values of arguments or of the fields of an input; half of the optional ones are left."""
        made = {}
        for name, definition in known.items():
            value = values.get(name)
            if is_required(definition):
                value = value or NullValueNode()
            elif value is None or self.rng.random() < 0.5 * (1 - self.kept):
                continue
            made[name] = self.value(f"{place}.{name}", definition.type, value)
        return made

    def value(self, place: str, type_: Any, node: ValueNode) -> ValueNode:
        is_one_of = getattr(get_named_type(type_), "is_one_of", False)  # generated with any number
        if self.rng.random() < self.kept and not is_one_of:
            return node
        is_required = isinstance(type_, GraphQLNonNull)
        if isinstance(node, NullValueNode) and not is_required and self.rng.random() < 0.5:
            return node
        type_ = type_.of_type if is_required else type_
        value = maker(self.rows)(self.rng, place, type_)
        if value is not NotImplemented:
            return parse_value(literal(type_, value))
        if isinstance(type_, GraphQLInputObjectType):
            return self.input(type_, node)
        if isinstance(type_, GraphQLList):
            return self.items(place, type_.of_type, node)
        return node

    def items(self, place: str, type_: Any, node: ValueNode) -> ValueNode:
        """A short list; an empty one is seldom, as it is invalid or finds nothing."""
        given = list(node.values[:_ITEMS_MAX]) if isinstance(node, ListValueNode) else []
        if not given and self.rng.random() < 0.9:
            given = [NullValueNode()]
        made = [self.value(place, GraphQLNonNull(get_nullable_type(type_)), item) for item in given]
        return ListValueNode(values=tuple(made))

    def input(self, type_: GraphQLInputObjectType, node: ValueNode) -> ValueNode:
        given = node.fields if isinstance(node, ObjectValueNode) else ()
        values = {field.name.value: field.value for field in given}
        if type_.is_one_of:
            name = self.rng.choice(list(type_.fields))
            chosen = GraphQLNonNull(type_.fields[name].type)
            made = {name: self.value(f"{type_}.{name}", chosen, NullValueNode())}
        else:
            made = self.fields(str(type_), type_.fields, values, is_required_input_field)
            made |= self.fitting(type_, made)
        fields = [ObjectFieldNode(name=NameNode(value=key), value=made[key]) for key in made]
        return ObjectValueNode(fields=tuple(fields))

    def fitting(
        self, type_: GraphQLInputObjectType, made: dict[str, ValueNode]
    ) -> dict[str, ValueNode]:
        """Fields that belong together: a row and its revision, an alias and its version."""
        fields = type_.fields
        fits = self.alias(type_.name) if "alias" in fields else self.row(type_.name, fields)
        return {
            name: parse_value(literal(fields[name].type, value))
            for name, value in fits.items()
            if name in made
        }

    def row(self, input_name: str, fields: Any) -> dict[str, Any]:
        name = next((name for name in _REFERENCES if name in fields), "")
        if not name or get_named_type(fields[name].type).name != _REFERENCES[name][0]:
            return {}
        kind, rows = _REFERENCES[name]
        found = self.rows.by_kind.get(rows, [])
        if fitting := [row for row in found if _FITTING.get(input_name, _any_row)(row)]:
            found = fitting
        if not found:
            return {}
        row = self.rng.choice(found)
        fits = {name: reference(self.rng, kind, row)}
        return fits | (
            {"expectedRevision": row["revision"]} if "expectedRevision" in fields else {}
        )

    def alias(self, input_name: str) -> dict[str, Any]:
        models = {row["name"]: row for row in self.rows.by_kind.get("models", ())}
        versions = [row for row in self.rows.by_kind["versions"] if row["model"]["name"] in models]
        if input_name == "CreateVersionInput" or not versions:
            return {}
        fits: dict[str, Any] = {}
        version = self.rng.choice(versions)
        model = models[version["model"]["name"]]
        if input_name == "SetAliasInput":
            fits["version"] = {"id": version["id"]}
        elif aliased := [row for row in models.values() if row["aliases"]]:
            model = self.rng.choice(aliased)
        targets = {alias["name"]: alias["version"]["id"] for alias in model["aliases"]}
        alias = self.rng.choice([*targets] or ["production", "canary"])
        fits |= {"model": {"id": model["id"]}, "alias": alias}
        return fits | {"expectedVersion": targets.get(alias)}


def _any_row(row: Row) -> bool:
    return True


def _is_archived(row: Row) -> bool:
    return bool(row["status"] == "ARCHIVED")


def _is_unused(row: Row) -> bool:
    return not row["bindings"]["nodes"]


def _is_half_open(row: Row) -> bool:
    return bool(row["health"]["circuit"]["state"] == "HALF_OPEN")


# The rows that an input can be about.
_FITTING = {
    "RestoreVersionInput": _is_archived,
    "ArchiveVersionInput": lambda row: not _is_archived(row),
    "UpdateVersionInput": lambda row: not _is_archived(row),
    "ClaimTrialInput": _is_half_open,
    "DeleteProviderInput": _is_unused,
}
