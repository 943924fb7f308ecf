"""Runs `registry` for each list of arguments, in processes that share the time of its imports.

Standard input says what to run and with which variables, in JSON; what a process prints and its
exit code are files in the folder that is given.
"""

import json
import os
import sys
from pathlib import Path

from server import cli


def _become_registry(arguments: list[str], variables: dict[str, str], files: Path) -> None:
    """Have the arguments, the environment and the streams of a process of the command."""
    for name, number in ((Path(os.devnull), 0), (files / "stdout", 1), (files / "stderr", 2)):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT), number)
    os.environ.update(variables)
    sys.argv[1:] = arguments


def main(folder: Path) -> None:
    """Run them one after the other; nothing is on the stack that a child would end with."""
    for number, (arguments, variables) in enumerate(json.load(sys.stdin)):
        files = folder / str(number)
        files.mkdir(parents=True)
        process = os.fork()
        if not process:
            _become_registry(arguments, variables, files)
            cli.main()
        _, status = os.waitpid(process, 0)
        (files / "code").write_text(str(os.waitstatus_to_exitcode(status)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
