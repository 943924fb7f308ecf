"""The fields of models."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any

from db.reads import aliases as aliases_db
from db.reads import bindings as bindings_db
from db.reads import models, offers, versions
from db.reads.keyset import Relation
from db.reads.offers import ModelOffer, OfferedPrice
from db.tables import Model, ModelAlias, ModelVersion
from domain.rules import api_name
from resolvers import connections, orders, references
from resolvers.arguments import describe
from resolvers.context import Info
from resolvers.errors import RequestError
from resolvers.filters import BindingFilter, ModelFilter, VersionFilter
from resolvers.parents import attributes, loaded
from resolvers.reference_inputs import ModelRef, VersionSelector

_CLOCKS_DIFFER_MAX = timedelta(minutes=1)  # a client's "now" is not refused


async def get(info: Info, by: Annotated[ModelRef, describe("The ID or the name.")]) -> Model | None:
    """A model by ID or by name; null when it does not exist."""
    return (await get_several(info, [{"by": by}]))[0]


async def get_several(info: Info, argument_sets: Sequence[Mapping[str, Any]]) -> list[Model | None]:
    """The result of `get` for each set of arguments."""
    refs = [arguments["by"] for arguments in argument_sets]
    return await references.models_by(info.context.reader, refs, attributes(info))


page = connections.of_all(
    models.LISTING,
    "All models, newest first by default.",
    filter=ModelFilter,
    order_by=orders.ModelOrder,
    default=orders.NEWEST_FIRST,
)

version_pages = connections.of_parents(
    Relation(versions.LISTING, "model_id"),
    Model,
    "The versions of the model, highest number first by default.",
    filter=VersionFilter,
    order_by=orders.VersionOrder,
    default=orders.HIGHEST_NUMBER_FIRST,
)

binding_pages = connections.of_parents(
    Relation(bindings_db.LISTING, "model_id"),
    Model,
    "The bindings of all versions of the model, lowest priority first by default.",
    filter=BindingFilter,
    order_by=orders.BindingOrder,
    default=orders.LOWEST_PRIORITY_FIRST,
)


async def latest_versions(info: Info, parents: list[Model]) -> list[ModelVersion | None]:
    """Of the ACTIVE versions the rolling one, else the one released last, by releasedOn or, where
    it is null, by the day of registration; of several the highest number. Null without an ACTIVE
    version.
    """
    return await _selected(info, parents, VersionSelector(latest=True))


async def selected_versions(
    info: Info,
    parents: list[Model],
    select: Annotated[VersionSelector, describe("How to select the version.")],
    at: Annotated[
        datetime | None,
        describe(
            "With select.alias: the time at which the alias named the version, not in the future."
            " Now by default. BAD_USER_INPUT with another selector."
        ),
    ] = None,
) -> list[ModelVersion | None]:
    """The version of the model that a selector names; null when there is none.

    With `at`, null when the model had no such alias then, and when the version has been deleted
    since: ModelAlias.history has its number.
    """
    if at is None:
        return await _selected(info, parents, select)
    if select.alias is None:
        name, _ = references.selector(select)
        raise RequestError(f"at: only with select.alias, not with select.{api_name(name)}")
    if at > datetime.now(UTC) + _CLOCKS_DIFFER_MAX:
        raise RequestError("at: must not be in the future")
    named = await aliases_db.named_at(
        info.context.reader, list({row.id for row in parents}), select.alias, at
    )
    load = partial(versions.by_ids, attributes=attributes(info))
    return await loaded(info, [named.get(row.id) for row in parents], load)


async def offers_of_models(info: Info, parents: list[Model]) -> list[ModelOffer]:
    """What providers offer of it now, by the bindings of all its versions."""
    return await loaded(info, [row.id for row in parents], offers.of_models)


async def offered_prices(
    info: Info,
    parents: list[Model],
    routable: Annotated[
        bool | None,
        describe("True: of routable bindings; false: of the others; by default of both."),
    ] = None,
) -> list[list[OfferedPrice]]:
    """What its bindings ask now, component by component of their prices.

    First, for each variant, meter, unit and tier, the lowest amount, of the bindings that can be
    called if there are any; then the second lowest of each, and so on: the first 700. So the first
    item of a kind is the lowest of all bindings, however many they are.
    """
    load = partial(offers.prices_now, routable=routable)
    return await loaded(info, [row.id for row in parents], load)


async def aliases(info: Info, parents: list[Model]) -> list[list[ModelAlias]]:
    """The aliases of the model, sorted by name."""
    return await loaded(info, [row.id for row in parents], aliases_db.of_models)


async def _selected(
    info: Info, parents: list[Model], select: VersionSelector
) -> list[ModelVersion | None]:
    name, value = references.selector(select)
    load = partial(
        versions.selected_of_models, selector=name, value=value, attributes=attributes(info)
    )
    return await loaded(info, [row.id for row in parents], load)
