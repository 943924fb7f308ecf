"""Python types of the custom scalars; schema/scalars.py parses and serializes them."""

from typing import NewType

SHA256 = NewType("SHA256", str)
URL = NewType("URL", str)
SemVer = NewType("SemVer", str)
BigInt = NewType("BigInt", int)
