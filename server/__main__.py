"""The `registry` command."""

import gc


def main() -> None:
    """Import what the commands need, and run one."""
    gc.disable()  # there is no garbage in what is imported, and looking for it takes a tenth longer
    from server import cli

    gc.enable()
    cli.main()


if __name__ == "__main__":
    main()
