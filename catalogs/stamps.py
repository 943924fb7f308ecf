"""Dates in names of models, in all the spellings that providers use."""

import re
from datetime import date
from typing import NamedTuple


class Stamp(NamedTuple):
    """A snapshot's date as its name says it: year 0 or day 0 where the name does not say it."""

    year: int
    month: int
    day: int

    @property
    def text(self) -> str:
        """As four or more digits, for a name that keeps the stamp."""
        if self.year == 0:
            return f"{self.month:02d}{self.day:02d}"
        return f"{self.year}{self.month:02d}" + (f"{self.day:02d}" if self.day else "")


_END = r"(?=$|-[a-z])"  # at the end, or before a word: gpt-4-1106-preview
_SPELLINGS = tuple(
    re.compile(pattern + _END, re.I)
    for pattern in (
        r"[-@._](?P<y>20\d\d)-(?P<m>\d\d)-(?P<d>\d\d)",
        r"[-@._](?P<y>20\d\d)(?P<m>\d\d)(?P<d>\d\d)",
        r"[-@](?P<m>\d\d)-(?P<y>20\d\d)",
        r"[-@](?P<y>20\d\d)-(?P<m>\d\d)",
        # A two-digit year from 23 on cannot be a month, so MMDD as in gpt-4-0613 does not match.
        r"[-@](?P<y>2[3-9])(?P<m>\d\d)(?P<d>\d\d)",
        r"[-@](?P<y>2[3-9])(?P<m>\d\d)",
        r"[-@](?P<m>\d\d)-?(?P<d>\d\d)",
    )
)


def split(text: str) -> tuple[str, Stamp | None]:
    """The name without its date, and the date; (text, None) without one."""
    for pattern in _SPELLINGS:
        for match in pattern.finditer(text):
            parts = match.groupdict()
            stamp = _stamp(parts)
            if match.start() > 0 and stamp is not None:
                return text[: match.start()] + text[match.end() :], stamp
    return text, None


def _stamp(parts: dict[str, str]) -> Stamp | None:
    year = int(parts["y"]) % 100 + 2000 if "y" in parts else 0
    month, day = int(parts["m"]), int(parts.get("d") or 0)
    try:
        date(year or 2000, month, day if "d" in parts else 1)  # 2000 has a 29th of February
    except ValueError:
        return None
    return Stamp(year, month, day)
