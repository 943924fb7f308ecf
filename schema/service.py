"""The type ServiceInfo."""

import resolvers.registry
import resolvers.service
from resolvers.scalars import SHA256, BigInt
from schema.fields import attribute, batched, type_of


@type_of(
    resolvers.service.Limits,
    "The limits of one operation; an operation that exceeds one is refused.",
)
class ServiceLimits:
    max_page_size: int = attribute("Largest value of first and last.")
    max_depth: int = attribute("Levels of nested fields.")
    max_nodes: int = attribute(
        "Objects in the response, estimated by multiplying the page sizes, and the largest lengths"
        " of other lists, along each path."
    )
    max_values: int = attribute("Fields without subfields in the response, estimated as maxNodes.")
    max_response_bytes: int = attribute("Bytes of a response's body.")
    max_aliases: int = attribute("Field aliases in an operation.")
    max_root_fields: int = attribute("Root fields of a query.")
    max_mutation_fields: int = attribute("Root fields of a mutation.")
    max_directives: int = attribute("Directives in an operation.")
    max_input_list: int = attribute("Items of a list in the arguments.")
    max_tokens: int = attribute("Lexical tokens of a document.")
    max_body_bytes: int = attribute("Bytes of a request's body.")
    max_head_bytes: int = attribute("Bytes of a request's URL and headers together.")
    max_head_lines: int = attribute("Header lines of a request.")
    head_timeout_ms: int = attribute("Milliseconds in which the head of a request must arrive.")
    max_connections: int = attribute("Connections at the same time to a process of the server.")
    max_sockets_per_client: int = attribute(
        "WebSocket connections at the same time from one address to a process of the server."
    )
    max_subscriptions_per_client: int = attribute(
        "Subscriptions at the same time from one address to a process of the server."
    )
    max_sockets_per_token: int = attribute(
        "WebSocket connections at the same time with one token to a process of the server."
    )
    max_subscriptions_per_token: int = attribute(
        "Subscriptions at the same time with one token to a process of the server."
    )
    points_per_minute: int = attribute(
        "Points of a token a minute in each process of the server, so that several processes allow"
        " several times as many; 0: any number. A query costs one point for each 10 objects of"
        " maxNodes; a mutation 10 for each root field besides, and one for each 10 items of its"
        " lists; a subscription 10 when it starts."
    )
    gateway_points_per_minute: int = attribute("The same for a token with the role GATEWAY.")
    wrong_credentials_per_minute: int = attribute(
        "Wrong credentials a minute from one address in each process of the server; 0: any number."
    )
    max_socket_operations: int = attribute("Operations at the same time on a WebSocket.")
    max_socket_message_bytes: int = attribute("Bytes of a WebSocket message.")
    max_socket_messages_per_s: int = attribute(
        "Messages, fragments and control frames a second on a WebSocket."
    )
    max_socket_bytes_per_s: int = attribute("Bytes a second that a client sends on a WebSocket.")
    timeout_ms: int = attribute("Milliseconds that an operation may take.")


@type_of(
    resolvers.service.Service,
    "This server: its release, schema and limits, and the registry's revision.",
)
class ServiceInfo:
    version: str = attribute("The release of the server.")
    schema_hash: SHA256 = attribute("SHA-256 of the schema in SDL.")
    registry_revision: BigInt = batched(resolvers.registry.revisions)
    limits: ServiceLimits = attribute(
        "The limits of one operation; an operation that exceeds one is refused."
    )
