"""Who runs a command, as the audit log names it."""

import os
import pwd

from domain import actors
from domain.actors import Actor


def actor() -> Actor:
    """`cli:<user>`: the user that the system knows, whatever the variables LOGNAME and USER say.

    A container may run as a number that has no name: then it is the number.
    """
    number = os.getuid()
    try:
        return actors.command(pwd.getpwuid(number).pw_name)
    except KeyError:
        return actors.command(str(number))
