"""Random valid documents with variables, over any GraphQLSchema."""

import hashlib
import json
import random
import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OverlappingFieldsCanBeMergedRule,
    ValuesOfCorrectTypeRule,
    VariablesInAllowedPositionRule,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
    parse,
    validate,
)

# A JSON value for the argument or input field of this coordinate ("Query.node.id", "Filter.names")
# and type, or NotImplemented for a random value of the type.
MakeValue = Callable[[random.Random, str, Any], Any]

# The rules that the writer may break; validation by all rules takes longer than execution.
_RULES = [
    OverlappingFieldsCanBeMergedRule,
    ValuesOfCorrectTypeRule,
    VariablesInAllowedPositionRule,
]

# The type of each variable, and the coordinate that its value was made for.
VariableTypes = dict[str, tuple[Any, str]]


class Case(NamedTuple):
    text: str
    document: DocumentNode
    variables: dict[str, Any]
    variable_types: VariableTypes


def cases(
    schema: GraphQLSchema,
    make_value: MakeValue,
    seeds: Iterable[int],
    *,
    depth: int = 4,
    leave_out: frozenset[str] = frozenset(),
) -> Iterable[tuple[int, Case]]:
    """One case per seed, without the invalid documents.

    ``leave_out`` are fields that are never selected, such as "Mutation.deleteAll".
    """
    for seed in seeds:
        writer = _Writer(schema, make_value, random.Random(seed), depth, leave_out)
        text, variables = writer.case()
        document = parse(text)
        if not validate(schema, document, _RULES):
            yield seed, Case(text, document, variables, writer.variable_types)


def other_variables(
    schema: GraphQLSchema, make_value: MakeValue, case: Case, rng: random.Random
) -> dict[str, Any]:
    """The case's variables; some have other values, some are left out."""
    writer = _Writer(schema, make_value, rng, 0, frozenset())
    variables: dict[str, Any] = {}
    for name, (type_, coordinate) in case.variable_types.items():
        is_optional = name not in case.variables or not isinstance(type_, GraphQLNonNull)
        if writer.chance(0.5):
            if name in case.variables:
                variables[name] = case.variables[name]
        elif not is_optional or writer.chance(0.7):
            variables[name] = writer.value(type_, coordinate, 2)
    return variables


@dataclass
class _Writer:
    schema: GraphQLSchema
    make_value: MakeValue
    rng: random.Random
    depth: int
    leave_out: frozenset[str]
    variables: dict[str, Any] = field(default_factory=dict)
    variable_types: VariableTypes = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    fragments: list[tuple[str, Any, str]] = field(default_factory=list)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def case(self) -> tuple[str, dict[str, Any]]:
        is_mutation = self.schema.mutation_type is not None and self.chance(0.1)
        root = self.schema.mutation_type if is_mutation else self.schema.query_type
        body = self.selections(root, self.depth)
        definitions = ", ".join(self.definitions.values())
        keyword = "mutation" if is_mutation else "query"
        head = f"{keyword} Q({definitions})" if definitions else f"{keyword} Q"
        fragments = [f"fragment {n} on {t} {text}" for n, t, text in self.fragments]
        return "\n".join([f"{head} {body}", *fragments]), self.variables

    def selections(self, type_: Any, depth: int) -> str:
        count = self.rng.choice([1, 2, 2, 3, 4])
        parts = [part for _ in range(count) if (part := self.selection(type_, depth))]
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def selection(self, type_: Any, depth: int) -> str:
        if self.chance(0.1):
            return "__typename" + self.condition()
        if self.chance(0.25) and depth > 0:
            return self.fragment(type_, depth)
        fields = [
            (name, definition)
            for name, definition in getattr(type_, "fields", {}).items()
            if f"{type_}.{name}" not in self.leave_out
        ]
        if depth <= 0:
            fields = [f for f in fields if is_leaf_type(get_named_type(f[1].type))]
        if not fields:
            return self.fragment(type_, depth) if depth > 0 else ""
        name, definition = self.rng.choice(fields)
        return self.field(type_, name, definition, depth)

    def fragment(self, type_: Any, depth: int) -> str:
        on = self.rng.choice([type_, *self.related(type_)])
        names = [name for name, t, _ in self.fragments if t is on]
        if names and self.chance(0.5):
            return f"...{self.rng.choice(names)}{self.condition()}"
        body = self.selections(on, depth - 1)
        if self.chance(0.4):
            name = f"F{len(self.fragments)}"
            self.fragments.append((name, on, body))
            return f"...{name}{self.condition()}"
        type_condition = f" on {on}" if on is not type_ or self.chance(0.5) else ""
        return f"...{type_condition}{self.condition()} {body}"

    def related(self, type_: Any) -> list[Any]:
        """Other types for the type condition of a fragment inside this type."""
        if is_abstract_type(type_):
            return list(self.schema.get_possible_types(type_))
        return list(type_.interfaces) if isinstance(type_, GraphQLObjectType) else []

    def field(self, type_: Any, name: str, definition: GraphQLField, depth: int) -> str:
        arguments = self.arguments(f"{type_}.{name}", definition)
        alias = ""
        if arguments or self.chance(0.3):
            signature = f"{arguments}{definition.type}".encode()
            alias = f"{name}_{hashlib.sha256(signature).hexdigest()[:4]}: "
        text = f"{alias}{name}{arguments}{self.condition()}"
        if is_leaf_type(get_named_type(definition.type)):
            return text
        return f"{text} {self.selections(get_named_type(definition.type), depth - 1)}"

    def condition(self) -> str:
        if not self.chance(0.15):
            return ""
        directive = self.rng.choice(["skip", "include"])
        if self.chance(0.5):
            return f" @{directive}(if: {self.rng.choice(['true', 'false'])})"
        name = self.rng.choice(["c0", "c1"])
        self.definitions.setdefault(name, f"${name}: Boolean!")
        self.variables.setdefault(name, self.chance(0.5))
        self.variable_types[name] = GraphQLNonNull(GraphQLBoolean), "condition"
        return f" @{directive}(if: ${name})"

    def arguments(self, field_name: str, definition: GraphQLField) -> str:
        parts = []
        for name, argument in definition.args.items():
            if is_required_argument(argument) or self.chance(0.5):
                coordinate = f"{field_name}.{name}"
                value = self.value(argument.type, coordinate, 2)
                parts.append(f"{name}: {self.text(argument.type, value, coordinate)}")
        return f"({', '.join(parts)})" if parts else ""

    def text(self, type_: Any, value: Any, coordinate: str) -> str:
        """A literal, possibly with variables in it, or a variable with this value or default."""
        accepted = (f"{type_}", f"{type_}!")
        names = [name for name, (t, _) in self.variable_types.items() if str(t) in accepted]
        if names and self.chance(0.2):
            return f"${self.rng.choice(names)}"
        if self.chance(0.4):
            name = f"v{len(self.variables) + len(self.definitions)}"
            self.variable_types[name] = type_, coordinate
            if value is not None and self.chance(0.3):
                self.definitions[name] = f"${name}: {type_} = {literal(type_, value)}"
            else:
                self.definitions[name] = f"${name}: {type_}"
                self.variables[name] = value
            return f"${name}"
        named = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(named, GraphQLList) and value:
            return (
                "[" + ", ".join(self.text(named.of_type, item, coordinate) for item in value) + "]"
            )
        if isinstance(named, GraphQLInputObjectType) and value and not _is_one_of(named):
            fields = [
                f"{k}: {self.text(named.fields[k].type, v, f'{named}.{k}')}"
                for k, v in value.items()
            ]
            return "{" + ", ".join(fields) + "}"
        return literal(type_, value)

    def value(self, type_: Any, coordinate: str, depth: int) -> Any:
        value = self.make_value(self.rng, coordinate, type_)
        if value is not NotImplemented:
            return value
        if not isinstance(type_, GraphQLNonNull) and self.chance(0.1):
            return None
        type_ = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(type_, GraphQLList):
            return [
                self.value(type_.of_type, coordinate, depth) for _ in range(self.rng.randrange(3))
            ]
        if isinstance(type_, GraphQLEnumType):
            return self.rng.choice(list(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            return self.input(type_, depth)
        return self.scalar(type_.name)

    def input(self, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        fields = list(type_.fields.items())
        if _is_one_of(type_):
            name, chosen = self.rng.choice(fields)
            return {name: self.value(GraphQLNonNull(chosen.type), f"{type_}.{name}", depth - 1)}
        return {
            name: self.value(definition.type, f"{type_}.{name}", depth - 1)
            for name, definition in fields
            if is_required_input_field(definition) or (depth > 0 and self.chance(0.5))
        }

    def scalar(self, name: str) -> Any:
        makers: dict[str, Callable[[], Any]] = {
            "Int": lambda: self.rng.randrange(5),
            "Float": lambda: self.rng.randrange(50) / 10,
            "Boolean": lambda: self.chance(0.5),
        }
        text = "".join(self.rng.choices(string.ascii_letters, k=3))
        return makers.get(name, lambda: text)()


def _is_one_of(type_: GraphQLInputObjectType) -> bool:
    definition = type_.extensions.get("strawberry-definition")
    return type_.is_one_of or bool(getattr(definition, "is_one_of", False))


def literal(type_: Any, value: Any) -> str:
    type_ = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if value is None:
        return "null"
    if isinstance(type_, GraphQLList):
        return "[" + ", ".join(literal(type_.of_type, item) for item in value) + "]"
    if isinstance(type_, GraphQLEnumType):
        return str(value)
    if isinstance(type_, GraphQLInputObjectType):
        fields = [f"{k}: {literal(type_.fields[k].type, v)}" for k, v in value.items()]
        return "{" + ", ".join(fields) + "}"
    if isinstance(value, dict):  # of a JSON scalar
        return "{" + ", ".join(f"{k}: {literal(type_, v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(type_, item) for item in value) + "]"
    return json.dumps(value)
