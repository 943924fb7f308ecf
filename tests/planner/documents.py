"""Random valid documents, with variables, over any GraphQLSchema."""

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

# Gives a JSON value for one argument or input field ("Query.node.id", "Filter.names"), or
# NotImplemented to have one made from its type.
Values = Callable[[random.Random, str, Any], Any]


# What the writer does not keep to by itself; validating by all rules takes longer than executing.
_RULES = [
    OverlappingFieldsCanBeMergedRule,
    ValuesOfCorrectTypeRule,
    VariablesInAllowedPositionRule,
]


# The type of each variable, and the place that it was made for.
Takes = dict[str, tuple[Any, str]]


class Case(NamedTuple):
    text: str
    document: DocumentNode
    variables: dict[str, Any]
    takes: Takes


def cases(
    schema: GraphQLSchema,
    values: Values,
    seeds: Iterable[int],
    *,
    depth: int = 4,
    leave_out: frozenset[str] = frozenset(),
) -> Iterable[tuple[int, Case]]:
    """A valid case for each seed that gives one; some random documents are not valid.

    ``leave_out`` are fields never to select, such as "Mutation.deleteAll".
    """
    for seed in seeds:
        writer = _Writer(schema, values, random.Random(seed), depth, leave_out)
        text, variables = writer.case()
        document = parse(text)
        if not validate(schema, document, _RULES):
            yield seed, Case(text, document, variables, writer.takes)


def other_variables(
    schema: GraphQLSchema, values: Values, case: Case, chance: random.Random
) -> dict[str, Any]:
    """The case's variables, some of them with other values and some left out."""
    writer = _Writer(schema, values, chance, 0, frozenset())
    variables: dict[str, Any] = {}
    for name, (type_, place) in case.takes.items():
        may_lack = name not in case.variables or not isinstance(type_, GraphQLNonNull)
        if writer.chance(0.5):
            if name in case.variables:
                variables[name] = case.variables[name]
        elif not may_lack or writer.chance(0.7):
            variables[name] = writer.value(type_, place, 2)
    return variables


@dataclass
class _Writer:
    schema: GraphQLSchema
    values: Values
    random: random.Random
    depth: int
    leave_out: frozenset[str]
    variables: dict[str, Any] = field(default_factory=dict)
    takes: Takes = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    fragments: list[tuple[str, Any, str]] = field(default_factory=list)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def case(self) -> tuple[str, dict[str, Any]]:
        is_mutation = self.schema.mutation_type is not None and self.chance(0.1)
        root = self.schema.mutation_type if is_mutation else self.schema.query_type
        body = self.selections(root, self.depth)
        declared = ", ".join(self.definitions.values())
        head = ("mutation" if is_mutation else "query") + (f" Q({declared})" if declared else " Q")
        spread = [f"fragment {n} on {t} {text}" for n, t, text in self.fragments]
        return "\n".join([f"{head} {body}", *spread]), self.variables

    def selections(self, type_: Any, depth: int) -> str:
        count = self.random.choice([1, 2, 2, 3, 4])
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
        name, definition = self.random.choice(fields)
        return self.field(type_, name, definition, depth)

    def fragment(self, type_: Any, depth: int) -> str:
        on = self.random.choice([type_, *self.related(type_)])
        known = [name for name, t, _ in self.fragments if t is on]
        if known and self.chance(0.5):
            return f"...{self.random.choice(known)}{self.condition()}"
        body = self.selections(on, depth - 1)
        if self.chance(0.4):
            name = f"F{len(self.fragments)}"
            self.fragments.append((name, on, body))
            return f"...{name}{self.condition()}"
        named = f" on {on}" if on is not type_ or self.chance(0.5) else ""
        return f"...{named}{self.condition()} {body}"

    def related(self, type_: Any) -> list[Any]:
        """Types that a fragment inside this one may be on."""
        if is_abstract_type(type_):
            return list(self.schema.get_possible_types(type_))
        return list(type_.interfaces) if isinstance(type_, GraphQLObjectType) else []

    def field(self, type_: Any, name: str, definition: GraphQLField, depth: int) -> str:
        arguments = self.arguments(f"{type_}.{name}", definition)
        alias = ""
        if arguments or self.chance(0.3):
            told = f"{arguments}{definition.type}".encode()
            alias = f"{name}_{hashlib.sha256(told).hexdigest()[:4]}: "
        text = f"{alias}{name}{arguments}{self.condition()}"
        if is_leaf_type(get_named_type(definition.type)):
            return text
        return f"{text} {self.selections(get_named_type(definition.type), depth - 1)}"

    def condition(self) -> str:
        if not self.chance(0.15):
            return ""
        which = self.random.choice(["skip", "include"])
        if self.chance(0.5):
            return f" @{which}(if: {self.random.choice(['true', 'false'])})"
        name = self.random.choice(["c0", "c1"])
        self.definitions.setdefault(name, f"${name}: Boolean!")
        self.variables.setdefault(name, self.chance(0.5))
        self.takes[name] = GraphQLNonNull(GraphQLBoolean), "condition"
        return f" @{which}(if: ${name})"

    def arguments(self, field_name: str, definition: GraphQLField) -> str:
        parts = []
        for name, argument in definition.args.items():
            if is_required_argument(argument) or self.chance(0.5):
                place = f"{field_name}.{name}"
                value = self.value(argument.type, place, 2)
                parts.append(f"{name}: {self.text(argument.type, value, place)}")
        return f"({', '.join(parts)})" if parts else ""

    def text(self, type_: Any, value: Any, place: str) -> str:
        """A literal, perhaps with variables in it, or a variable that has the value or defaults
        to it."""
        fitting = [
            name for name, (t, _) in self.takes.items() if str(t) in (f"{type_}", f"{type_}!")
        ]
        if fitting and self.chance(0.2):
            return f"${self.random.choice(fitting)}"
        if self.chance(0.4):
            name = f"v{len(self.variables) + len(self.definitions)}"
            self.takes[name] = type_, place
            if value is not None and self.chance(0.3):
                self.definitions[name] = f"${name}: {type_} = {_literal(type_, value)}"
            else:
                self.definitions[name] = f"${name}: {type_}"
                self.variables[name] = value
            return f"${name}"
        named = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(named, GraphQLList) and value:
            return "[" + ", ".join(self.text(named.of_type, item, place) for item in value) + "]"
        if isinstance(named, GraphQLInputObjectType) and value and not _is_one_of(named):
            told = [
                f"{k}: {self.text(named.fields[k].type, v, f'{named}.{k}')}"
                for k, v in value.items()
            ]
            return "{" + ", ".join(told) + "}"
        return _literal(type_, value)

    def value(self, type_: Any, place: str, depth: int) -> Any:
        given = self.values(self.random, place, type_)
        if given is not NotImplemented:
            return given
        if not isinstance(type_, GraphQLNonNull) and self.chance(0.1):
            return None
        type_ = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(type_, GraphQLList):
            return [
                self.value(type_.of_type, place, depth) for _ in range(self.random.randrange(3))
            ]
        if isinstance(type_, GraphQLEnumType):
            return self.random.choice(list(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            return self.input(type_, depth)
        return self.scalar(type_.name)

    def input(self, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        fields = list(type_.fields.items())
        if _is_one_of(type_):
            name, one = self.random.choice(fields)
            return {name: self.value(GraphQLNonNull(one.type), f"{type_}.{name}", depth - 1)}
        return {
            name: self.value(one.type, f"{type_}.{name}", depth - 1)
            for name, one in fields
            if is_required_input_field(one) or (depth > 0 and self.chance(0.5))
        }

    def scalar(self, name: str) -> Any:
        made: dict[str, Callable[[], Any]] = {
            "Int": lambda: self.random.randrange(5),
            "Float": lambda: self.random.randrange(50) / 10,
            "Boolean": lambda: self.chance(0.5),
        }
        text = "".join(self.random.choices(string.ascii_letters, k=3))
        return made.get(name, lambda: text)()


def _is_one_of(type_: GraphQLInputObjectType) -> bool:
    declared = type_.extensions.get("strawberry-definition")
    return type_.is_one_of or bool(getattr(declared, "is_one_of", False))


def _literal(type_: Any, value: Any) -> str:
    type_ = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if value is None:
        return "null"
    if isinstance(type_, GraphQLList):
        return "[" + ", ".join(_literal(type_.of_type, item) for item in value) + "]"
    if isinstance(type_, GraphQLEnumType):
        return str(value)
    if isinstance(type_, GraphQLInputObjectType):
        told = [f"{k}: {_literal(type_.fields[k].type, v)}" for k, v in value.items()]
        return "{" + ", ".join(told) + "}"
    if isinstance(value, dict):  # of a scalar that takes any
        return "{" + ", ".join(f"{k}: {_literal(type_, v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_literal(type_, item) for item in value) + "]"
    return json.dumps(value)
