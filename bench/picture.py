"""The picture in the README as SVG text: a group per operation, a bar per server."""

from collections.abc import Iterator, Sequence
from html import escape

from bench.heads import DESCRIPTIONS
from bench.operations import TITLES
from bench.servers import CACHED, FLOOR, REGISTRY, SERVERS
from bench.summary import Row

_WIDTH, _LEFT, _RIGHT, _TOP = 860, 160, 190, 50
_BAR, _STEP, _GAP = 13, 18, 44
_TITLES = {each.name: each.title for each in SERVERS if each.name not in (FLOOR, CACHED)}
_STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 } .name { text-anchor: end }
  .faint { fill: #656d76 }
  rect { fill: #afb8c1 } rect.ours { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .faint { fill: #8d96a0 }
    rect { fill: #484f58 } rect.ours { fill: #4493f8 }
  }
"""


def svg(rows: Sequence[Row], caption: str) -> str:
    """Responses per second of each server; each operation has its own scale.

    The static floor and cached responses are left out: they are no GraphQL execution, and their
    bars would be too long for the scale. Another checkout's registry is left out too. Of two kinds
    of headers, the changing ones are shown.
    """
    headers = min(row.headers for row in rows)
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row.headers == headers and row.server in _TITLES:
            groups.setdefault(row.operation, []).append(row)
    lines = list(_groups(groups))
    height = _TOP + sum(_GAP + _STEP * len(group) for group in groups.values())
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
            f"<title>{escape(caption)}</title>",
            f"<style>{_STYLE}</style>",
            _text(10, 20, f"Responses per second; {DESCRIPTIONS[headers]}", "title"),
            _text(10, 38, caption, "faint"),
            *lines,
            "</svg>\n",
        ]
    )


def _groups(groups: dict[str, list[Row]]) -> Iterator[str]:
    top = _TOP
    for operation, group in groups.items():
        yield _text(10, top + 24, f"{operation}  {TITLES[operation]}", "title")
        top += 32
        fastest = max(row.per_second for row in group) or 1
        for index, row in enumerate(_in_order(group)):
            yield from _bar(top + index * _STEP, row, row.per_second / fastest)
        top += _STEP * len(group) + _GAP - 32


def _in_order(group: Sequence[Row]) -> list[Row]:
    names = list(_TITLES)
    return sorted(group, key=lambda row: names.index(row.server))


def _bar(top: float, row: Row, share: float) -> Iterator[str]:
    length = max(1.0, share * (_WIDTH - _LEFT - _RIGHT))
    kind = "ours" if row.server == REGISTRY else "peer"
    yield _text(_LEFT - 8, top + 11, _TITLES[row.server], "name")
    position = f'x="{_LEFT}" y="{top}" width="{length:.1f}" height="{_BAR}"'
    yield f'<rect class="{kind}" {position} rx="2"/>'
    figure = f"{row.per_second:,.0f}" if row.per_second >= 10 else f"{row.per_second:.1f}"
    if ratio := row.ratios.get(REGISTRY):
        figure += f"  (registry: {ratio.median:.2f}x)"
    yield _text(_LEFT + length + 6, top + 11, figure, "faint")


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}">{escape(text)}</text>'
