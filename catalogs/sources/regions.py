"""Regions in the names that catalogs give to models."""

import re

_SEGMENT = re.compile(
    r"eu|us|us-gov|apac|global|global-standard"
    r"|(?:af|ap|ca|eu|il|me|mx|sa|us)-(?:gov-)?(?:north|south|east|west|central)+-\d"
)
_GEO = re.compile(r"(us-gov|us|eu|apac|global|jp|au|ca|in|regional)\.(?=[a-z0-9]+\.)")


def split_path(path: str) -> tuple[str, str | None]:
    """The path without its region segment (`eu/gpt-4o`, `us-east-1/...`), and that region."""
    parts = path.split("/")
    regions = [part for part in parts[:-1] if _SEGMENT.fullmatch(part)]
    rest = [part for part in parts[:-1] if part not in regions] + parts[-1:]
    return "/".join(rest), regions[0] if regions else None


def split_geography(name: str) -> tuple[str, str | None]:
    """The name without Bedrock's geography (`us.anthropic.claude-...`), and that geography.

    `regional.` is how genai-prices marks a name without a geography.
    """
    match = _GEO.match(name)
    if match is None:
        return name, None
    return name[match.end() :], None if match[1] == "regional" else match[1]
