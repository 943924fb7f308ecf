"""`registry`, whose process stands still when it gets SIGUSR1: the handler runs in the main thread,
as the event loop does. uvicorn's workers import this file too, as the main module."""

import signal
import time
from types import FrameType

STALL_S = 600.0


def _stand_still(_: int, __: FrameType | None) -> None:
    time.sleep(STALL_S)


signal.signal(signal.SIGUSR1, _stand_still)

if __name__ == "__main__":
    from server.cli import main

    main()
