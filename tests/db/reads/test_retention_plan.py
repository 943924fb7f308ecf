"""The rule of retention, over random histories: what stays, what goes, and that it settles."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from db.reads.retention_plan import Candidate, judge
from domain.enums import ProtectionReason, VersionStatus

_flag = st.sampled_from([False, False, False, True])


@st.composite
def _histories(draw: st.DrawFn) -> list[Candidate]:
    """The ACTIVE and DEPRECATED versions of a model, in no order, with gaps in their numbers."""
    numbers = draw(st.lists(st.integers(1, 60), unique=True, max_size=25))
    statuses = st.sampled_from([VersionStatus.ACTIVE, VersionStatus.DEPRECATED])
    return [
        Candidate(UUID(int=n), n, draw(statuses), draw(_flag), draw(_flag), draw(_flag))
        for n in numbers
    ]


def _is_marked(version: Candidate) -> bool:
    return version.has_alias or version.is_held or version.has_recent_traffic


@given(_histories(), st.integers(1, 10))
def test_of_all_but_the_newest_everything_unprotected_goes(
    history: list[Candidate], keep: int
) -> None:
    archive, protected = judge(history, keep)
    newest = sorted(history, key=lambda version: -version.number)[:keep]
    beyond = {version.id for version in history} - {version.id for version in newest}
    assert {v.id for v in archive} | {v.id for v, _ in protected} == beyond
    assert len(archive) + len(protected) == len(beyond)


@given(_histories(), st.integers(1, 10))
def test_what_is_marked_never_goes(history: list[Candidate], keep: int) -> None:
    archive, protected = judge(history, keep)
    assert not any(_is_marked(version) for version in archive)
    for version, because in protected:
        assert _is_marked(version) or because == ProtectionReason.ONLY_ACTIVE


@given(_histories(), st.integers(1, 10))
def test_a_model_with_an_active_version_keeps_one(history: list[Candidate], keep: int) -> None:
    archive, protected = judge(history, keep)
    active = {v.id for v in history if v.status == VersionStatus.ACTIVE}
    assert not active or active - {version.id for version in archive}
    saved = [v for v, because in protected if because == ProtectionReason.ONLY_ACTIVE]
    assert [v.id for v in saved] == [
        v.id
        for v in saved
        if v.number == max(each.number for each in history if each.status == VersionStatus.ACTIVE)
    ]


@given(_histories(), st.integers(1, 10))
def test_judging_what_is_left_finds_nothing_more(history: list[Candidate], keep: int) -> None:
    archive, _ = judge(history, keep)
    gone = {version.id for version in archive}
    again, _ = judge([version for version in history if version.id not in gone], keep)
    assert again == []


@given(_histories(), st.integers(1, 9))
def test_keeping_more_never_takes_more(history: list[Candidate], keep: int) -> None:
    fewer, _ = judge(history, keep)
    more, _ = judge(history, keep + 1)
    assert {version.id for version in more} <= {version.id for version in fewer}


def test_the_only_active_version_stays_however_old() -> None:
    history = [Candidate(UUID(int=n), n, VersionStatus.DEPRECATED) for n in range(2, 6)]
    oldest = Candidate(UUID(int=1), 1, VersionStatus.ACTIVE)
    archive, protected = judge([*history, oldest], 2)
    assert [version.number for version in archive] == [3, 2]
    assert protected == [(oldest, ProtectionReason.ONLY_ACTIVE)]


def test_of_several_old_active_versions_the_newest_is_the_one_that_stays() -> None:
    history = [Candidate(UUID(int=n), n, VersionStatus.ACTIVE) for n in (1, 2)]
    newer = Candidate(UUID(int=3), 3, VersionStatus.DEPRECATED)
    archive, protected = judge([*history, newer], 1)
    assert [version.number for version in archive] == [1]
    assert protected == [(history[1], ProtectionReason.ONLY_ACTIVE)]


def test_a_version_with_several_protections_names_the_first() -> None:
    old = Candidate(UUID(int=1), 1, VersionStatus.ACTIVE, has_recent_traffic=True)
    newer = Candidate(UUID(int=2), 2, VersionStatus.ACTIVE)
    reasons = [
        judge([replace(old, **marks), newer], 1)[1][0][1]
        for marks in ({}, {"is_held": True}, {"is_held": True, "has_alias": True})
    ]
    assert reasons == ["RECENT_TRAFFIC", "HOLD", "ALIAS"]
