"""Who sent an operation, and what is known of it before it runs."""

from typing import NamedTuple

from graphql import OperationType
from graphql.execution.values import VariableValues

from domain.access import Identity
from server.execution.bodies import ShownCost
from server.execution.documents import Document, MeasuredCost, Operation
from server.execution.parameters import Parameters


class Caller(NamedTuple):
    """Who sent a request: its id, the value of the header Authorization, and the address.

    `identity` is None until the request is authenticated (server/access/authentication.py).
    """

    request_id: str
    credential: bytes = b""
    client: str = ""  # the address of one that can subscribe
    identity: Identity | None = None

    @property
    def authenticated(self) -> Identity:
        """The identity; nothing runs without one."""
        assert self.identity is not None
        return self.identity


class PreparedOperation(NamedTuple):
    """An operation that is within all limits, and its coerced variables."""

    document: Document
    operation: Operation
    parameters: Parameters
    variables: VariableValues
    measured: MeasuredCost
    points: int

    @property
    def kind(self) -> OperationType:
        """Whether it is a query, a mutation or a subscription."""
        return self.operation.node.operation

    @property
    def shown_cost(self) -> ShownCost:
        """What its caller is told of its cost, if points are counted."""
        return ShownCost(self.measured.cost.nodes, self.points)
