"""The type ServiceInfo."""

import resolvers.registry
import resolvers.service
from resolvers.scalars import SHA256, BigInt
from schema.fields import attribute, batched, type_of


@type_of(resolvers.service.Limits, "What one request may ask for.")
class ServiceLimits:
    max_page_size: int = attribute("Objects on a page.")
    max_depth: int = attribute("Levels of nested fields.")
    max_nodes: int = attribute("Objects an operation may reach: the product of its page sizes.")
    max_aliases: int = attribute("Aliases in a document.")
    max_root_fields: int = attribute("Fields at the top of a query.")
    max_tokens: int = attribute("Tokens in a document.")
    max_body_bytes: int = attribute("Bytes in a request's body.")
    timeout_ms: int = attribute("Milliseconds an operation may take.")


@type_of(resolvers.service.Service, "Build, schema and limits of this server.")
class ServiceInfo:
    version: str = attribute("The server's release.")
    schema_hash: SHA256 = attribute("SHA-256 of the SDL it serves.")
    registry_revision: BigInt = batched(resolvers.registry.revisions)
    limits: ServiceLimits = attribute("What one request may ask for.")
