"""Faults of the registry's own processes, and of the embedded PostgreSQL."""

import signal
from collections.abc import Iterator
from contextlib import suppress

import psutil  # type: ignore[import-untyped]  # its stubs are a separate package

from deploy.lab.faults import lab
from deploy.lab.faults.fault import fault
from deploy.lab.faults.lab import Lab


@fault(
    "worker-killed",
    "one of two worker processes killed (SIGKILL)",
    0,
    lab.WORKERS,
    breaks_a_process=True,
)
def _worker_killed(here: Lab) -> Iterator[None]:
    here.workers()[0].kill()
    yield


@fault(
    "worker-frozen",
    "one of two worker processes frozen (SIGSTOP) for good",
    0,
    lab.WORKERS,
    breaks_a_process=True,
)
def _worker_frozen(here: Lab) -> Iterator[None]:
    here.workers()[0].suspend()
    yield


@fault("rolling-restart", "both workers replaced one after the other (SIGHUP)", 15, lab.WORKERS)
def _rolling_restart(here: Lab) -> Iterator[None]:
    here.registry.process.send_signal(signal.SIGHUP)
    yield


@fault("embedded-killed", "the embedded PostgreSQL killed (SIGKILL)", 0, lab.EMBEDDED)
def _embedded_killed(here: Lab) -> Iterator[None]:
    for process in _embedded(here):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    yield


@fault(
    "embedded-main-killed",
    "only the main process of the embedded PostgreSQL killed (SIGKILL)",
    0,
    lab.EMBEDDED,
)
def _embedded_main_killed(here: Lab) -> Iterator[None]:
    _embedded(here)[0].kill()
    yield


@fault(
    "embedded-frozen-for-good",
    "the embedded PostgreSQL frozen (SIGSTOP) for good",
    25,
    lab.EMBEDDED,
)
def _embedded_frozen_for_good(here: Lab) -> Iterator[None]:
    for process in _embedded(here):
        process.suspend()
    yield


@fault("embedded-frozen", "the embedded PostgreSQL frozen (SIGSTOP) for 10 s", 10, lab.EMBEDDED)
def _embedded_frozen(here: Lab) -> Iterator[None]:
    frozen = _embedded(here)
    for process in frozen:
        process.suspend()
    yield
    for process in frozen:
        with suppress(psutil.NoSuchProcess):
            process.resume()


def _embedded(here: Lab) -> list[psutil.Process]:
    """The processes of the server's own PostgreSQL, the main one first."""
    file = here.folder / "registry" / "data" / "postgres" / "postmaster.pid"
    main = psutil.Process(int(file.read_text().split("\n", 1)[0]))
    return [main, *main.children(recursive=True)]
