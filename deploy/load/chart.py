"""Figures over time as SVG text: panels one below the other, with the same seconds below them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from math import ceil, floor, log10
from typing import TypeAlias

_WIDTH, _LEFT, _RIGHT, _TOP = 960, 70, 150, 52
_HEIGHT, _GAP = 130, 34  # of a panel, and between two panels
_LINES = 4  # of the grid of a panel
_COLORS = ("#0969da", "#bc4c00", "#1a7f37", "#8250df", "#bf3989", "#656d76")
_STYLE = """
  svg { background: #fff } text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 } .faint { fill: #656d76 } .right { text-anchor: end }
  .middle { text-anchor: middle } .grid { stroke: #d1d9e0 } .mark { fill: #ffd8b5 }
  polyline { fill: none; stroke-width: 1.3; stroke-linejoin: round }
"""

Points: TypeAlias = Sequence[tuple[float, float]]  # seconds since the start, and the figure


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines with one scale: their points by label. Without points a line is left out."""

    title: str
    lines: Mapping[str, Points]


@dataclass(frozen=True, slots=True)
class Mark:
    """A time that is shaded in all panels, with a number that the caption explains."""

    since_s: float
    until_s: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A title, a line of text below it, and what to draw."""

    title: str
    caption: str
    panels: Sequence[Panel]
    marks: Sequence[Mark] = field(default=())


def svg(chart: Chart) -> str:
    """The picture; without any point it has a title, a caption and empty panels."""
    ends = [at for panel in chart.panels for line in panel.lines.values() for at, _ in line]
    end_s = max(ends, default=1.0) or 1.0
    height = _TOP + len(chart.panels) * (_HEIGHT + _GAP) + 16
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{escape(chart.title)}</title>",
        f"<style>{_STYLE}</style>",
        _text(10, 20, chart.title, "title"),
        _text(10, 38, chart.caption, "faint"),
    ]
    for place, panel in enumerate(chart.panels):
        lines += _panel(panel, _TOP + _GAP / 2 + place * (_HEIGHT + _GAP), end_s, chart.marks)
    lines += _seconds(end_s, height - 22)
    return "\n".join([*lines, "</svg>\n"])


def _panel(panel: Panel, top: float, end_s: float, marks: Sequence[Mark]) -> Iterator[str]:
    highest = _rounded_up(max((y for each in panel.lines.values() for _, y in each), default=1.0))
    yield _text(_LEFT, top - 6, panel.title, "title")
    for mark in marks:
        left, right = _x(mark.since_s, end_s), _x(max(mark.until_s, mark.since_s), end_s)
        position = f'x="{left:.1f}" y="{top}" width="{max(right - left, 1.5):.1f}"'
        yield f'<rect class="mark" {position} height="{_HEIGHT}"/>'
        yield _text(left, top + 11, mark.label, "faint")
    for line in range(_LINES + 1):
        y = top + _HEIGHT * line / _LINES
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
        yield _text(_LEFT - 6, y + 4, f"{highest * (1 - line / _LINES):,.4g}", "faint right")
    for place, (label, points) in enumerate(panel.lines.items()):
        color = _COLORS[place % len(_COLORS)]
        drawn = " ".join(
            f"{_x(at, end_s):.1f},{top + _HEIGHT * (1 - y / highest):.1f}" for at, y in points
        )
        yield f'<polyline stroke="{color}" points="{drawn}"/>'
        name = _text(_WIDTH - _RIGHT + 8, top + 12 + 16 * place, label, "")
        yield name.replace("<text", f'<text style="fill: {color}"')


def _seconds(end_s: float, y: float) -> Iterator[str]:
    step = _rounded_up(end_s / 10)
    for number in range(floor(end_s / step) + 1):
        yield _text(_x(number * step, end_s), y, f"{number * step:g} s", "faint middle")


def _x(at_s: float, end_s: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(max(at_s, 0.0), end_s) / end_s


def _rounded_up(figure: float) -> float:
    """The next figure of one or two digits, such as 0.12, 2.5 or 4,000; 1 for 0."""
    if figure <= 0:
        return 1.0
    unit = 10.0 ** (floor(log10(figure)) - 1)
    return float(ceil(figure / unit / 5) * 5 * unit)


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'
