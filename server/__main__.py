"""The `registry` command."""

import gc


def main() -> None:
    """Import the command line and run it."""
    gc.disable()  # imports leave no garbage, and collections would take a tenth of their time
    from server import cli

    gc.enable()
    cli.main()


if __name__ == "__main__":
    main()
