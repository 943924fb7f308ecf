"""What a soak of a mixed load reports: JSON, text, and a picture."""

from collections import defaultdict
from collections.abc import Iterable
from statistics import quantiles
from typing import Any

from deploy.load.chart import Chart, Mark, Panel, svg
from tests.soak.faults import Window
from tests.soak.mixed import Answer
from tests.soak.mixed_soak import Run, window_of

_STEP_S = 5.0  # of the picture
_MB_ROUND = 1


def summary(done: Run) -> dict[str, Any]:
    """All figures, for JSON."""
    answers = done.journal.answers
    calm = [each for each in answers if window_of(each.began_s, each.at_s, done.windows) is None]
    return {
        "plan": {
            "seconds": done.plan.seconds,
            "per_second": done.plan.per_second,
            "subscribers": done.plan.subscribers,
            "fault_every_s": done.plan.fault_every_s,
        },
        "requests": len(answers),
        "left_out": done.journal.left_out,
        "by_kind": {
            kind: _figures([each for each in calm if each.kind == kind])
            for kind in sorted({each.kind for each in answers})
        },
        "faults": [_fault(each, answers) for each in done.windows],
        "repeats": _repeats(done),
        "outside": [
            {**each._asdict(), "fault_before": _before(each.at_s, done.windows)}
            for each in calm
            if each.outcome != "ok"
        ],
        "checked": done.checked,
        "broken": done.broken,
    }


def _repeats(done: Run) -> dict[str, int]:
    """Requests that were sent again on another connection, in and outside of faults' times."""
    counts: dict[str, int] = defaultdict(int)
    for each in done.journal.repeats:
        window = window_of(each.since_s, each.at_s, done.windows)
        counts[f"{window.fault if window else 'outside'}: {each.why}"] += 1
    return dict(counts)


def _before(at_s: float, windows: list[Window]) -> str:
    """The last fault before, and how long it had ended."""
    ended = [each for each in windows if each.until_s < at_s]
    return f"{ended[-1].fault}, {at_s - ended[-1].until_s:.1f} s ago" if ended else "none"


def _figures(answers: list[Answer]) -> dict[str, float]:
    return {"requests": len(answers), **_percentiles(answers)}


def _percentiles(answers: Iterable[Answer]) -> dict[str, float]:
    found = [each.ms for each in answers if each.outcome == "ok"]
    if len(found) < 2:
        return {}
    cuts = quantiles(found, n=100)
    return {"p50_ms": round(cuts[49], 1), "p99_ms": round(cuts[98], 1)}


def _fault(window: Window, answers: list[Answer]) -> dict[str, Any]:
    within = [each for each in answers if window.since_s <= each.at_s <= window.until_s]
    failed = [each for each in within if each.outcome != "ok"]
    counts: dict[str, int] = defaultdict(int)
    for each in failed:
        counts[f"{each.kind}: {each.why}"] += 1
    last_s = max((each.at_s for each in failed), default=window.since_s)
    return {
        "fault": window.fault,
        "at_s": round(window.since_s, 1),
        "lasted_s": round(window.lifted_s - window.since_s, 2),
        "ready_after_s": round(window.ready_s - window.since_s, 2),
        "last_failure_after_s": round(last_s - window.since_s, 2),
        "requests": len(within),
        "failed": len(failed),
        "failures": dict(counts),
    }


def text(figures: dict[str, Any]) -> str:
    """The figures as lines of text."""
    plan = figures["plan"]
    lines = [
        f"{plan['seconds']:g} s, {plan['per_second']:g} requests a second,"
        f" {plan['subscribers']} subscribers, a fault every {plan['fault_every_s']:g} s",
        f"{figures['requests']} requests, {figures['left_out']} left out",
        "outside of the faults' times:",
    ]
    for kind, each in figures["by_kind"].items():
        percentiles = f"p50 {each.get('p50_ms', 0)} ms, p99 {each.get('p99_ms', 0)} ms"
        lines.append(f"  {kind:<8} {each['requests']:>8} requests, {percentiles}")
    columns = "  at s, fault, seconds until it was undone, until ready, until the last failure"
    lines += ["faults:", f"{columns}; failed of requests"]
    for each in figures["faults"]:
        lines.append(
            f"  {each['at_s']:>7} {each['fault']:<22} {each['lasted_s']:>6}"
            f" {each['ready_after_s']:>6} {each['last_failure_after_s']:>6}"
            f"  {each['failed']:>5} of {each['requests']}  {each['failures'] or ''}"
        )
    lines.append(f"sent again, as a kept connection was closed: {figures['repeats'] or 'none'}")
    lines += [f"outside of a fault's time: {each}" for each in figures["outside"]]
    lines += [f"{name}: {found}" for name, found in figures["checked"].items()]
    lines += [f"BROKEN {each}" for each in figures["broken"]] or ["everything held"]
    return "\n".join(lines) + "\n"


def picture(done: Run) -> str:
    """Requests a second, latencies, memory and connections over time, with the faults as marks."""
    plan = done.plan
    names = list(dict.fromkeys(each.fault for each in done.windows))
    caption = "; ".join(f"{names.index(name) + 1} {name}" for name in names)
    return svg(
        Chart(
            f"{plan.per_second:g} requests a second, {plan.subscribers} subscribers, two processes"
            " behind PgBouncer",
            caption or "without faults",
            [*_of_answers(done.journal.answers), *_of_processes(done)],
            [Mark(w.since_s, w.until_s, str(names.index(w.fault) + 1)) for w in done.windows],
        )
    )


def _of_answers(answers: list[Answer]) -> list[Panel]:
    steps: dict[int, list[Answer]] = defaultdict(list)
    for each in answers:
        steps[int(each.at_s // _STEP_S)].append(each)
    ordered = sorted(steps.items())
    rates = {
        outcome: [
            (step * _STEP_S, sum(each.outcome == outcome for each in found) / _STEP_S)
            for step, found in ordered
        ]
        for outcome in ("ok", "unavailable", "internal")
    }
    parts = [(step * _STEP_S, _percentiles(found)) for step, found in ordered]
    latencies = {
        name: [(at, found[key]) for at, found in parts if key in found]
        for name, key in (("p50", "p50_ms"), ("p99", "p99_ms"))
    }
    return [Panel("answers a second", rates), Panel("milliseconds of good answers", latencies)]


def _of_processes(done: Run) -> list[Panel]:
    readings = done.readings
    memory: dict[str, list[tuple[float, float]]] = {"oldest": [], "others": []}
    descriptors: dict[str, list[tuple[float, float]]] = {"oldest": [], "others": []}
    oldest = readings.processes[0].pid if readings.processes else 0
    for each in readings.processes:
        label = "oldest" if each.pid == oldest else "others"
        memory[label].append((each.at_s, round(each.rss_mb, _MB_ROUND)))
        descriptors[label].append((each.at_s, each.descriptors))
    return [
        Panel("MB of memory of each process", memory),
        Panel("descriptors of each process", descriptors),
        Panel("connections of PostgreSQL", {"connections": readings.connections}),
    ]
