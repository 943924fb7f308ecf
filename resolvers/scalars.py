"""Text and numbers with a form of their own; schema/scalars.py says how each is read and sent."""

from typing import NewType

SHA256 = NewType("SHA256", str)
URL = NewType("URL", str)
SemVer = NewType("SemVer", str)
BigInt = NewType("BigInt", int)
