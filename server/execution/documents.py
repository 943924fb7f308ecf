"""Parsed and validated documents, in a cache that is bounded in bytes."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInputType,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    is_input_type,
    is_object_type,
    parse,
    specified_rules,
    type_from_ast,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from planner import CoerceVariables, CountedCache, compile_variables
from schema.fields import is_fresh, is_personal
from server.access import policy
from server.access.policy import Requirement
from server.errors import HttpError, OperationRejected, limit_exceeded
from server.execution import ast, costs, inputs, limits, observed
from server.execution.costs import Cost
from server.execution.inputs import InputLimits
from server.settings import Settings

# One tuple for all requests: a rule class made per request would defeat any cache keyed by it.
_RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
VALIDATION_ERRORS_MAX = 5
_BYTES_PER_CHARACTER = 35  # of a compacted document; measured with tracemalloc
_BYTES_PER_DOCUMENT = 2_000
_COSTS_MAX = 100  # cached per operation
_REVISION_FIELDS = ("service", "registryRevision")


class MeasuredCost(NamedTuple):
    """The cost of an operation, and the limits that it exceeds."""

    cost: Cost
    breaches: Sequence[GraphQLError]

    @property
    def is_introspection(self) -> bool:
        """Whether the operation asks for nothing but the schema."""
        return 0 < self.cost.introspected == self.cost.nodes


@dataclass(slots=True)
class Operation:
    """One operation of a document, with what is computed once for it."""

    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: CoerceVariables
    variable_types: Mapping[str, GraphQLInputType]
    input_limits: InputLimits
    requirement: Requirement
    is_cacheable: bool = False  # its response depends on the data version alone
    is_observed: bool = False  # its response depends on reported outcomes as well
    is_personal: bool = False  # its response depends on the caller
    reads_revision: bool = False  # service.registryRevision may be selected
    sizing_variables: tuple[str, ...] | None = None
    costs: dict[tuple[Any, ...], MeasuredCost] = field(default_factory=dict)

    @property
    def name(self) -> str | None:
        """Its name, if it has one."""
        return self.node.name.value if self.node.name else None

    @property
    def root_field(self) -> str:
        """The name of its first field; that of the fragment, if it is in one."""
        first = self.node.selection_set.selections[0]
        return first.name.value if isinstance(first, FieldNode | FragmentSpreadNode) else ""

    def cost(
        self, schema: GraphQLSchema, variables: Mapping[str, Any], settings: Settings
    ) -> MeasuredCost:
        """Its cost with these coerced variables; measured once for each combination of sizes."""
        if self.sizing_variables is not None:
            known = self.costs.get(_sizes(self.sizing_variables, variables))
            if known is not None:
                return known
        kind = self.node.operation
        found = costs.measure(schema, self.fragments, self.node, variables, self.input_limits)
        self.sizing_variables = tuple(sorted(found.sizing_variables))
        if len(self.costs) >= _COSTS_MAX:
            self.costs.clear()
        breaches = [*limits.breaches(found.cost, kind, settings), *found.oversized]
        measured = MeasuredCost(found.cost, breaches)
        self.costs[_sizes(self.sizing_variables, variables)] = measured
        return measured


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document, and its validation errors."""

    text: str
    tree: DocumentNode
    operations: Mapping[str, Operation]
    size_bytes: int  # an estimate
    errors: tuple[GraphQLError, ...] = ()

    def has_mutation(self, name: str | None) -> bool:
        """Whether the named operation is a mutation; without a name, whether any is."""
        named = self.operations.get(name or "")
        candidates = [named] if named else self.operations.values()
        return any(item.node.operation is OperationType.MUTATION for item in candidates)

    def operation(self, name: str | None) -> Operation:
        """The operation of this name, or the only one; raises HttpError when there is none."""
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        found = self.operations.get(name) if name else None
        if found is None:
            known = ", ".join(sorted(self.operations)) or "none"
            problem = (
                f"no operation {name!r}" if name else "several operations and no operationName"
            )
            raise HttpError(400, f"The document has {problem}; it has: {known}")
        return found


class Documents:
    """Evicts the least recently used documents when they exceed a number of bytes."""

    def __init__(self, schema: GraphQLSchema, settings: Settings) -> None:
        self._schema = schema
        self._settings = settings
        self._observed = observed.names(schema)
        self._uncached_fields = _named(_fields(schema, is_fresh))
        self._personal_fields = _named(_fields(schema, is_personal))
        self._lock = Lock()  # large requests are checked in a thread
        self.cache: CountedCache[str, Document] = CountedCache(
            settings.document_cache_bytes_max, getsizeof=lambda document: document.size_bytes
        )

    def get(self, text: str) -> Document:
        """The document of this text; raises OperationRejected when it cannot be parsed."""
        with self._lock:
            document = self.cache.get(text)
        if document is not None:
            self.cache.hits += 1
        else:
            self.cache.misses += 1
            document = self.prepared(text)
            if not document.errors and document.size_bytes <= self.cache.maxsize:
                with self._lock:
                    self.cache[text] = document
        return document

    def knows(self, text: str) -> bool:
        """Whether the document of this text is at hand."""
        with self._lock:
            return text in self.cache

    def prepared(self, text: str) -> Document:
        """The document of this text, not cached; raises OperationRejected like `get`."""
        document = self._prepare(text)
        if not document.errors:
            ast.compact(document.tree)
        return document

    def is_observed(self, operation: Operation, variables: Mapping[str, Any]) -> bool:
        """Whether the response to an operation with these variables depends on outcomes."""
        return operation.is_observed or observed.is_in_variables(variables, self._observed)

    @property
    def size_bytes(self) -> int:
        """An estimate of the memory that the cached documents take."""
        return int(self.cache.currsize)

    def _prepare(self, text: str) -> Document:
        tree = _parsed(text, self._settings.document_tokens_max)
        errors = validate(self._schema, tree, _RULES, max_errors=VALIDATION_ERRORS_MAX)
        fragments = {
            item.name.value: item
            for item in tree.definitions
            if isinstance(item, FragmentDefinitionNode)
        }
        # No response to a document that names such a field anywhere is cached.
        is_cacheable = self._uncached_fields.search(text) is None
        is_observed = observed.is_in_document(tree, self._observed)
        depends_on_caller = self._personal_fields.search(text) is not None
        reads_revision = all(name in text for name in _REVISION_FIELDS)
        operations = {
            item.name.value if item.name else "": Operation(
                item,
                fragments,
                compile_variables(self._schema, item.variable_definitions or ()),
                _variable_types(self._schema, item),
                inputs.limits_of(item.operation, self._settings),
                policy.UNKNOWN if errors else policy.required(self._schema, fragments, item),
                item.operation is OperationType.QUERY and is_cacheable,
                is_observed,
                depends_on_caller,
                reads_revision,
            )
            for item in tree.definitions
            if isinstance(item, OperationDefinitionNode)
        }
        size_bytes = _BYTES_PER_DOCUMENT + _BYTES_PER_CHARACTER * len(text)
        return Document(text, tree, operations, size_bytes, tuple(map(_without_cause, errors)))


def _fields(schema: GraphQLSchema, is_kind: Callable[[GraphQLField], bool]) -> list[str]:
    """The names of the fields of this kind, of any type."""
    return [
        name
        for type_ in schema.type_map.values()
        if is_object_type(type_)
        for name, field in type_.fields.items()
        if is_kind(field)
    ]


def _named(names: Iterable[str]) -> re.Pattern[str]:
    """Matches the names where they may be those of fields: not of arguments, variables, aliases."""
    any_of = "|".join(sorted(names)) or "(?!)"
    return re.compile(rf"(?<![$\w])(?:{any_of})\b(?!\s*:)")


def _parsed(text: str, tokens_max: int) -> DocumentNode:
    try:
        return parse(text, max_tokens=tokens_max)
    except GraphQLSyntaxError as error:
        # graphql-core distinguishes its limits from syntax errors by the message alone.
        if error.message.endswith("Parsing aborted."):
            raise OperationRejected([limit_exceeded(error.message)]) from None
        raise OperationRejected([error]) from None
    except GraphQLError as error:
        raise OperationRejected([error]) from None


def _sizes(names: Iterable[str], variables: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(costs.size_of(variables.get(name)) for name in names)


def _variable_types(
    schema: GraphQLSchema, operation: OperationDefinitionNode
) -> dict[str, GraphQLInputType]:
    found = {
        item.variable.name.value: type_from_ast(schema, item.type)
        for item in operation.variable_definitions or ()
    }
    return {name: type_ for name, type_ in found.items() if is_input_type(type_)}


def _without_cause(error: GraphQLError) -> GraphQLError:
    """The error as a client error, also where `int` refuses to read a literal of 5,000 digits."""
    if error.original_error is None or isinstance(error.original_error, GraphQLError):
        return error
    return GraphQLError("A literal cannot be read: it is too long", error.nodes)
