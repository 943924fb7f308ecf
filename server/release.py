"""Which release of the registry this is: its version, and the commit that it was built from."""

from importlib.metadata import version as version_of
from pathlib import Path

_REVISION = Path(__file__).with_name("revision.txt")  # hatch_build.py writes it


def version() -> str:
    """The version in pyproject.toml, as 0.1.0."""
    return version_of("model-registry")


def revision() -> str | None:
    """The first 12 digits of the git commit, with a + if files differed from it.

    None in a checkout, and in a package that was not built from git.
    """
    try:
        return _REVISION.read_text("utf-8").strip()
    except FileNotFoundError:
        return None


def text() -> str:
    """Both for people, as `0.1.0 (1a2b3c4d5e6f)`."""
    found = revision()
    return f"{version()} ({found})" if found else version()
