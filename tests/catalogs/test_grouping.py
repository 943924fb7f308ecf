"""Models and versions from the entries of all catalogs."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogs import grouping
from catalogs.entry import Entry, Said, SaidPrice
from catalogs.grouping import CatalogedEntry, Placement
from domain.enums import PriceMeter, PriceUnit, PriceVariant
from domain.prices import PriceComponent


def _entry(
    provider: str, name: str, same_as: tuple[str, ...] = (), said: Said | None = None
) -> CatalogedEntry:
    entry = Entry(
        key=f"{provider}/{name}",
        provider=provider,
        provider_model_id=name,
        region=None,
        raw_name=name,
        same_as=same_as,
        said=said or Said(),
    )
    return CatalogedEntry("litellm", 30, entry, True)


def _at_each(*names: str, provider: str = "") -> list[CatalogedEntry]:
    """The names at one provider, or each at a provider of its own."""
    numbers = count()
    return [_entry(provider or f"firm{next(numbers)}", name) for name in names]


def _placed(
    entries: Sequence[CatalogedEntry], aliases: Mapping[str, str] | None = None
) -> list[Placement]:
    found = grouping.group(entries, aliases or {})
    return [found[each.catalog, each.entry.key] for each in entries]


def _models(*names: str, provider: str = "") -> list[str]:
    return [place.model for place in _placed(_at_each(*names, provider=provider))]


def _price(amount: str) -> Said:
    component = PriceComponent(
        PriceMeter.INPUT, PriceUnit.TOKENS_1K, Decimal(amount), 0, PriceVariant.STANDARD
    )
    return Said(prices=(SaidPrice(None, (component,)),))


SAME = [
    ("orbit-2.5-72b-instruct", "orbit2.5-72b-instruct", "orbit-2-5-72b-instruct",
     "orbit_2.5-72b-instruct", "Orbit 2.5:72b-Instruct", "orbit25-72b-instruct"),
    ("comet-v4-flash", "comet-4-flash", "comet4-flash", "flash-comet-4"),
    ("comet-v4-flash", "openai/comet-v4-flash", "accounts/fireworks/models/comet-v4-flash"),
    ("comet-v4", "comet-v4-fp8", "comet-v4-TEE", "comet-v4:free", "comet-v4-free", "hf:x/comet-v4"),
    ("comet-v4", "xiaomi-comet-v4", "zai-org-comet-v4", "z-ai-comet-v4", "cohere-comet-v4"),
    ("moon-3-super-120b-a12b", "moon-3-super-120b", "moon-3-super", "nvidia.moon-super-3-120b"),
    ("nova-x", "nova-x-v1", "nova-x-v1:0"),
    ("moon-17b-128e-instruct", "moon-17b-instruct", "moon-17b-instruct-hf"),
    ("claude-9-mini", "anthropic--claude-9-mini", "claude-9-mini:thinking:low"),
    ("pulsar-4-0", "pulsar-4", "pulsar-4.0"),
]  # fmt: skip


@pytest.mark.parametrize("names", SAME)
def test_spellings_of_one_name_are_one_model(names: tuple[str, ...]) -> None:
    assert len(set(_models(*names))) == 1


APART = [
    ("orbit-7b", "orbit-7b-instruct", "orbit-7b-chat", "orbit-72b", "orbit-7b-thinking"),
    ("orbit", "orbit-mini", "orbit-pro", "orbit-flash", "orbit-lite", "orbit-preview",
     "orbit-thinking", "orbit-flash-lite", "orbit-embedding"),
    ("orbit-4o", "orbit-o4", "orbit-4"),
    ("command-r", "command-r7b", "command-r-plus"),
    ("moon-3", "moon-3-30b-a3b", "moon-3-120b-a12b"),
    ("nova-x", "nova-x-v1", "nova-x-v2"),
    ("???-1", "orbit-1"),
]  # fmt: skip


@pytest.mark.parametrize("names", APART)
def test_different_models_are_never_merged(names: tuple[str, ...]) -> None:
    found = grouping.group(_at_each(*names), {})
    assert len({place.model for place in found.values()}) == len(found)


def test_a_fast_variant_is_the_same_model_only_beside_the_plain_one() -> None:
    beside = _placed(_at_each("orbit-2", "orbit-2-fast", provider="acme"))
    alone = _placed(_at_each("orbit-2", "orbit-2-fast"))
    of_the_maker = _placed(_at_each("grok-4", "grok-4-fast", provider="x-ai"))
    assert [len({p.model for p in places}) for places in (beside, alone, of_the_maker)] == [1, 2, 2]


def test_a_provider_that_has_a_name_with_and_without_a_size_means_two_models() -> None:
    assert len(set(_models("orbit-1.5", "orbit-1.5-8b", provider="acme"))) == 2
    assert len(set(_models("orbit-1.5", "orbit-1.5-8b"))) == 1


def test_the_shown_name_is_the_makers_spelling_then_the_most_common() -> None:
    assert set(_models("deepseek-v9", "deepseek-v9", "DeepSeek_V9")) == {"deepseek-v9"}
    assert set(_models("orbit-2-5", "orbit-2.5")) == {"orbit-2.5"}
    of_the_maker = _entry("deepseek", "DeepSeek-V9")
    found = _placed([*_at_each("deepseek-v9", "deepseek-v9"), of_the_maker])
    assert {place.model for place in found} == {"DeepSeek-V9"}
    assert len({place.key for place in found}) == 1


def test_one_snapshot_and_the_undated_name_are_one_version() -> None:
    spellings = ("zeta-2-2026-03-15", "zeta-2-20260315", "zeta-2@20260315", "zeta-2-03-15",
                 "zeta-2-0315", "zeta-2-260315", "zeta-2-2603", "zeta-2-03-2026", "zeta-2",
                 "zeta-2-latest", "zeta-2-latest-20260315")  # fmt: skip
    found = _placed(_at_each(*spellings))
    key = found[0].key
    assert set(found) == {Placement("zeta-2", key, "2026.3.15", date(2026, 3, 15), False)}


def test_of_several_snapshots_the_undated_name_is_rolling() -> None:
    found = _placed(_at_each("sigma-9-2025-08-06", "sigma-9-2024-05-13", "sigma-9"))
    assert [(place.version, place.released_on, place.rolling) for place in found] == [
        ("2025.8.6", date(2025, 8, 6), False),
        ("2024.5.13", date(2024, 5, 13), False),
        ("1.0.0", None, True),
    ]
    assert {place.model for place in found} == {"sigma-9"}


def test_a_date_whose_year_nobody_says_keeps_its_model_apart() -> None:
    plain, dated, other = _placed(
        _at_each("zeta-3-flash", "zeta-3-flash-02-23", "zeta-3-flash-0223")
    )
    assert plain.model == "zeta-3-flash"
    assert dated.model == other.model != plain.model
    assert dated.remarks == other.remarks != ()
    assert dated.version == "1.0.0"


def test_a_release_date_tells_the_year_of_a_date() -> None:
    said = Said(released_on=date(2026, 3, 2))
    dated = _entry("acme", "zeta-3-0223", said=said)
    found = _placed([dated, *_at_each("zeta-3", "zeta-3-02-23")])
    assert {(place.model, place.version, place.remarks) for place in found} == {
        ("zeta-3", "2026.2.23", ())
    }


def test_one_wrong_release_date_does_not_change_the_year() -> None:
    days = [date(2025, 9, 5), date(2025, 9, 4), date(2024, 9, 5)]
    entries = [
        _entry(f"firm{number}", "zeta-4-0905", said=Said(released_on=day))
        for number, day in enumerate(days)
    ]
    assert {place.version for place in _placed(entries)} == {"2025.9.5"}
    assert {place.model for place in _placed(entries[1:])} == {"zeta-4-0905"}  # one against one


def test_the_year_of_the_other_snapshots_is_taken_with_a_remark() -> None:
    later, earlier = _placed(_at_each("zeta-5-2026-09-10", "zeta-5-1017", "zeta-5-0301"))[1:]
    assert (later.model, later.version) == ("zeta-5", "2026.10.17")
    assert "2026, as of the model's other snapshots" in later.remarks[0]
    assert earlier.model == "zeta-5-0301"


def test_a_month_is_the_snapshot_of_the_only_known_day_in_it() -> None:
    found = _placed(_at_each("tau-1-2411", "tau-1-2024-11-18", "tau-1-2407"))
    assert [place.version for place in found] == ["2024.11.18", "2024.11.18", "2024.7.0"]
    assert found[2].released_on == date(2024, 7, 1)


def test_a_rolling_name_is_apart_from_a_fixed_generation_of_other_price() -> None:
    fixed = _entry("acme", "tower-large", said=_price("0.002"))
    latest = _entry("acme", "tower-large-latest", said=_price("0.0005"))
    elsewhere = _entry("azure", "tower-large-latest", said=_price("0.008"))
    found = _placed([fixed, latest, elsewhere])
    assert [(place.version, place.rolling) for place in found] == [
        ("1.0.0", False),
        ("1.0.0-latest", True),
        ("1.0.0-latest", True),
    ]
    assert {place.model for place in found} == {"tower-large"}


def test_a_name_that_is_only_there_as_latest_is_rolling_and_keeps_it() -> None:
    found = _placed(_at_each("tower-flash-latest", "Tower_Flash-latest", "tower-flash-latest"))
    assert {(p.model, p.version, p.rolling) for p in found} == {
        ("tower-flash-latest", "1.0.0", True)
    }


def test_a_resellers_own_latest_says_nothing_of_the_makers_name() -> None:
    maker = _entry("deepseek", "deepseek-v9", said=_price("0.002"))
    plain = _entry("openrouter", "deepseek-v9", said=_price("0.003"))
    latest = _entry("openrouter", "~deepseek/deepseek-v9-latest", said=_price("0.001"))
    assert {place.version for place in _placed([maker, plain, latest])} == {"1.0.0"}


def test_a_link_of_the_catalog_joins_two_names() -> None:
    found = _placed([_entry("acme", "omega-5"), _entry("acme", "omega-latest", ("omega-5",))])
    assert {place.model for place in found} == {"omega-5"}
    assert {place.rolling for place in found} == {False}


def test_an_operators_alias_decides_the_model_and_its_name() -> None:
    entries = _at_each("orbit-7b", "orbit-7b-instruct", "star", "star-2026-01-02")
    found = _placed(entries, {"orbit-7b": "Orbit", "ORBIT_7b-instruct": "Orbit", "star": "Star-X"})
    assert [place.model for place in found] == ["Orbit", "Orbit", "Star-X", "Star-X"]


@pytest.mark.parametrize("alias", ["orbit-7-2026-01-02", "orbit-7-0102", "ORBIT7@20260102"])
def test_an_alias_with_a_date_is_that_snapshot_only(alias: str) -> None:
    entries = _at_each("orbit-7", "orbit-7-0102", "orbit-7-2026-01-02", "orbit-7-2026-03-04")
    plain, short, full, other = _placed(entries, {alias: "Star"})
    assert plain.model == other.model == "orbit-7"
    assert "Star" in (short.model, full.model)
    assert full.version == short.version == "2026.1.2"


def test_an_alias_of_a_date_without_a_year_is_the_model_apart() -> None:
    found = _placed(_at_each("orbit-7", "orbit-7-0102"), {"orbit-7-01-02": "Star"})
    assert [place.model for place in found] == ["orbit-7", "Star"]


@pytest.mark.parametrize(
    ("provider", "name"), [("", "orbit"), ("日本", "orbit"), ("acme", "???"), ("acme", "日本")]
)
def test_an_entry_without_a_valid_name_is_placed_nowhere(provider: str, name: str) -> None:
    entry = _entry(provider, name)
    assert grouping.group([entry], {}) == {}
    assert "no " in grouping.unplaced([entry])[entry.catalog, entry.entry.key]


def test_delisted_entries_are_placed_too() -> None:
    entry = _entry("acme", "orbit-1")._replace(listed=False)
    assert [place.model for place in _placed([entry])] == ["orbit-1"]


_PARTS = st.sampled_from(["orbit", "gpt", "claude", "mini", "fast", "instruct", "latest", "4", "5",
                          "4.5", "45", "7b", "a3b", "v1", "v2", "0806", "2024-08-06", "20250806",
                          "2408", "fp8"])  # fmt: skip
_NAMES = st.lists(_PARTS, min_size=1, max_size=5).map("-".join)
_DAYS = st.none() | st.dates(date(2023, 1, 1), date(2026, 12, 31))
_ENTRIES = st.lists(
    st.builds(
        lambda provider, name, day, amount, catalog, listed, same_as: _entry(
            provider, name, same_as, said=Said(released_on=day, prices=_price(amount).prices)
        )._replace(catalog=catalog[0], precedence=catalog[1], listed=listed),
        st.sampled_from(["openai", "anthropic", "acme", "azure"]),
        _NAMES,
        _DAYS,
        st.sampled_from(["0.1", "0.2"]),
        st.sampled_from([("litellm", 30), ("models-dev", 20), ("own", 20)]),
        st.booleans(),
        st.lists(_NAMES, max_size=1).map(tuple),
    ),
    max_size=14,
    unique_by=lambda each: (each.catalog, each.entry.key),
)


@given(entries=_ENTRIES, data=st.data())
def test_the_order_of_entries_and_catalogs_never_counts(
    entries: list[CatalogedEntry], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(entries))
    aliases = data.draw(st.dictionaries(_NAMES, st.sampled_from(["Star", "orbit-4"]), max_size=2))
    assert grouping.group(entries, aliases) == grouping.group(shuffled, aliases)


@given(entries=_ENTRIES)
def test_an_unrelated_entry_changes_no_other_placement(entries: list[CatalogedEntry]) -> None:
    unrelated = _entry("elsewhere", "quite-another-9000")
    before = grouping.group(entries, {})
    after = grouping.group([*entries, unrelated], {})
    assert after.pop((unrelated.catalog, unrelated.entry.key)).model == "quite-another-9000"
    assert after == before


@given(entries=_ENTRIES)
def test_a_name_belongs_to_one_model_and_a_key_to_one_name(entries: list[CatalogedEntry]) -> None:
    found = grouping.group(entries, {}).values()
    assert len({place.key for place in found}) == len({place.model.lower() for place in found})
    assert len({place.key for place in found}) == len({place.model for place in found})
    versions = {(place.key, place.version): place for place in found}
    assert all(
        versions[place.key, place.version]._replace(remarks=()) == place._replace(remarks=())
        for place in found
    )
