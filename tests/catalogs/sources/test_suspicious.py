"""Finds what is probably wrong in a catalog."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from catalogs.entry import Entry, Said, SaidPrice
from catalogs.sources import suspicious
from domain.enums import PriceMeter, PriceUnit
from domain.prices import PriceComponent


def _price(amount: str, start: date | None = None, unit: PriceUnit | None = None) -> SaidPrice:
    component = PriceComponent(PriceMeter.INPUT, unit or PriceUnit.TOKENS_1K, Decimal(amount))
    return SaidPrice(start, (component,))


def _entry(key: str, *prices: SaidPrice, **said: date) -> Entry:
    return Entry(
        key=key,
        provider=key.partition("/")[0],
        provider_model_id=key.partition("/")[2],
        region=None,
        raw_name="m",
        said=Said(prices=prices, **said),  # type: ignore[arg-type]  # these are the dates
    )


def _others(*amounts: str) -> list[tuple[str, Entry]]:
    prices = enumerate(amounts)
    return [("model", _entry(f"p{number}/m", _price(amount))) for number, amount in prices]


@pytest.mark.parametrize(
    ("amount", "is_reported"),
    [("0.02", False), ("0.0201", True), ("0.00005", False), ("0.000049", True), ("0", True)],
)
def test_a_price_far_from_the_median_of_other_bindings(amount: str, is_reported: bool) -> None:
    file = [("model", _entry("acme/m", _price(amount)))]
    remarks = suspicious.of_models(file, _others("0.001", "0.0009", "5"))
    assert [remark.entry for remark in remarks] == ["acme/m"] * is_reported


def test_only_entries_of_the_file_are_reported() -> None:
    file = [("model", _entry("acme/m", _price("0.001")))]
    assert suspicious.of_models(file, _others("0.001", "0.001", "5")) == []


def test_other_models_and_the_same_binding_are_not_compared() -> None:
    entry = _entry("acme/m", _price("5"))
    same = _entry("acme/m", _price("0.001"))
    other = _entry("beta/m", _price("0.001"))
    assert suspicious.of_models([("model", entry)], [("model", same), ("other", other)]) == []


def test_a_price_that_has_not_started_is_not_compared() -> None:
    later = _price("5", date(datetime.now(UTC).year + 1, 1, 1))
    file = [("model", _entry("acme/m", _price("0.001"), later))]
    assert suspicious.of_models(file, _others("0.001")) == []


def test_an_order_does_not_matter() -> None:
    entries = [("model", _entry("acme/m", _price("5"))), *_others("0.001", "0.001", "0.001")]
    forward = suspicious.of_models(entries, [])
    assert sorted(suspicious.of_models(entries[::-1], [])) == sorted(forward)
    assert [remark.entry for remark in forward] == ["acme/m"]


@pytest.mark.parametrize(
    ("price", "is_reported"),
    [
        (_price("10"), False),
        (_price("10.01"), True),
        (_price("71", unit=PriceUnit.IMAGE), False),
    ],
)
def test_more_than_10_dollars_for_1000_tokens(price: SaidPrice, is_reported: bool) -> None:
    assert len(suspicious.of_file([_entry("acme/m", price)])) == is_reported


@pytest.mark.parametrize(
    ("day", "is_reported"),
    [
        (date(2017, 12, 31), True),
        (date(2018, 1, 1), False),
        (date(datetime.now(UTC).year + 10, 12, 31), False),
        (date(datetime.now(UTC).year + 11, 1, 1), True),
    ],
)
def test_dates_long_ago_and_far_ahead(day: date, is_reported: bool) -> None:
    for entry in (
        _entry("acme/m", sunset_on=day),
        _entry("acme/m", released_on=day),
        _entry("acme/m", _price("1", day)),
    ):
        assert len(suspicious.of_file([entry])) == is_reported
