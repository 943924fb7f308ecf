"""The exporters that the environment names, and what all telemetry of a process says of it."""

import logging
import os
from collections.abc import Iterator, Sequence
from importlib.metadata import entry_points, version
from typing import Any
from uuid import uuid4

from opentelemetry.sdk.resources import Resource

_PROTOCOLS = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}
_INSTANCE = "service.instance.id"

_log = logging.getLogger(__name__)


def exporters(signal: str, names: Sequence[str]) -> Iterator[Any]:
    """The exporters of a signal; one that cannot be made is a warning."""
    for name in names:
        variable = f"OTEL_{signal.upper()}_EXPORTER"
        if name == "otlp":
            variable, name = _of_protocol(signal)
        found = next(iter(entry_points(group=f"opentelemetry_{signal}_exporter", name=name)), None)
        if found is None:
            package = name.replace("_", "-")
            _log.warning(
                "%s: no exporter %s of %s is installed; it may be in the package"
                " opentelemetry-exporter-%s",
                *(variable, name, signal, package),
            )
            continue
        try:
            yield found.load()()
        except Exception as error:
            _log.warning("%s: the exporter %s does not start: %s", variable, name, error)


class _ProcessResource(Resource):
    """A resource that keeps its hash: exporters ask for it for each span and log line that they
    send, and the SDK's makes JSON of all attributes each time, a tenth of the work of sending."""

    def __init__(self, made: Resource) -> None:
        super().__init__(made.attributes, made.schema_url)
        self._hash = super().__hash__()

    def __hash__(self) -> int:
        return self._hash


def resource(service: str) -> Resource:
    """The attributes of this process: OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME count first.

    Each process has its own `service.instance.id`; a given one is followed by the process's id.
    """
    given = Resource.create()
    own: dict[str, str] = {}
    if str(given.attributes.get("service.name", "")).startswith("unknown_service"):
        own["service.name"] = service
    if "service.version" not in given.attributes:
        own["service.version"] = version("model-registry")
    if _INSTANCE in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", ""):
        own[_INSTANCE] = f"{given.attributes.get(_INSTANCE)}:{os.getpid()}"
    elif _INSTANCE not in given.attributes:
        own[_INSTANCE] = str(uuid4())
    return _ProcessResource(given.merge(Resource(own)))


def _of_protocol(signal: str) -> tuple[str, str]:
    """The variable that decides, and the name of the exporter."""
    common = "OTEL_EXPORTER_OTLP_PROTOCOL"
    own = f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL"
    variable = own if os.environ.get(own) else common
    protocol = os.environ.get(variable) or "http/protobuf"
    return variable, _PROTOCOLS.get(protocol, protocol)
