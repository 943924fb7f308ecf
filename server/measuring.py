"""What a process counts of itself: the parts of the application, read when somebody asks."""

from collections.abc import Iterator

from server.execution.operation_counts import OperationCounts
from server.execution.pipeline import RequestPipeline
from server.ops import refused
from server.ops.connections import Connections
from server.ops.readings import Readings


def readings(pipeline: RequestPipeline, connections: Connections) -> Readings:
    """The readings of an application's parts; from now on its operations are counted."""
    counts = OperationCounts(_trusted_names(pipeline))
    pipeline.observers.append(counts.observe)
    made = Readings()
    made.sources += [counts.read, refused.read, connections.read]
    return made


def _trusted_names(pipeline: RequestPipeline) -> Iterator[str]:
    """The names of the operations of trusted documents."""
    for document in pipeline.operations.trusted.by_id.values():
        yield from document.operations
