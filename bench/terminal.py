"""What a person at the terminal reads."""

import sys


def say(line: str) -> None:
    """One line of progress, on stderr: stdout is for the table."""
    print(line, file=sys.stderr, flush=True)
