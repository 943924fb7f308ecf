"""Merges of prices."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from catalogs import price_merging
from catalogs.entry import SaidPrice
from catalogs.price_merging import NewPrice, PriceMerge, StoredPrice
from domain import prices
from tests.imports import components

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
YESTERDAY, TOMORROW = date(2026, 5, 31), date(2026, 6, 2)
CATALOGS = ("first", "second")


def _row(amount: str, starts: datetime | None = None, source: str | None = "first") -> StoredPrice:
    return StoredPrice(UUID(int=1), starts, prices.to_json(components(amount)), source)


def _said(*pairs: tuple[date | None, str]) -> tuple[SaidPrice, ...]:
    return tuple(SaidPrice(day, components(amount)) for day, amount in pairs)


def _merge(
    rows: list[StoredPrice], *pairs: tuple[date | None, str], owner: str = "first", **options: Any
) -> PriceMerge:
    return price_merging.merge(rows, owner, _said(*pairs), CATALOGS, NOW, **options)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _added(merged: PriceMerge) -> list[tuple[datetime | None, str, str]]:
    return [(each.starts, str(each.components[0].amount), each.source) for each in merged.added]


def test_a_first_price_without_a_date_has_an_unknown_start() -> None:
    assert _added(_merge([], (None, "1"))) == [(None, "1", "first")]


def test_the_same_price_is_no_change() -> None:
    assert _merge([_row("1")], (None, "1")) == PriceMerge(said=components("1"))


def test_a_changed_price_without_a_date_starts_now() -> None:
    merged = _merge([_row("1")], (None, "2"))
    assert _added(merged) == [(NOW, "2", "first")]
    assert merged.deleted == ()


def test_another_owner_replaces_the_only_first_price() -> None:
    row = _row("1", source="second")
    for amount in ("1", "2"):
        merged = _merge([row], (None, amount))
        assert merged.deleted == (row,)
        assert _added(merged) == [(None, amount, "first")]


def test_another_owner_of_a_price_that_changed_starts_now() -> None:
    rows = [_row("1", source="second"), _row("2", NOW - timedelta(days=1), "second")]
    merged = _merge(rows, (None, "3"))
    assert merged.deleted == ()
    assert _added(merged) == [(NOW, "3", "first")]
    assert _merge(rows, (None, "2")).added == ()


def test_dated_prices_start_at_midnight_and_are_added_once() -> None:
    said = ((None, "1"), (YESTERDAY, "2"), (TOMORROW, "3"))
    merged = _merge([], *said)
    assert _added(merged) == [
        (_midnight(YESTERDAY), "2", "first"),
        (_midnight(TOMORROW), "3", "first"),
        (None, "1", "first"),
    ]
    assert _merge([_stored(each) for each in merged.added], *said).added == ()


def _stored(price: NewPrice) -> StoredPrice:
    return StoredPrice(UUID(int=1), price.starts, prices.to_json(price.components), price.source)


def test_a_scheduled_price_that_the_catalog_says_no_longer_is_deleted() -> None:
    rows = [_row("1"), _row("2", _midnight(TOMORROW))]
    merged = _merge(rows, (None, "1"))
    assert merged.deleted == (rows[1],)
    assert merged.added == ()


def test_a_price_that_no_catalog_says_any_more_is_unknown_from_now_on() -> None:
    (added,) = _merge([_row("1")]).added
    assert added == NewPrice(NOW, (), "first")
    assert _merge([]).added == ()


def test_an_operators_price_stays_and_is_a_conflict() -> None:
    rows = [_row("1"), _row("5", NOW - timedelta(days=1), None)]
    for said in ("1", "2"):
        merged = _merge(rows, (None, said))
        assert (merged.added, merged.deleted, merged.kept) == ((), (), rows[1])
    assert _merge(rows, (None, "5")).kept is None


def test_force_ends_an_operators_price() -> None:
    rows = [_row("1"), _row("5", NOW - timedelta(days=1), None)]
    assert _added(_merge(rows, (None, "2"), force=True)) == [(NOW, "2", "first")]
    scheduled = [_row("1"), _row("5", NOW + timedelta(days=1), None)]
    merged = _merge(scheduled, (None, "1"), force=True)
    assert merged.deleted == (scheduled[1],)
    assert merged.added == ()


def test_an_operators_price_ends_what_catalogs_have_scheduled_after_it() -> None:
    early, late = NOW + timedelta(days=1), NOW + timedelta(days=9)
    said = ((None, "1"), (early.date(), "2"), (late.date(), "3"))
    scheduled = [_row("2", _midnight(early.date())), _row("3", _midnight(late.date()))]
    merged = _merge([_row("1"), _row("5", NOW - timedelta(days=1), None), *scheduled], *said)
    assert (merged.added, merged.deleted) == ((), tuple(scheduled))
    merged = _merge([_row("1"), _row("5", NOW + timedelta(days=5), None), *scheduled], *said)
    assert (merged.added, merged.deleted) == ((), (scheduled[1],))


def test_force_schedules_what_the_catalog_says_of_later() -> None:
    rows = [_row("1"), _row("5", NOW - timedelta(days=1), None)]
    merged = _merge(rows, (None, "2"), (TOMORROW, "3"), force=True)
    assert _added(merged) == [(NOW, "2", "first"), (_midnight(TOMORROW), "3", "first")]


def test_no_price_is_added_to_the_time_of_an_operators() -> None:
    """A price that the catalog had scheduled, and that the operator's has kept from its effect."""
    since, until = NOW - timedelta(days=3), NOW - timedelta(hours=1)
    rows = [_row("1"), _row("5", since, None), _row("2", until)]
    assert _merge(rows, (None, "1"), (YESTERDAY, "2")).added == ()


def test_a_withdrawn_price_is_nobodys() -> None:
    withdrawn = StoredPrice(UUID(int=2), NOW - timedelta(days=1), [], prices.WITHDRAWN)
    for rows in ([withdrawn], [_row("1"), withdrawn]):
        merged = _merge(rows, (None, "1"))
        assert _added(merged) == [(NOW, "1", "first")]
        assert merged.kept is None
