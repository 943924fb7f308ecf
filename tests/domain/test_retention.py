"""The rule of retention over random histories: what stays, and what is archived."""

import operator
from dataclasses import replace
from itertools import accumulate
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.enums import ProtectionReason, VersionStatus
from domain.retention import Candidate, to_archive

_flag = st.sampled_from([False, False, False, True])


@st.composite
def _histories(draw: st.DrawFn) -> list[Candidate]:
    """The ACTIVE and DEPRECATED versions of a model, in no order."""
    numbers = draw(st.lists(st.integers(1, 60), unique=True, max_size=25))
    statuses = st.sampled_from([VersionStatus.ACTIVE, VersionStatus.DEPRECATED])
    return [
        Candidate(UUID(int=n), n, draw(statuses), *(draw(_flag) for _ in range(4))) for n in numbers
    ]


def _has_protection(version: Candidate) -> bool:
    return version.has_alias or version.is_held or version.is_listed or version.has_recent_traffic


@given(_histories(), st.integers(1, 10))
def test_all_but_the_latest_and_the_protected_are_archived(
    history: list[Candidate], keep: int
) -> None:
    archive, protected = to_archive(history, keep)
    latest = sorted(history, key=lambda version: -version.release_order)[:keep]
    beyond = {version.id for version in history} - {version.id for version in latest}
    assert {v.id for v in archive} | {v.id for v, _ in protected} == beyond
    assert len(archive) + len(protected) == len(beyond)


@given(_histories(), st.integers(1, 10))
def test_a_version_with_a_protection_is_never_archived(history: list[Candidate], keep: int) -> None:
    archive, protected = to_archive(history, keep)
    assert not any(_has_protection(version) for version in archive)
    for version, reason in protected:
        assert _has_protection(version) or reason == ProtectionReason.ONLY_ACTIVE


@given(_histories(), st.integers(1, 10))
def test_a_model_with_an_active_version_keeps_one(history: list[Candidate], keep: int) -> None:
    archive, protected = to_archive(history, keep)
    active = {v.id for v in history if v.status == VersionStatus.ACTIVE}
    assert not active or active - {version.id for version in archive}
    saved = [v for v, reason in protected if reason == ProtectionReason.ONLY_ACTIVE]
    assert [v.id for v in saved] == [
        v.id
        for v in saved
        if v.release_order
        == max(each.release_order for each in history if each.status == VersionStatus.ACTIVE)
    ]


@given(_histories(), st.integers(1, 10))
def test_the_rule_archives_nothing_more_when_applied_again(
    history: list[Candidate], keep: int
) -> None:
    archive, _ = to_archive(history, keep)
    gone = {version.id for version in archive}
    again, _ = to_archive([version for version in history if version.id not in gone], keep)
    assert again == []


@given(_histories(), st.integers(1, 9))
def test_keeping_more_never_archives_more(history: list[Candidate], keep: int) -> None:
    fewer, _ = to_archive(history, keep)
    more, _ = to_archive(history, keep + 1)
    assert {version.id for version in more} <= {version.id for version in fewer}


def test_the_only_active_version_stays_even_if_it_is_the_oldest() -> None:
    history = [Candidate(UUID(int=n), n, VersionStatus.DEPRECATED) for n in range(2, 6)]
    oldest = Candidate(UUID(int=1), 1, VersionStatus.ACTIVE)
    archive, protected = to_archive([*history, oldest], 2)
    assert [version.release_order for version in archive] == [3, 2]
    assert protected == [(oldest, ProtectionReason.ONLY_ACTIVE)]


def test_of_several_old_active_versions_only_the_latest_stays() -> None:
    history = [Candidate(UUID(int=n), n, VersionStatus.ACTIVE) for n in (1, 2)]
    newer = Candidate(UUID(int=3), 3, VersionStatus.DEPRECATED)
    archive, protected = to_archive([*history, newer], 1)
    assert [version.release_order for version in archive] == [1]
    assert protected == [(history[1], ProtectionReason.ONLY_ACTIVE)]


def test_a_version_with_several_protections_names_the_first() -> None:
    old = Candidate(UUID(int=1), 1, VersionStatus.ACTIVE, has_recent_traffic=True)
    newer = Candidate(UUID(int=2), 2, VersionStatus.ACTIVE)
    reasons = [
        to_archive([replace(old, **marks), newer], 1)[1][0][1]
        for marks in accumulate(
            ({}, {"is_listed": True}, {"is_held": True}, {"has_alias": True}), operator.or_
        )
    ]
    assert reasons == ["RECENT_TRAFFIC", "LISTED", "HOLD", "ALIAS"]
