"""What all telemetry of a process says of it."""

from opentelemetry.sdk.resources import Resource

from server.telemetry.exporters import resource


def test_a_process_is_the_same_resource_for_the_sdk() -> None:
    own = resource("model-registry")
    same = Resource(own.attributes, own.schema_url)
    assert own == same
    assert {same: 1}[own] == 1  # exporters look it up by its hash, which it keeps
