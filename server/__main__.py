"""The `registry` command."""

import gc
import os
import sys

_INTERRUPTED = 130  # as a shell has it for Ctrl-C
# Pydantic would read the metadata of each installed package to find plugins, for 15 ms.
_NO_PLUGINS = ("PYDANTIC_DISABLE_PLUGINS", "__all__")


def main() -> None:
    """Import the command line and run it."""
    gc.disable()  # imports leave no garbage, and collections would take a tenth of their time
    os.environ.setdefault(*_NO_PLUGINS)
    try:
        from server import cli
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    cli.main()  # enables it before a command runs


if __name__ == "__main__":
    main()
