"""What a server exposes, compared with what is declared."""

from collections.abc import Iterable

from prometheus_client.parser import text_string_to_metric_families

from server.ops import instruments
from server.ops.instruments import Instrument, Kind

# They need a replica: tests/server/test_replicas.py tests them.
OF_REPLICAS = [each for each in instruments.ALL if each.name.startswith("registry_replica_")]


def differences(text: str, declared: Iterable[Instrument]) -> dict[str, str]:
    """The instruments that are not in the text of a scrape as they are declared, and why."""
    found = {family.name: family for family in text_string_to_metric_families(text)}
    wrong: dict[str, str] = {}
    for each in declared:
        family = found.get(each.name)
        if family is None or not family.samples:
            wrong[each.name] = "is not there"
            continue
        named = {name for sample in family.samples for name in (*sample.labels, "le")}
        expected = {*each.labels, "le"}
        suffixes = {sample.name.removeprefix(each.name) for sample in family.samples}
        if (family.type, family.documentation) != (each.kind.value, each.help):
            wrong[each.name] = f"{family.type}: {family.documentation}"
        elif named != expected:
            wrong[each.name] = f"has the labels {named}"
        elif not suffixes <= _SUFFIXES[each.kind]:
            wrong[each.name] = f"has the suffixes {suffixes}"
    return wrong


def undeclared(text: str, declared: Iterable[Instrument]) -> set[str]:
    """The names in the text that no instrument has."""
    names = {each.name for each in declared}
    return {family.name for family in text_string_to_metric_families(text)} - names


_SUFFIXES = {
    Kind.COUNTER: {"_total"},
    Kind.GAUGE: {""},
    Kind.HISTOGRAM: {"_bucket", "_count", "_sum"},
}
