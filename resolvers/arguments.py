"""Declares inputs. An absent field is None in Python and has no default in the SDL."""

from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

import strawberry
from strawberry.types.arguments import StrawberryArgumentAnnotation
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.utils.str_converters import to_camel_case

from domain.access import Identity, Role
from resolvers.errors import FORBIDDEN, RequestError

T = TypeVar("T")

OBSERVED = "observed"
REQUIRES = "requires"  # the role, in the metadata of a field
ITEMS_MAX = "items_max"  # in the metadata of an input's field that is a list
IDEMPOTENCY_KEY = (
    "A retry with the same key and input within 24 hours changes nothing and returns the first"
    " result; the same key with another input is IDEMPOTENCY_CONFLICT."
)


@dataclass_transform(kw_only_default=True)
def input_type(description: str, *, one_of: bool = False) -> Callable[[type[T]], type[T]]:
    """An input type; with `one_of`, a client sets exactly one of its fields."""

    def decorate(cls: type[T]) -> type[T]:
        cls.__doc__ = cls.__doc__ or description  # else dataclasses would write each signature
        declared: Any = strawberry.input(cls, description=description, one_of=one_of)
        definition: StrawberryObjectDefinition = declared.__strawberry_definition__
        for field in definition.fields:
            if field.default is None:
                field.default_value = strawberry.UNSET
        return declared  # type: ignore[no-any-return]  # Strawberry keeps the class

    return decorate


def optional(
    description: str,
    *,
    default: Any = None,
    name: str | None = None,
    items_max: int | None = None,
    observed: bool = False,
    requires: Role | None = None,
) -> Any:
    """A field that a client may omit; `name` if clients do not see its own name in camel case.

    `items_max` as for a required field. What an `observed` one selects depends on reported outcomes
    (server/execution/observed.py). Callers below the role `requires` must omit it.
    """
    metadata = {ITEMS_MAX: items_max, OBSERVED: observed, REQUIRES: requires}
    return strawberry.field(default=default, name=name, description=description, metadata=metadata)


def required(description: str, *, items_max: int | None = None) -> Any:
    """A field that a client must set; `items_max` if not the setting limits the items of a list."""
    return strawberry.field(description=description, metadata={ITEMS_MAX: items_max})


def chosen(one_of: Any) -> tuple[str, Any]:
    """The name and value of the one field that is set in a one-of input."""
    for field in one_of.__strawberry_definition__.fields:
        value = getattr(one_of, field.python_name)
        if value is not None:
            return field.python_name, value
    raise AssertionError("a one-of input has one field set")  # validation has checked it


def raise_if_forbidden(name: str, value: Any, identity: Identity) -> None:
    """Raise RequestError when an input has a field that needs a higher role than the caller's."""
    definition = getattr(value, "__strawberry_definition__", None)
    if definition is None:
        return
    for field in definition.fields:
        role = field.metadata.get(REQUIRES)
        is_given = getattr(value, field.python_name) not in (None, strawberry.UNSET)
        if role is None or identity.may(role) or not is_given:
            continue
        message = (
            f"{name}.{to_camel_case(field.python_name)} needs the role {role}; the caller has the"
            f" role {identity.role}"
        )
        raise RequestError(message, FORBIDDEN)


def describe(description: str, *, name: str | None = None) -> StrawberryArgumentAnnotation:
    """The description of an argument: `Annotated[Type, describe("…")]`.

    `name` if clients do not see its own name in camel case.
    """
    return strawberry.argument(description=description, name=name)
