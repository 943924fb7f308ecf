"""Names of models: unique, and looked up, without regard to case; they keep their spelling."""

from string import ascii_lowercase, ascii_uppercase

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def without_case(name: str) -> str:
    """The name as PostgreSQL's lower() makes it of one in byte order: only A to Z change.

    `str.lower` would also turn the Kelvin sign into a k, which no name has.
    """
    return name.translate(_LOWER)
