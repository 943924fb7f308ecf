"""The catalog of PyPI's genai-prices (MIT), whose data ships in its wheel: no network is needed.

Prices are Decimal USD per 1,000,000 tokens. Prices that the registry cannot represent are imported
in part, and the report lists them: of tiered prices the base tier; of prices by time of day the
highest, because any other would be too low at some hours. A price with a start date takes effect on
that day at midnight UTC; the price before the first date takes effect at prices.EPOCH.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time
from decimal import Decimal

from genai_prices import types
from genai_prices.data import providers as PROVIDERS

from catalogs import names, providers
from catalogs.catalog import Binding, Catalog, Facts, ImportIssue, Price, Provider
from catalogs.entries import CatalogEntry, build_models, task_of
from catalogs.prices import BASE_TIER, EPOCH, NO_PRICE, per_1k

SOURCE = "genai-prices"
_PER_MILLION = Decimal(1_000_000)
_LAST_PRIORITY = 900
_PLAIN_URL = re.compile(r"https://[a-z0-9.-]+(?:/[a-z0-9./_-]*)?")


def read() -> Catalog:
    """The whole catalog of the installed genai-prices."""
    entries: list[CatalogEntry] = []
    skipped: list[ImportIssue] = []
    partial: list[ImportIssue] = []
    for provider in PROVIDERS:
        for info in provider.models:
            key = f"{provider.id}/{info.id}"
            releases = list(_releases(provider, info, key))
            entries += releases
            if not releases:
                skipped.append(ImportIssue(key, names.NO_NAME))
            partial += [ImportIssue(key, reason) for reason in _partial_reasons(info)]
    models, duplicates = build_models(entries, SOURCE)
    return Catalog(
        source=SOURCE,
        providers=tuple(_provider(provider) for provider in PROVIDERS),
        models=models,
        binding_count=len(entries) - len(duplicates),
        skipped=(*skipped, *duplicates),
        partial=tuple(partial),
    )


def _provider(provider: types.Provider) -> Provider:
    base = provider.api_pattern.replace("\\", "").removesuffix("(?:/|$)").removesuffix("(/|$)")
    urls = provider.pricing_urls or []
    return providers.provider(
        provider.id,
        name=provider.name,
        api_base=base if _PLAIN_URL.fullmatch(base) else None,
        docs_url=urls[0] if urls else None,
    )


def _releases(provider: types.Provider, info: types.ModelInfo, key: str) -> Iterator[CatalogEntry]:
    """One entry for the model's id, and one for each dated release in its match clause."""
    slug = providers.slug(provider.id)
    name = names.canonical(info.id, slug)
    if name is None:
        return
    prices = tuple(_prices(info))
    seen = set[str]()
    for raw in (info.id, *_exact_names(info.match)):
        release = names.canonical(raw, slug)
        if release is None or release.model != name.model or release.version in seen:
            continue
        seen.add(release.version)
        yield CatalogEntry(
            key=key,
            name=release,
            task=task_of(name.model),
            facts=Facts(context_window=info.context_window or None),
            deprecated=bool(info.deprecated),
            description=(info.description or "").strip() or None,
            binding=Binding(
                provider=slug,
                # this catalog marks Bedrock ids without a geography with "regional."
                provider_model_id=raw.removeprefix("regional."),
                region=release.region,
                prices=prices,
                # a batch endpoint is cheap but takes hours: it comes after every interactive one
                priority=_LAST_PRIORITY if raw.endswith(":batch") else 100,
            ),
        )


def _exact_names(clause: types.MatchLogic) -> Iterator[str]:
    if isinstance(clause, types.ClauseEquals):
        yield clause.equals
    elif isinstance(clause, types.ClauseOr):
        for part in clause.or_:
            yield from _exact_names(part)


def _prices(info: types.ModelInfo) -> Iterator[Price]:
    if isinstance(info.prices, types.ModelPrice):
        yield from _price(info.prices, None)
        return
    dated: dict[datetime, types.ModelPrice] = {}
    by_hour: list[types.ModelPrice] = []
    for conditional in info.prices:
        if isinstance(conditional.constraint, types.TimeOfDateConstraint):
            by_hour.append(conditional.prices)
        else:
            dated[_start(conditional.constraint)] = conditional.prices
    if dated and by_hour:
        last = max(dated)
        dated[last] = max(dated[last], *by_hour, key=_base_total)
    for start in sorted(dated):
        yield from _price(dated[start], start)


def _start(constraint: types.StartDateConstraint | None) -> datetime:
    if constraint is None:
        return EPOCH
    return datetime.combine(constraint.start_date, time.min, tzinfo=UTC)


def _base_total(price: types.ModelPrice) -> Decimal:
    figures = (_base(price.input_mtok), _base(price.output_mtok))
    return sum((figure for figure in figures if figure is not None), Decimal(0))


def _price(price: types.ModelPrice, effective_from: datetime | None) -> Iterator[Price]:
    """Yields nothing when no component has a price per token: unknown is not free."""
    amounts = [
        per_1k(_base(amount), _PER_MILLION)
        for amount in (price.input_mtok, price.output_mtok, price.cache_read_mtok)
    ]
    if any(amount is not None for amount in amounts):
        yield Price(
            input_per_1k=amounts[0],
            output_per_1k=amounts[1],
            cache_read_per_1k=amounts[2],
            effective_from=effective_from,
        )


def _base(amount: Decimal | types.TieredPrices | None) -> Decimal | None:
    return amount.base if isinstance(amount, types.TieredPrices) else amount


def _partial_reasons(info: types.ModelInfo) -> Iterator[str]:
    if isinstance(info.prices, types.ModelPrice):
        conditionals = [types.ConditionalPrice(prices=info.prices)]
    else:
        conditionals = info.prices
    if any(isinstance(c.constraint, types.TimeOfDateConstraint) for c in conditionals):
        yield "priced by time of day: the highest price is imported"
    if any(
        isinstance(value, types.TieredPrices)
        for c in conditionals
        for value in vars(c.prices).values()
    ):
        yield BASE_TIER
    if not any(True for _ in _prices(info)):
        yield NO_PRICE
