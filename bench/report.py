"""The results: tables on the terminal, JSON, and on request the docs page and the picture."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import picture
from bench.comparison import ComparisonRow
from bench.heads import DESCRIPTIONS, Headers
from bench.measure import Sample
from bench.operations import TITLES
from bench.servers import BASELINES, ROOT
from bench.summary import Ratio, Row
from bench.terminal import note, table

_RESULTS = ROOT / "bench" / "results"
_PAGE, _PICTURE = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "benchmark.svg"
_MARKED = re.compile(r"(<!-- results -->\n).*?(<!-- end of results -->)", re.S)
_COLUMNS = ("", "responses/s", "registry", "cached", "p50", "p90", "p99", "CPU", "PostgreSQL")
_COMPARISON_COLUMNS = (
    "",
    "headers",
    "ratio",
    "lowest",
    "highest",
    "responses/s",
    "CPU ratio",
    "CPU",
)

_COMPARISON_NOTE = (
    "ratio, CPU ratio: responses/s, and server CPU per request, over those of the other registry in"
    " the same round; the median of the rounds. responses/s, CPU (ms): this / the other."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything that one run measured."""

    facts: Mapping[str, object]
    settings: Mapping[str, object]
    leaves: Mapping[str, int]
    titles: Mapping[str, str]  # of the servers, by name
    rows: Sequence[Row]
    comparison: Sequence[ComparisonRow]  # with another checkout; empty without one
    samples: Sequence[Sample]


def show(result: Result) -> None:
    """Print the tables."""
    for operation, headers, rows in _groups(result.rows):
        title = f"{operation}  {TITLES[operation]}, {result.leaves[operation]:,} leaves"
        table(f"{title}; {headers} headers", _COLUMNS, [_cells(row, result.titles) for row in rows])
    note(
        "registry, cached: the registry's responses/s, without and with its response cache, over"
        " this server's: median (lowest, highest) of the rounds.\np50, p90, p99: ms until the end"
        " of the response. CPU, PostgreSQL: ms of user and system time per request."
    )
    for headers in dict.fromkeys(row.headers for row in result.rows):
        note(DESCRIPTIONS[headers])
    if result.comparison:
        title = f"This checkout compared with {result.settings['compared_with']}"
        table(title, _COMPARISON_COLUMNS, [_comparison_cells(row) for row in result.comparison])
        note(_COMPARISON_NOTE)


def _groups(rows: Sequence[Row]) -> Iterator[tuple[str, Headers, list[Row]]]:
    for operation, headers in dict.fromkeys((row.operation, row.headers) for row in rows):
        group = [row for row in rows if (row.operation, row.headers) == (operation, headers)]
        yield operation, headers, group


def write(result: Result) -> Path:
    """Write the JSON; returns its path."""
    return save(
        "",
        result.facts,
        {
            "settings": result.settings,
            "leaves": result.leaves,
            "comparison": [row.figures() for row in result.comparison],
            "medians": [row.figures() for row in result.rows],
            "samples": [sample.figures() for sample in result.samples],
        },
    )


def save(kind: str, facts: Mapping[str, object], results: Mapping[str, object]) -> Path:
    """Write the results of one kind of measurement and the facts of the machine as JSON."""
    _RESULTS.mkdir(exist_ok=True)
    file = _RESULTS / f"{kind}{str(facts['at']).replace(':', '')}.json"
    file.write_text(json.dumps({"facts": facts, **results}, indent=1) + "\n", "utf-8")
    return file


def publish(result: Result) -> None:
    """Put the figures into docs/benchmarks.md, and the picture beside it."""
    facts = result.facts
    caption = f"{facts['cpu']}, {facts['cores']} cores, commit {facts['commit']}, {facts['at']}"
    _PICTURE.write_text(picture.svg(result.rows, caption), "utf-8")
    page = _PAGE.read_text("utf-8")
    block = f"{_markdown(result)}\n"
    _PAGE.write_text(_MARKED.sub(lambda match: match[1] + block + match[2], page), "utf-8")


def _markdown(result: Result) -> str:
    lines = []
    for operation, headers, rows in _groups(result.rows):
        title = f"**{operation}**, {TITLES[operation]}; {result.leaves[operation]:,} leaves"
        lines += [f"{title}; {headers} headers", ""]
        lines += _markdown_table(_COLUMNS, [_cells(row, result.titles) for row in rows])
    if result.comparison:
        title = f"**This checkout compared with {result.settings['compared_with']}**"
        lines += [f"{title}; {_COMPARISON_NOTE}", ""]
        lines += _markdown_table(
            _COMPARISON_COLUMNS, [_comparison_cells(row) for row in result.comparison]
        )
    facts = ", ".join(f"{name} {value}" for name, value in result.facts.items())
    settings = ", ".join(f"{name} {value}" for name, value in result.settings.items())
    image = f"![Responses per second of each server]({_PICTURE.name})"
    kinds = [f"{DESCRIPTIONS[each]}." for each in dict.fromkeys(row.headers for row in result.rows)]
    return "\n".join([image, "", *lines, *kinds, "", f"Measured with: {facts}; {settings}."])


def _markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    head = [f"| {' | '.join(columns)} |", "|---|" + "--:|" * (len(columns) - 1)]
    return [*head, *(f"| {' | '.join(cells)} |" for cells in rows), ""]


def _comparison_cells(row: ComparisonRow) -> tuple[str, ...]:
    return (
        row.operation + " cached" * row.is_cached,
        row.headers,
        f"{row.ratio.median:.3g}x",
        f"{row.ratio.low:.3g}x",
        f"{row.ratio.high:.3g}x",
        f"{row.per_second:,.1f} / {row.other_per_second:,.1f}",
        f"{row.cpu_ratio.median:.3g}x",
        f"{row.server_cpu_ms:.3f} / {row.other_server_cpu_ms:.3f}",
    )


def _cells(row: Row, titles: Mapping[str, str]) -> tuple[str, ...]:
    failed = f" ({row.failures} failed)" if row.failures else ""
    return (
        titles[row.server] + failed,
        f"{row.per_second:,.1f}",
        *(_ratio_text(row.ratios.get(name)) for name in BASELINES),
        f"{row.p50_ms:,.1f}",
        f"{row.p90_ms:,.1f}",
        f"{row.p99_ms:,.1f}",
        f"{row.server_cpu_ms:.2f}",
        f"{row.postgres_cpu_ms:.2f}",
    )


def _ratio_text(ratio: Ratio | None) -> str:
    return f"{ratio.median:.3g}x ({ratio.low:.3g}, {ratio.high:.3g})" if ratio else ""
