"""Binds the fields of the schema to the rows and resolvers that answer them.

Fields are typed by the class they stand in, rows by their resolvers; that the two agree is what
tests/schema/test_contract.py checks.
"""

import inspect
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any, TypeVar

import strawberry
from graphql import GraphQLField
from strawberry.extensions import FieldExtension
from strawberry.types.field import StrawberryField

from db.postgres.statements import stands_for
from domain.problems import Refused
from resolvers.context import Info

T = TypeVar("T")


def type_of(row: type, description: str, **options: Any) -> Callable[[type[T]], type[T]]:
    """A GraphQL type whose plain fields are attributes of `row`."""

    def decorate(cls: type[T]) -> type[T]:
        setattr(cls, "__row__", row)  # read by tests/schema/test_contract.py
        accepts = classmethod(lambda _cls, value, _info: stands_for(value, row))
        setattr(cls, "is_type_of", accepts)
        return strawberry.type(cls, description=description, **options)

    return decorate


def attribute(description: str, *, name: str | None = None) -> Any:
    """A field that is an attribute of the row; `name` where clients see another one."""
    return strawberry.field(description=description, name=name)


def field(
    resolver: Callable[..., object],
    *,
    several: Callable[..., Awaitable[list[Any]]] | None = None,
    fresh: bool = False,
) -> Any:
    """A field that a resolver answers; the resolver's docstring describes it.

    Of a root field, `several(info, given)` gives what the resolver would for each choice of
    arguments, for queries that a compiled plan runs together. A `fresh` root field depends on more
    than the moment (db/reads/data_version.py): no answer with it is kept.
    """
    made: Any = strawberry.field(
        resolver=resolver,
        description=_description(resolver),
        metadata={"several": several, "fresh": fresh},
    )
    return _without_null_defaults(made)


def is_fresh(field: GraphQLField) -> bool:
    """Whether a root field was declared to depend on more than the moment."""
    definition = field.extensions.get("strawberry-definition")
    return bool(definition and definition.metadata.get("fresh"))


def batched(batch: Callable[..., Awaitable[list[Any]]], *needs: str) -> Any:
    """A field of many parents at once: `batch(info, parents, …)` gives one value for each.

    `needs` names the attributes of the parents that the batch reads. Here the parents are gathered
    by aiodataloader; a compiled plan calls the batch directly.
    """

    def resolve(root: Any, info: Info, **given: Any) -> Any:
        return info.context.loaders.load(batch, info, root, given)

    signature = inspect.signature(batch)
    own = [inspect.Parameter("root", _POSITIONAL), inspect.Parameter("info", _POSITIONAL)]
    arguments = [p for p in signature.parameters.values() if p.name not in ("info", "parents")]
    parameters = [own[0], own[1].replace(annotation=Info), *arguments]
    setattr(resolve, "__signature__", signature.replace(parameters=parameters))
    made: Any = strawberry.field(
        resolver=resolve,
        description=_description(batch),
        metadata={"batch": batch, "needs": frozenset(needs)},
    )
    return _without_null_defaults(made)


def mutation(verb: Callable[..., object]) -> Any:
    """A field that changes something; what the verb returns, or refuses, fills its payload."""
    made: Any = strawberry.mutation(
        resolver=verb, description=_description(verb), extensions=[_IntoPayload()]
    )
    return _without_null_defaults(made)


def subscription(resolver: Callable[..., object]) -> Any:
    """A field that is followed; the resolver gives an async iterator of its rows."""
    made: Any = strawberry.subscription(resolver=resolver, description=_description(resolver))
    return _without_null_defaults(made)


class _IntoPayload(FieldExtension):
    """Fills the payload: its fields, in order, from what the verb returned; or its user errors."""

    def apply(self, field: StrawberryField) -> None:
        self._field = field

    @cached_property
    def _payload(self) -> tuple[Any, list[str]]:
        """The payload's class and its fields but the errors; known once all types are."""
        payload: Any = self._field.resolve_type()
        fields = [f.python_name for f in payload.__strawberry_definition__.fields]
        return payload, [name for name in fields if name != "user_errors"]

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Any, **kwargs: Any
    ) -> Any:
        payload, names = self._payload
        try:
            made = await next_(source, info, **kwargs)
        except Refused as refusal:
            return payload(**dict.fromkeys(names), user_errors=list(refusal.problems))
        values = made if len(names) > 1 else (made,)
        return payload(**dict(zip(names, values, strict=True)), user_errors=[])


_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD


def _description(resolver: Callable[..., object]) -> str:
    text = inspect.getdoc(resolver)
    assert text, f"{resolver.__qualname__} has no docstring to describe its field"
    return text


def _without_null_defaults(made: StrawberryField) -> StrawberryField:
    """None in Python means absent; the SDL then shows no default rather than `= null`."""
    for argument in made.arguments:
        if argument.default is None:
            argument.default = strawberry.UNSET
    return made
