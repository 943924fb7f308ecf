"""What stops a command: one line for the reader, and the exit code."""

USAGE = 2
FAILED = 1


class Failure(Exception):
    """A command that cannot go on for a reason its user can mend; the text is one line."""

    def __init__(self, line: str, exit_code: int = FAILED) -> None:
        super().__init__(line)
        self.exit_code = exit_code
