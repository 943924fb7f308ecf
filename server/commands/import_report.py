"""The report of an import on the terminal: counts by kind, and the first lines of each section."""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:  # a command imports only what it needs: `registry --help` stays fast
    from rich.console import Console
    from rich.table import Table

    from catalogs.entry import Remark
    from catalogs.importing.report import Report

_FIRST = 10  # lines of each section; --json has all
_EXAMPLES = 3  # entries per reason
_VALUE_LENGTH = 60
_REMARKS = {
    "skipped": "Skipped",
    "ignored": "No models",
    "partial": "Read in part",
    "suspicious": "Suspicious",
    "remarks": "Left as it is, or assumed",
}
_SECTIONS = {
    "created": ("Created", ("kind", "name")),
    "changed": ("Changed", ("kind", "name", "field", "before", "after")),
    "moved": ("Moved", ("binding", "from", "to")),
    "deleted": ("Deleted", ("kind", "name")),
    "delisted": ("No longer in the catalog", ("entry",)),
    "relisted": ("In the catalog again", ("entry",)),
    "conflicts": (
        "Edited by somebody, and kept",
        ("kind", "name", "field", "here", "the catalogs say"),
    ),
    "disagreements": (
        "Catalogs disagree",
        ("binding", "field", "owner", "it says", "other", "it says"),
    ),
}


def print_json(report: "Report") -> None:
    """The whole report, as one object of JSON."""
    from catalogs.importing.report import to_json

    typer.echo(json.dumps(to_json(report), indent=2, default=str))


def print_tables(console: "Console", report: "Report", *, is_plan: bool) -> None:
    """Counts by kind, then each section that has lines."""
    from catalogs.importing.report import counts

    title = f"{report.catalog}: plan, nothing is changed" if is_plan else report.catalog
    console.print(_counts(title, counts(report)))
    for name, (heading, columns) in _SECTIONS.items():
        for part, lines in _by_kind(getattr(report, name)).items():
            console.print(_section(f"{heading}{part}", columns, lines))
    for name, heading in _REMARKS.items():
        if remarks := getattr(report, name):
            console.print(_by_reason(heading, remarks))
    if is_plan and not report.has_changes:
        console.print("There is nothing to do.")


def print_added(console: "Console", added: dict[str, int]) -> None:
    """The numbers of rows added to each table."""
    console.print(_counts("synthetic", {table: {"created": n} for table, n in added.items()}))


def _counts(title: str, counts: dict[str, dict[str, int]]) -> "Table":
    from rich.table import Table

    columns = list(next(iter(counts.values())))
    table = Table("", *columns, title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind, figures in counts.items():
        table.add_row(kind, *(f"{figures[name]:,}" for name in columns))
    return table


def _by_kind(lines: list[Any]) -> dict[str, list[Any]]:
    """The lines of each kind of row, so that each has its first lines shown."""
    parts: dict[str, list[Any]] = defaultdict(list)
    for line in lines:
        kind = getattr(line, "kind", None)
        parts[f" ({kind})" if kind else ""].append(line)
    return parts


def _section(heading: str, columns: tuple[str, ...], lines: list[Any]) -> "Table":
    from rich.table import Table

    table = Table(title=f"{heading}: {len(lines):,}", title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")  # names that begin alike differ at their ends
    for line in lines[:_FIRST]:
        table.add_row(*map(_text, [line] if isinstance(line, str) else line))
    if len(lines) > _FIRST:
        table.add_row(f"{len(lines) - _FIRST:,} more")
    return table


def _by_reason(heading: str, remarks: "Iterable[Remark]") -> "Table":
    from rich.table import Table

    by_reason: dict[str, list[str]] = defaultdict(list)
    for remark in remarks:
        by_reason[remark.reason].append(remark.entry)
    title = f"{heading}: {sum(map(len, by_reason.values())):,}"
    table = Table("entries", "reason", title=title, title_justify="left")
    table.add_column("for example", overflow="fold")
    ordered = sorted(by_reason.items(), key=lambda item: -len(item[1]))
    for reason, entries in ordered[:_FIRST]:
        shown = "\n".join(entries[:_EXAMPLES])
        table.add_row(f"{len(entries):,}", _text(reason, None), _text(shown, None))
    if len(ordered) > _FIRST:
        table.add_row(f"{sum(len(each) for _, each in ordered[_FIRST:]):,}", "other reasons")
    return table


def _text(value: Any, length: int | None = _VALUE_LENGTH) -> Any:
    """Text that rich prints as it is: names may have brackets."""
    from rich.text import Text

    plain = "" if value is None else str(value)
    short = plain if length is None or len(plain) <= length else f"{plain[:length]}..."
    return Text(short.encode("utf-8", "backslashreplace").decode())
