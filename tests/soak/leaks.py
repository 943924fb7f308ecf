"""What a server may have when it is idle, before a load and after it: no more than before."""

import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from server.ops.later import JOB_CONNECTIONS_MAX
from tests.soak import watching
from tests.soak.lab import WORKERS, Lab
from tests.soak.watching import Readings

_POOLED = 18 + 4  # descriptors of the pools, and of the listener and the jobs
_TASKS_MORE = 10  # of jobs, of watches, and of pools that open a connection
_SETTLED_S = 5.0  # younger files may be in use
_ACTIVITY = """SELECT concat_ws(' ', nullif(application_name, ''), state), count(*)
    FROM pg_stat_activity WHERE datname = 'registry' AND pid <> pg_backend_pid() GROUP BY 1"""


@dataclass(frozen=True, slots=True)
class Idle:
    """An idle server: by the ids of its processes, and by the names and states of connections."""

    tasks: dict[int, float]
    descriptors: dict[int, int]
    sockets: dict[int, int]
    connections: dict[str, int]
    files: list[str]  # that are neither archives nor parts of the database


def look(lab: Lab) -> Idle:
    """The server now."""
    readings = Readings([], [])
    watching.read(lab, 0.0, readings)
    found = readings.processes
    with psycopg.connect(lab.database.url) as connection:
        connections = dict(connection.execute(_ACTIVITY).fetchall())
    return Idle(
        {each.pid: each.tasks for each in found if each.tasks is not None},
        {each.pid: each.descriptors for each in found},
        {each.pid: each.sockets for each in found},
        connections,
        [*_files(lab)],
    )


def _files(lab: Lab) -> list[str]:
    """Files of the server that an idle one does not need; archives have names without a dot."""
    found: list[str] = []
    for folder in (lab.archives.parent, lab.temporary):
        for file in sorted(folder.rglob("*")):
            is_archive = lab.archives in file.parents and not file.name.startswith(".")
            if file.is_file() and not is_archive and _is_settled(file):
                found.append(str(file.relative_to(lab.folder)))
    return found


def _is_settled(file: Path) -> bool:
    try:
        return time.time() - file.stat().st_mtime > _SETTLED_S
    except FileNotFoundError:
        return False


def connections_max(lab: Lab) -> int:
    """The connections of PostgreSQL that the pooler and two processes may have together."""
    of_a_process = 1 + JOB_CONNECTIONS_MAX  # its listener, past the pooler, and its jobs
    return int(lab.pooler.settings["default_pool_size"]) + WORKERS * of_a_process


def check(lab: Lab, before: Idle, after: Idle) -> dict[str, Any]:
    """Raises AssertionError that names what a process of the idle server has too much."""
    assert len(after.tasks) == WORKERS, f"tasks of {sorted(after.tasks)} only are known"
    _check_each("tasks", before.tasks, after.tasks, _TASKS_MORE)
    _check_each("descriptors", before.descriptors, after.descriptors, _POOLED)
    most, there = connections_max(lab), sum(after.connections.values())
    assert there <= most, f"PostgreSQL has {there} connections of {most}: {after.connections}"
    left = [state for state in after.connections if "transaction" in state]
    assert not left, f"connections are in a transaction, and nothing runs: {after.connections}"
    new = Counter(after.files) - Counter(before.files)
    assert not new, f"files are left in the folders of the server: {sorted(new)}"
    return {"before": asdict(before), "after": asdict(after), "connections_max": most}


def _check_each(
    what: str, before: dict[int, float] | dict[int, int], after: dict[int, Any], more: int
) -> None:
    """A process that was not there before is compared with the one that had the most."""
    most = max(before.values())
    for pid, now in after.items():
        was = before.get(pid, most)
        allowed = max(was, most) + more
        assert now <= allowed, f"process {pid} has {now} {what}; idle before, {was}"


def check_load(lab: Lab, counts: list[tuple[float, float]]) -> dict[str, int]:
    """Connections while nothing was broken, at the times given; raises AssertionError."""
    most = connections_max(lab)
    over = [(round(at_s), count) for at_s, count in counts if count > most]
    assert not over, f"PostgreSQL had more than {most} connections, at (s): {over[:5]}"
    return {"most": int(max((count for _, count in counts), default=0)), "limit": most}
