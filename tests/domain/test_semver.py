"""sort_key ranks as SemVer 2.0.0 does; the comparator here is written from section 11 of it."""

from functools import cmp_to_key
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import semver

# https://semver.org, section 11 and its test suite
RANKED = [
    "0.0.0-0",
    "0.0.0",
    "0.0.1",
    "0.1.0",
    "0.9.0",
    "0.10.0",
    "1.0.0--",
    "1.0.0--1",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-alpha-1",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1-0",
    "1.0.1-1",
    "1.0.1-9",
    "1.0.1-10",
    "1.0.1-A",
    "1.0.1-a",
    "1.0.1-a0",
    "1.0.1",
    "2.0.0",
    "2.1.0",
    "2.1.1",
    "10.0.0",
    "99999999999999999999999.999999999999999999.99999999999999999",
]
INVALID = ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.02.3", "1.2.03", "1.2.3-", "1.2.3-01", "1.2.3+"]
INVALID += [
    "1.2.3-a..b",
    "1.2.3-a+b+c",
    "v1.2.3",
    " 1.2.3",
    "1.2.3\n",
    "-1.2.3",
    "1.2.3-ä",
    "1.²3.0",
]

_numeric = st.one_of(st.integers(0, 12), st.integers(0, 10**30)).map(str)
_words = st.text("-0AZaz19", min_size=1, max_size=4).filter(lambda text: not text.isdigit())
_pre = st.lists(st.one_of(_numeric, _words), max_size=4).map(".".join)
_core = st.tuples(_numeric, _numeric, _numeric).map(".".join)
_build = st.sampled_from(["", "+5", "+a.b"])
versions = st.builds(
    lambda core, pre, build: core + (f"-{pre}" if pre else "") + build, _core, _pre, _build
)


def _compare(left: str, right: str) -> int:
    """Below, at or above zero as `left` ranks before, with or after `right`."""
    (left_core, _, left_pre), (right_core, _, right_pre) = (
        text.partition("+")[0].partition("-") for text in (left, right)
    )
    cores = [[int(part) for part in core.split(".")] for core in (left_core, right_core)]
    if cores[0] != cores[1]:
        return -1 if cores[0] < cores[1] else 1
    if not left_pre or not right_pre:
        return bool(right_pre) - bool(left_pre)
    for one, other in zip(left_pre.split("."), right_pre.split("."), strict=False):
        if one == other:
            continue
        if one.isdigit() and other.isdigit():
            return int(one) - int(other)
        if one.isdigit() or other.isdigit():
            return -1 if one.isdigit() else 1
        return -1 if one < other else 1
    return left_pre.count(".") - right_pre.count(".")


def _key(text: str) -> bytes:
    return semver.sort_key(text).encode()  # PostgreSQL's collation C compares bytes


def test_the_comparator_agrees_with_the_specification() -> None:
    assert sorted(reversed(RANKED), key=cmp_to_key(_compare)) == RANKED


def test_keys_rank_as_the_specification_does() -> None:
    assert all(_key(lower) < _key(higher) for lower, higher in pairwise(RANKED))


@given(versions.filter(semver.is_valid), versions.filter(semver.is_valid))
def test_keys_compare_as_versions_do(left: str, right: str) -> None:
    keys = (_key(left) > _key(right)) - (_key(left) < _key(right))
    ranks = _compare(left, right)
    assert keys == (ranks > 0) - (ranks < 0)


@given(versions, _pre.filter(bool))
def test_a_longer_pre_release_ranks_later(version: str, more: str) -> None:
    core, _, pre = version.partition("+")[0].partition("-")
    longer = f"{core}-{pre}.{more}"
    if pre and len(longer) <= semver.LENGTH_MAX:
        assert _key(f"{core}-{pre}") < _key(longer) < _key(core)


@given(versions)
def test_every_version_is_valid(version: str) -> None:
    assert semver.is_valid(version) == (len(version) <= semver.LENGTH_MAX)


@pytest.mark.parametrize("text", [*INVALID, "1.2.3-" + "a" * semver.LENGTH_MAX])
def test_other_text_is_refused(text: str) -> None:
    assert not semver.is_valid(text)
    with pytest.raises(ValueError, match="not a semantic version"):
        semver.sort_key(text)
