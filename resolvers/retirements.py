"""Retirements: what is deprecated or ends when, and what could take its place."""

from functools import partial

from db.reads import bindings, retirements, successors, versions
from db.reads.retirements import Retirement
from db.reads.successors import Successor
from db.tables import ModelVersion, ProviderBinding
from domain.retirement_enums import RetirementKind
from resolvers import connections
from resolvers.arguments import input_type, optional
from resolvers.context import Info
from resolvers.filters import FILTER_DESCRIPTION, DateRange
from resolvers.orders import Order, OrderDirection
from resolvers.parents import attributes, carried, loaded, parents_of
from resolvers.reference_inputs import ModelRef


@input_type(FILTER_DESCRIPTION)
class RetirementFilter:
    on: DateRange | None = optional("Retirements on these days.")
    kinds: list[RetirementKind] | None = optional("Retirements of one of these kinds.")
    models: list[ModelRef] | None = optional("Retirements of one of these models.")
    providers: list[str] | None = optional(
        "Those of bindings of one of these providers, by slug, and of versions that one serves."
    )
    has_alias: bool | None = optional(
        "True: those of versions with an alias, and of bindings of such; false: the others."
    )


page = connections.of_all(
    retirements.LISTING,
    "The days on which versions are deprecated, and versions or bindings end, earliest first. Those"
    " of ARCHIVED versions are left out.",
    filter=RetirementFilter,
    default=Order("PLACE", OrderDirection.ASC),
)


async def versions_of_retirements(info: Info, parents: list[Retirement]) -> list[ModelVersion]:
    """The version that retires, or whose binding does."""
    return await parents_of(info, [row.version_id for row in parents], versions.by_ids)


async def bindings_of_retirements(
    info: Info, parents: list[Retirement]
) -> list[ProviderBinding | None]:
    """The binding that retires; null when the version itself does."""
    load = partial(bindings.by_ids, attributes=attributes(info))
    return await loaded(info, [row.binding_id for row in parents], load)


async def successors_of_retirements(
    info: Info, parents: list[Retirement]
) -> list[Successor | None]:
    """What the server proposes to use in its place, by the rules of SuccessorRule.

    It is computed, and nobody has promised it: quality, prices and limits are not compared. Null
    where no rule finds a version.
    """
    return await loaded(info, [row.successor_key for row in parents], successors.of_retirements)


async def versions_of_successors(info: Info, parents: list[Successor]) -> list[ModelVersion]:
    """The proposed version."""
    return await parents_of(info, [row.version_id for row in parents], versions.by_ids)


async def model_names(info: Info, parents: list[Retirement]) -> list[str]:
    """The name of the version's model, without a look at it."""
    return await carried(info, parents, "model_name", retirements.by_ids)


async def version_labels(info: Info, parents: list[Retirement]) -> list[str]:
    """The semantic version, as version.version has it."""
    return await carried(info, parents, "version_label", retirements.by_ids)


async def alias_names(info: Info, parents: list[Retirement]) -> list[list[str]]:
    """The names of the aliases that point at the version, sorted."""
    return await carried(info, parents, "alias_names", retirements.by_ids)


async def provider_names(info: Info, parents: list[Retirement]) -> list[str | None]:
    """The name of the binding's provider; null when the version itself retires."""
    return await carried(info, parents, "provider_name", retirements.by_ids)


async def regions(info: Info, parents: list[Retirement]) -> list[str | None]:
    """The binding's region; null when it has none, and when the version itself retires."""
    return await carried(info, parents, "region", retirements.by_ids)


async def binding_counts(info: Info, parents: list[Retirement]) -> list[int]:
    """How many bindings retire: those of the version, or the one binding."""
    return await carried(info, parents, "binding_count", retirements.by_ids)
