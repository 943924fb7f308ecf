"""What a worker's memory grows to under mixed load."""

from pathlib import Path

from bench import cpu, load
from bench.measure import Bodies
from bench.servers import REGISTRY, Running
from bench.terminal import say


def measure(server: Running, bodies: Bodies, seconds: int, folder: Path) -> dict[str, object]:
    """The resident MB before and after that many seconds of all operations, mixed evenly."""
    groups = [
        file.read_text("utf-8").splitlines()
        for (_, name), file in bodies.items()
        if name == REGISTRY
    ]
    longest = max(len(group) for group in groups)
    # each operation as often as the others, however many places it has
    lines = [group[place % len(group)] for place in range(longest) for group in groups]
    file = folder / "mixed.bodies"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    before = cpu.resident_mb(server.pid)
    say(f"Mixed load for {seconds} s")
    done = load.run(server.url, file, seconds, 0)
    return {
        "before_mb": round(before, 1),
        "after_mb": round(cpu.resident_mb(server.pid), 1),
        "requests": done.requests,
        "failures": done.failures,
        "seconds": seconds,
    }
