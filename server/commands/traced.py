"""The span of a command, when variables of OpenTelemetry ask for traces."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from server.ops import work
from server.telemetry import switch

_GROUPS = ("archive", "import", "retention", "token")  # a second word names the command
_LONG = ("serve", "worker")  # they run until they are stopped, and trace operations and jobs


@contextmanager
def command(arguments: Sequence[str]) -> Iterator[None]:
    """Trace the block, which runs the command of these arguments."""
    names = [each for each in arguments[:2] if not each.startswith("-")]
    if not names or names[0] in _LONG:
        yield
        return
    telemetry = switch.start()
    try:
        with work.of("command", " ".join(names if names[0] in _GROUPS else names[:1])):
            yield
    finally:
        if telemetry is not None:
            telemetry.stop()
