"""The registries of two checkouts in the same rounds, on real servers, and their report."""

import json
import os
import sys
from pathlib import Path
from shutil import copy

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import pytest

from bench import __main__ as bench
from bench import comparison, options, report, servers
from bench.heads import DESCRIPTIONS, Headers
from bench.report import Result
from bench.servers import CACHED, REGISTRY, ROOT
from deploy.lab.collector import Collector

OTHERS = {comparison.PREFIX + name for name in (REGISTRY, CACHED)}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second checkout with an environment of its own; its files are this one's."""
    folder = tmp_path_factory.mktemp("checkouts") / "older"
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', "utf-8")
    python.chmod(0o755)
    for package in ("server", "schema", "resolvers", "db", "archive", "domain", "planner"):
        (folder / package).symlink_to(ROOT / package)
    (folder / "catalogs").symlink_to(ROOT / "catalogs")
    return folder


@pytest.fixture(scope="module")
def result(checkout: Path, filled_url: str, tmp_path_factory: pytest.TempPathFactory) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(options, "_QUICK", (2, 0.2, 0.1))
        chosen = options.parse(
            f"--quick --server cached --operation Q1 --compare-with {checkout}".split()
        )
        return bench.measured(filled_url, chosen, tmp_path_factory.mktemp("bench"))


def test_both_registries_are_measured_in_the_same_rounds(result: Result) -> None:
    """Without and with cached responses, and with both kinds of headers."""
    measured = {(each.round, each.headers, each.server) for each in result.samples}
    assert measured == {
        (round_, headers, name)
        for round_ in (1, 2)
        for headers in Headers
        for name in {REGISTRY, CACHED} | OTHERS
    }
    assert sum(each.load.failures for each in result.samples) == 0


def test_the_ratio_is_of_this_checkout_over_the_other_in_the_same_round(result: Result) -> None:
    assert [(row.operation, row.headers, row.is_cached) for row in result.comparison] == [
        ("Q1", headers, is_cached) for headers in Headers for is_cached in (False, True)
    ]
    rates = {(s.round, s.headers, s.server): s.load.per_second for s in result.samples}
    row = result.comparison[0]
    ratios = [
        rates[round_, row.headers, REGISTRY] / rates[round_, row.headers, "other_registry"]
        for round_ in (1, 2)
    ]
    assert row.ratio.low == pytest.approx(min(ratios), abs=0.001)
    assert row.ratio.median == pytest.approx(sum(ratios) / 2, abs=0.001)


def test_the_report_has_both_registries_and_says_which_headers(
    result: Result,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page, picture = tmp_path / "benchmarks.md", tmp_path / "benchmark.svg"
    copy(report._PAGE, page)
    for name, path in (("_PAGE", page), ("_PICTURE", picture), ("_RESULTS", tmp_path)):
        monkeypatch.setattr(report, name, path)
    report.show(result)
    report.publish(result)
    figures = json.loads(report.write(result).read_text("utf-8"))
    assert figures["settings"]["headers"] == "changing and equal"
    assert len(figures["comparison"]) == len(Headers) * 2
    for text in (capsys.readouterr().out, page.read_text("utf-8")):
        assert "This checkout compared with older" in text
        for title in ("Model Registry (older)", "… with cached responses (older)"):
            assert title in text
        for headers in Headers:
            assert DESCRIPTIONS[headers] in text
    assert DESCRIPTIONS[Headers.CHANGING] in picture.read_text("utf-8")
    assert DESCRIPTIONS[Headers.EQUAL] not in picture.read_text("utf-8")


def test_the_other_checkout_runs_its_own_code(
    checkout: Path, filled_url: str, tmp_path: Path
) -> None:
    server = comparison.servers(checkout)[0]
    with servers.running(server, filled_url, tmp_path) as running:
        assert psutil.Process(running.pid).cwd() == str(checkout)


def test_the_other_checkout_gets_each_setting_by_its_former_name_too(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that both registries have the same settings, whatever their age."""
    monkeypatch.setitem(os.environ, "REGISTRY_READ_CONNECTIONS_MAX", "9")
    uncached, cached = comparison.servers(checkout)
    assert uncached.environment["REGISTRY_ANSWER_CACHE_BYTES_MAX"] == "0"
    assert "REGISTRY_ANSWER_CACHE_BYTES_MAX" not in cached.environment
    assert cached.environment["REGISTRY_POOL_SIZE"] == "9"


def test_a_checkout_without_an_environment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"has no environment: run make \.venv/\.made there"):
        comparison.servers(tmp_path)


def test_headers_change_by_default_and_a_comparison_has_both_kinds() -> None:
    assert options.parse([]).schedule().headers == (Headers.CHANGING,)
    assert options.parse(["--headers", "equal"]).schedule().headers == (Headers.EQUAL,)
    assert options.parse(["--compare-with", "."]).schedule().headers == tuple(Headers)


def test_telemetry_that_never_arrived_is_an_error() -> None:
    with pytest.raises(SystemExit, match="no spans and no metrics"):
        comparison.require_exports(Collector())


def test_only_the_other_registry_sends_telemetry() -> None:
    others = comparison.with_telemetry("http://127.0.0.1:4318")
    assert {each.name for each in others} == OTHERS
    assert {each.environment["OTEL_TRACES_SAMPLER_ARG"] for each in others} == {"0.01"}
    assert {each.environment["OTEL_SDK_DISABLED"] for each in others} == {"false"}
    measured = [each for each in servers.SERVERS if each.name in (REGISTRY, CACHED)]
    assert not any("OTEL_SDK_DISABLED" in each.environment for each in measured)
