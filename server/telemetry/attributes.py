"""What spans say: the semantic conventions of GraphQL, HTTP and databases, and no value ever.

Neither variables nor the text of a document that a client has sent: it may hold values. Texts of
SQL have placeholders.
"""

from functools import lru_cache
from typing import Any

from graphql import OperationType

from db.postgres.observing import ROWS_UNKNOWN, Statement
from domain.operations import Operation
from resolvers.errors import UNAVAILABLE
from server.errors import INTERNAL, TIMEOUT
from server.execution.messages import GraphQLRequest, GraphQLResponse
from server.http.request import PATH

_TEXT_MAX = 8_000  # characters of SQL or of a document
_NAMES_MAX = 200  # of operations that spans are named after: clients choose them
_NAME_MAX = 100  # characters
_FAULTS = frozenset((INTERNAL, TIMEOUT, UNAVAILABLE))  # the other codes are mistakes of clients
_QUERY = OperationType.QUERY.value
_names: set[str] = set()


def name_of(request: GraphQLRequest) -> str:
    """The name of a span: of few different ones, as the name of an operation is its client's."""
    kind, name = _kind(request), request.operation_name
    if not name:
        return kind
    if name not in _names:
        if len(_names) >= _NAMES_MAX or len(name) > _NAME_MAX:
            return kind
        _names.add(name)
    return f"{kind} {name}"


def of_request(request: GraphQLRequest, response: GraphQLResponse) -> dict[str, Any]:
    """The attributes of a GraphQL operation."""
    prepared, identity = request.prepared, request.caller.identity
    values: dict[str, Any] = {
        "graphql.operation.type": _kind(request),
        "registry.request_id": request.request_id,
        "registry.points": request.points,
        "registry.nodes": request.nodes,
        "registry.kept": request.is_kept,
        **of_operation(request),
    }
    if request.operation_name:
        values["graphql.operation.name"] = request.operation_name[:_NAME_MAX]
    if request.method:
        values |= {
            "http.request.method": request.method,
            "http.response.status_code": int(response.status),
            "url.path": PATH,
        }
    if identity is not None:
        values["enduser.id"] = identity.name
    if prepared is not None and prepared.parameters.document_id is not None:  # a trusted document
        values["graphql.document"] = prepared.document.text[:_TEXT_MAX]
    if response.code:
        values["registry.error.code"] = response.code
    if fault := fault_of(response):
        values["error.type"] = fault
    return values


def of_operation(operation: Operation) -> dict[str, Any]:
    """What an operation did in the database."""
    return {
        "registry.database.ms": round(1_000 * operation.database_s, 3),
        "registry.database.statements": operation.statement_count,
        "registry.database.is_shared": operation.is_shared,
    }


def fault_of(response: GraphQLResponse) -> str:
    """The code of an error that is the server's fault; empty for mistakes of clients."""
    return response.code if response.code in _FAULTS or response.status >= 500 else ""


def of_statement(statement: Statement) -> tuple[str, dict[str, Any]]:
    """The name of a statement's span, which is its command, such as SELECT; and the attributes.

    `registry.operations` share it.
    """
    text, command = _described(statement.query)
    values: dict[str, Any] = {
        "db.system.name": "postgresql",
        "db.query.text": text,
        "db.operation.name": command,
    }
    if len(statement.operations) > 1:
        values["registry.operations"] = len(statement.operations)
    if statement.rows != ROWS_UNKNOWN:
        values["db.response.returned_rows"] = statement.rows
    if statement.error:
        values["error.type"] = statement.error
        if len(statement.error) == 5:  # a SQLSTATE
            values["db.response.status_code"] = statement.error
    return command, values


def _described(query: Any) -> tuple[str, str]:
    """The text, and its first word."""
    if isinstance(query, str | bytes):
        return _described_text(query)
    return _described_text(Statement(query, 0, 0, 0, "", ()).text)  # composed: rarely sent twice


@lru_cache(maxsize=2_000)
def _described_text(query: str | bytes) -> tuple[str, str]:
    text = query if isinstance(query, str) else query.decode()
    return text[:_TEXT_MAX], text.split(None, 1)[0].upper()


def _kind(request: GraphQLRequest) -> str:
    return _QUERY if request.prepared is None else request.prepared.kind.value
