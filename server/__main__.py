"""The `registry` command."""

import gc
import sys

_INTERRUPTED = 130  # as a shell has it for Ctrl-C


def main() -> None:
    """Import the command line and run it."""
    gc.disable()  # imports leave no garbage, and collections would take a tenth of their time
    try:
        from server import cli
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    gc.enable()
    cli.main()


if __name__ == "__main__":
    main()
