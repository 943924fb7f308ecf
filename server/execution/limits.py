"""The limits of an operation's cost."""

from collections.abc import Iterator

from graphql import GraphQLError, OperationType

from server.errors import limit_exceeded
from server.execution.costs import Cost
from server.settings import Settings

# Objects of introspection beside data: more run in an operation of their own, beside the event loop
MIXED_INTROSPECTION_MAX = 1_000


def breaches(cost: Cost, kind: OperationType, settings: Settings) -> Iterator[GraphQLError]:
    """An error for each limit that the operation exceeds."""
    root_fields_max = (
        settings.mutation_root_fields_max
        if kind is OperationType.MUTATION
        else settings.root_fields_max
    )
    counts = (
        ("levels of nested fields", cost.depth, settings.depth_max),
        ("root fields", cost.width, root_fields_max),
        ("aliases", cost.aliases, settings.aliases_max),
        ("directives", cost.directives, settings.directives_max),
        ("objects, by the product of the lengths of its lists", cost.nodes, settings.nodes_max),
        ("values, by the product of the lengths of its lists", cost.values, settings.values_max),
    )
    for what, count, most in counts:
        if count > most:
            yield _exceeded(count, what, most)
    if MIXED_INTROSPECTION_MAX < cost.introspected < cost.nodes:
        what = "objects of introspection beside other fields"
        yield _exceeded(cost.introspected, what, MIXED_INTROSPECTION_MAX)


def _exceeded(count: int, what: str, most: int) -> GraphQLError:
    shown = str(count) if count < 1_000_000 else "more than a million"
    return limit_exceeded(f"The operation has {shown} {what}; at most {most} are allowed")
