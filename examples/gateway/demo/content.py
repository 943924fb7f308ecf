"""What the demo puts into the registry: a model, a version, and three bindings."""

from typing import NamedTuple

from pydantic import BaseModel

from examples.gateway.client import (
    CreateModelInput,
    CreateProviderInput,
    CreateVersionInput,
    ModelRefName,
    NewBindingInput,
    ProviderKind,
    RegistryClient,
    TaskType,
)
from examples.gateway.transport import Refused

MODEL = "demo-chat"


class Server(NamedTuple):
    """A provider of the demo."""

    name: str
    latency_ms: int
    weight: int
    port: int

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


async def create(client: RegistryClient, servers: list[Server]) -> None:
    """Create them by the public API; raises Refused when the registry does not take them."""
    for server in servers:
        provider = CreateProviderInput(
            slug=server.name,
            name=server.name.title(),
            kind=ProviderKind.OPENAI_COMPATIBLE,
            apiBase=f"{server.url}/v1",
        )
        _check(await client.create_provider(provider))
    model = CreateModelInput(name=MODEL, task=TaskType.CHAT)
    _check(await client.create_model(model))
    bindings = [
        NewBindingInput(provider=each.name, providerModelId=MODEL, weight=each.weight)
        for each in servers
    ]
    version = CreateVersionInput(
        model=ModelRefName(name=MODEL),
        version="1.0.0",
        contentHash="d0" * 32,
        region="eu-west-1",
        sloLatencyMs=500,
        sloSuccessRate=0.99,
        alias="production",
        bindings=bindings,
    )
    _check(await client.create_version(version))


def _check(payload: BaseModel | None) -> None:
    errors = getattr(payload, "user_errors", None)
    if payload is None or errors:
        raise Refused(f"{type(payload).__name__}: {errors}")
