"""Declares fields: attributes of rows, or the results of resolvers.

The schema's classes give fields their GraphQL types, and resolvers have row types;
tests/schema/test_contract.py checks that both agree.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, wraps
from typing import Any, TypeAlias, TypeVar

import strawberry
from graphql import GraphQLField, GraphQLInputField
from strawberry.extensions import FieldExtension
from strawberry.types.field import StrawberryField

from db.postgres.statements import stands_for
from domain.access import Role
from domain.outcomes import WriteOutcome
from domain.problems import USER_ERRORS_MAX, Problem, Refused, RefusedInPart
from resolvers import hidden_fields
from resolvers.arguments import OBSERVED, REQUIRES, raise_if_forbidden
from resolvers.context import Info
from resolvers.errors import shortened

T = TypeVar("T")

PATH_STEPS_MAX = 10  # the deepest input has fewer levels
_ITEMS_MAX = "items_max"
_COUNT = "count"
_PERSONAL = "personal"

# Returns how many items a list has, from the field's coerced arguments by their names in the API.
Count: TypeAlias = Callable[[Mapping[str, Any]], int]


def type_of(row: type, description: str, **options: Any) -> Callable[[type[T]], type[T]]:
    """A GraphQL type whose plain fields are attributes of `row`."""

    def decorate(cls: type[T]) -> type[T]:
        setattr(cls, "__row__", row)  # read by tests/schema/test_contract.py
        accepts = classmethod(lambda _cls, value, _info: stands_for(value, row))
        setattr(cls, "is_type_of", accepts)
        _hide_columns(cls, row)
        cls.__doc__ = cls.__doc__ or description  # else dataclasses would write each signature
        return strawberry.type(cls, description=description, **options)

    return decorate


def attribute(
    description: str,
    *,
    name: str | None = None,
    items_max: int | None = None,
    observed: bool = False,
) -> Any:
    """A field that is an attribute of the row; `name` is its name in the API when it differs.

    `items_max` as for `batched`, `observed` as for `field`.
    """
    metadata = {_ITEMS_MAX: items_max, OBSERVED: observed}
    return strawberry.field(description=description, name=name, metadata=metadata)


def field(
    resolver: Callable[..., object],
    *,
    requires: Role,
    several: Callable[..., Awaitable[list[Any]]] | None = None,
    fresh: bool = False,
    observed: bool = False,
    personal: bool = False,
) -> Any:
    """A field of Query, described by its resolver's docstring; callers need the role `requires`.

    It may have `several(info, argument_sets)`, which returns one result for each set of
    arguments: compiled plans use it for a batch of queries. A response with a `fresh` field is
    not cached, because it depends on more than the data version (db/reads/data_version.py). One
    with an `observed` field depends on reported outcomes as well, and is cached for a second at
    most (server/execution/observed.py). A `personal` field depends on the caller: its responses
    are neither cached nor shared.
    """
    metadata = {
        "load_many": several,
        "fresh": fresh or personal,
        OBSERVED: observed,
        _PERSONAL: personal,
        REQUIRES: requires,
    }
    declared: Any = strawberry.field(
        resolver=resolver, description=_description(resolver), metadata=metadata
    )
    return _without_null_defaults(declared)


def required_role(field: GraphQLField | GraphQLInputField) -> Role:
    """The role that a declaration names; ADMIN for a field that was not declared here."""
    definition = field.extensions.get("strawberry-definition")
    role: Role = definition.metadata[REQUIRES] if definition else Role.ADMIN
    return role


def is_personal(field: GraphQLField) -> bool:
    """Whether a field depends on the caller."""
    definition = field.extensions.get("strawberry-definition")
    return bool(definition and definition.metadata.get(_PERSONAL))


def is_fresh(field: GraphQLField) -> bool:
    """Whether a field depends on more than the data version."""
    definition = field.extensions.get("strawberry-definition")
    return bool(definition and definition.metadata.get("fresh"))


def is_observed(field: GraphQLField | GraphQLInputField) -> bool:
    """Whether a field, or what an input field selects, depends on reported outcomes."""
    definition = field.extensions.get("strawberry-definition")
    return bool(definition and definition.metadata.get(OBSERVED))


def items_max(field: GraphQLField) -> int | None:
    """The most items of a list field, as declared; None for pages, and for fields of others."""
    definition = field.extensions.get("strawberry-definition")
    return definition.metadata.get(_ITEMS_MAX) if definition else None


def item_counter(field: GraphQLField) -> Count | None:
    """What counts the items of a list field, where its arguments say how many there are."""
    definition = field.extensions.get("strawberry-definition")
    return definition.metadata.get(_COUNT) if definition else None


def batched(
    batch: Callable[..., Awaitable[list[Any]]],
    *needs: str,
    items_max: int | None = None,
    count: Count | None = None,
    observed: bool = False,
    requires: Role | None = None,
) -> Any:
    """A field that is loaded for many parents at once: `batch(info, parents, …)` returns a list.

    The list has one value for each parent. `needs` names the attributes of the parents that the
    batch reads. The ordinary executor collects the parents with aiodataloader; a compiled plan
    calls the batch directly.

    A list without page arguments has `items_max`, the most items that one parent can have: the cost
    of an operation counts them (server/execution/costs.py). The batch and the writes hold to it.
    Where the arguments say how many items there are, `count` is computed from them. `observed` as
    for `field`. For a caller below the role `requires` the field is null, and the columns of
    `needs` are hidden in audit events too (resolvers/hidden_fields.py).
    """
    if requires is not None:
        batch = _restricted(batch, requires)
    declared: Any = strawberry.field(
        resolver=_loading(batch),
        description=_description(batch),
        metadata={
            "batch": batch,
            "needs": frozenset(needs),
            _ITEMS_MAX: items_max,
            _COUNT: count,
            OBSERVED: observed,
            REQUIRES: requires,
        },
    )
    return _without_null_defaults(declared)


def fresh(declared: Any) -> Any:
    """A field of an object that depends on more than the data version, as for `field`."""
    declared.metadata = {**declared.metadata, "fresh": True}
    return declared


def mutation(verb: Callable[..., object], *, requires: Role) -> Any:
    """A mutation, for callers with the role `requires`.

    Its payload holds what the verb returns, or the problems of its refusal.
    """
    declared: Any = strawberry.mutation(
        resolver=verb,
        description=_description(verb),
        extensions=[_IntoPayload()],
        metadata={REQUIRES: requires},
    )
    return _without_null_defaults(declared)


def subscription(resolver: Callable[..., object], *, requires: Role) -> Any:
    """A subscription for callers with this role; the resolver returns an async iterator of rows."""
    declared: Any = strawberry.subscription(
        resolver=resolver, description=_description(resolver), metadata={REQUIRES: requires}
    )
    return _without_null_defaults(declared)


def _loading(batch: Callable[..., Awaitable[list[Any]]]) -> Callable[..., Any]:
    """A resolver of one parent, which the batch loads together with others."""

    def resolve(root: Any, info: Info, **arguments: Any) -> Any:
        return info.context.loaders.load(batch, info, root, arguments)

    signature = inspect.signature(batch)
    root = inspect.Parameter("root", _POSITIONAL)
    info = inspect.Parameter("info", _POSITIONAL, annotation=Info)
    arguments = [p for p in signature.parameters.values() if p.name not in ("info", "parents")]
    setattr(resolve, "__signature__", signature.replace(parameters=[root, info, *arguments]))
    return resolve


def _hide_columns(cls: type, row: type) -> None:
    """Hide what a restricted field reads wherever else the values of the row's columns are."""
    for declared in vars(cls).values():
        role = declared.metadata.get(REQUIRES) if isinstance(declared, StrawberryField) else None
        if role is not None and hasattr(row, "__table__"):
            for name in declared.metadata["needs"]:
                hidden_fields.declare(row, name, role)


def _restricted(
    batch: Callable[..., Awaitable[list[Any]]], requires: Role
) -> Callable[..., Awaitable[list[Any]]]:
    """The batch, which is not asked for callers below the role."""

    @wraps(batch)
    async def restricted_batch(info: Info, parents: list[Any], **arguments: Any) -> list[Any]:
        if not info.context.identity.may(requires):
            return [None] * len(parents)
        return await batch(info, parents, **arguments)

    return restricted_batch


class _IntoPayload(FieldExtension):
    """Fills a payload: its fields in order from the verb's result, or its user errors."""

    def apply(self, field: StrawberryField) -> None:
        self._field = field

    @cached_property
    def _payload(self) -> tuple[Any, list[str]]:
        """The payload's class and its fields without the errors; known once all types are built."""
        optional: Any = (
            self._field.resolve_type()
        )  # so that an error of one field leaves the others
        payload = optional.of_type
        fields = [f.python_name for f in payload.__strawberry_definition__.fields]
        return payload, [name for name in fields if name != "user_errors"]

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Any, **kwargs: Any
    ) -> Any:
        payload, names = self._payload
        for name, value in kwargs.items():
            raise_if_forbidden(name, value, info.context.identity)
        info.context.outcomes[str(info.path.key)] = WriteOutcome.NOT_COMMITTED  # until it is
        try:
            result = await next_(source, info, **kwargs)
        except Refused as refusal:
            return payload(**dict.fromkeys(names), user_errors=_shown(refusal.problems))
        except RefusedInPart as partly:
            shown = _shown(partly.problems)
            return payload(**dict(zip(names, partly.result, strict=True)), user_errors=shown)
        values = result if len(names) > 1 else (result,)
        return payload(**dict(zip(names, values, strict=True)), user_errors=[])


def _shown(problems: Sequence[Problem]) -> list[Problem]:
    return [replace(each, message=shortened(each.message)) for each in problems[:USER_ERRORS_MAX]]


_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD


def _description(resolver: Callable[..., object]) -> str:
    text = inspect.getdoc(resolver)
    assert text, f"{resolver.__qualname__} has no docstring to describe its field"
    return text


def _without_null_defaults(declared: StrawberryField) -> StrawberryField:
    """None in Python means absent: the SDL shows no default instead of `= null`."""
    for argument in declared.arguments:
        if argument.default is None:
            argument.default = strawberry.UNSET
    return declared
