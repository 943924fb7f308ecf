"""What the demo shows: a live table on a terminal, plain lines elsewhere."""

import re
import time
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from examples.gateway.client import CircuitState, HealthState
from examples.gateway.demo.watching import Moment, Seen

# A picture in a page cannot load fonts from elsewhere, so it does not name them.
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_LINE_S = 5.0  # between two lines of figures, without a terminal
_WIDTH = 108
_CIRCUITS = {
    CircuitState.CLOSED: "green",
    CircuitState.OPEN: "bold red",
    CircuitState.HALF_OPEN: "yellow",
}
_HEALTH = {
    HealthState.HEALTHY: "green",
    HealthState.DEGRADED: "yellow",
    HealthState.UNHEALTHY: "red",
    HealthState.UNKNOWN: "dim",
}


class Screen:
    """The terminal; with a recording, what it shows is kept as a picture."""

    def __init__(self, is_recorded: bool) -> None:
        self._began = time.monotonic()
        self._console = Console(width=_WIDTH if is_recorded else None, highlight=False)
        self._record = Console(record=True, width=_WIDTH, file=StringIO(), highlight=False)
        self._live: Live | None = None
        if self._console.is_terminal:
            self._live = Live(console=self._console, refresh_per_second=4, transient=True)
            self._live.start()
        self._last_line = 0.0

    def say(self, text: str, style: str = "") -> None:
        """A line of the story."""
        line = Text(f"{time.monotonic() - self._began:5.1f} s  {text}", style=style)
        self._console.print(line, soft_wrap=True)
        self._record.print(line)

    def show(self, moment: Moment) -> None:
        """The figures now."""
        if self._live is not None:
            self._live.update(table(moment))
        elif moment.at - self._last_line >= _LINE_S:
            self._last_line = moment.at
            self._console.print(Text(plain(moment), style="dim"), soft_wrap=True)

    def keep(self, moment: Moment) -> None:
        """Put the table as it is now into the recording."""
        self._record.print(table(moment))

    def close(self) -> None:
        """Give the terminal back."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def save(self, folder: Path) -> None:
        """Write the recording: the text as demo.txt, the picture as demo.svg."""
        text = self._record.export_text(clear=False)
        lines = [line.rstrip() for line in text.splitlines()]
        (folder / "demo.txt").write_text("\n".join(lines) + "\n", "utf-8")
        svg = _FONTS.sub("", self._record.export_svg(title="make demo", unique_id="demo"))
        (folder / "demo.svg").write_text(svg + "\n", "utf-8")


def table(moment: Moment) -> RenderableType:
    """The state of the registry and of each provider."""
    columns = ("provider", "circuit", "route", "health", "success", "p95", "calls", "share")
    shown = Table(*columns, expand=True, header_style="bold", box=None, pad_edge=False)
    for provider, seen in sorted(moment.seen.items()):
        shown.add_row(*_cells(provider, seen, moment))
    registry = ("up", "green") if moment.is_registry_up else ("DOWN", "bold red")
    figures = moment.figures
    head = Text.assemble(
        ("registry ", ""),
        registry,
        f"   SLO {moment.slo}   answered {moment.succeeded:,}   failed {moment.failures}",
        f"   not yet reported {figures.get('waiting_calls', 0):,}",
        f"   trials {figures.get('claimed_trials', 0)}",
    )
    return Panel(Group(head, Text(), shown), border_style="dim")


def plain(moment: Moment) -> str:
    """The same as one line."""
    parts = [
        f"{provider}: {seen.circuit.value}, {moment.shares.get(provider, 0):.0%},"
        f" success {_ratio(seen.success_rate)}, p95 {_ms(seen.p95_ms)}"
        for provider, seen in sorted(moment.seen.items())
    ]
    registry = "up" if moment.is_registry_up else "DOWN"
    waiting = moment.figures.get("waiting_calls", 0)
    answered = f"answered {moment.succeeded}, failed {moment.failures}, waiting {waiting}"
    return f"         registry {registry}; {answered}; " + "; ".join(parts)


def _cells(provider: str, seen: Seen, moment: Moment) -> list[Text]:
    circuit = Text(seen.circuit.value, _CIRCUITS[seen.circuit])
    return [
        Text(provider, "bold"),
        circuit,
        _place(provider, moment),
        Text(seen.state.value, _HEALTH[seen.state]),
        Text(_ratio(seen.success_rate)),
        Text(_ms(seen.p95_ms)),
        Text(f"{moment.called.get(provider, 0):,}"),
        _bar(moment.shares.get(provider, 0.0)),
    ]


def _place(provider: str, moment: Moment) -> Text:
    """Its rank in the route, or why it is left out."""
    if provider in moment.excluded:
        reason, retry_at = moment.excluded[provider]
        left_s = (retry_at - datetime.now(UTC)).total_seconds() if retry_at else 0.0
        return Text(f"{reason}" + (f", {left_s:.0f} s" if left_s > 0 else ""), "red")
    if provider in moment.route:
        return Text(f"candidate {moment.route.index(provider) + 1}")
    return Text("unknown", "dim")


def _bar(share: float) -> Text:
    filled = round(share * 12)
    return Text.assemble(("█" * filled, "cyan"), ("·" * (12 - filled), "dim"), f" {share:4.0%}")


def _ratio(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"


def _ms(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f} ms"
