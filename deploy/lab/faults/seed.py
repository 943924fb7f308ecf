"""The objects that the load of the faults works on."""

import hashlib
from typing import Any

import httpx

MODEL = "seed"
VERSIONS = 40  # to archive and restore while cold storage has faults

_PROVIDER = """mutation { createProvider(input: {slug: "lab", name: "Lab", kind: OTHER}) {
  userErrors { code message } } }"""
_MODEL = """mutation { createModel(input: {name: "seed", task: CHAT}) {
  userErrors { code message } } }"""
_VERSION = """mutation ($version: SemVer!, $hash: SHA256!) {
  createVersion(input: {
    model: {name: "seed"}, version: $version, contentHash: $hash, region: "eu"}) {
    version { id } userErrors { code message } } }"""
_BINDING = """mutation ($version: ID!) {
  createBinding(input: {
    version: {id: $version}, binding: {provider: "lab", providerModelId: "m"}}) {
    binding { id } userErrors { code message } } }"""

_RETAINED = """mutation { createModel(input: {name: "%s", task: CHAT, retentionKeep: 1}) {
  userErrors { code message } } }"""
_RETAINED_VERSION = """mutation { createVersion(input: {
  model: {name: "%s"}, version: "2.0.%d", contentHash: "%s", region: "eu"}) {
  userErrors { code message } } }"""


def sown(url: str) -> tuple[str, list[str]]:
    """Create what the load needs; gives the ID of a binding, and those of versions to archive."""
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as http:

        def send(query: str, **variables: Any) -> Any:
            answer = http.post("/graphql", json={"query": query, "variables": variables}).json()
            (payload,) = answer["data"].values()
            assert not payload.get("userErrors"), answer
            return payload

        send(_PROVIDER)
        send(_MODEL)
        versions = [
            str(send(_VERSION, version=f"1.0.{n}", hash=_hash(n))["version"]["id"])
            for n in range(VERSIONS)
        ]
        binding = send(_BINDING, version=versions[0])["binding"]["id"]
    return str(binding), versions[1:]


def retained(url: str) -> str:
    """Create a model of which retention archives all versions but one; gives its name."""
    name = "retained"
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as http:
        documents = [_RETAINED % name, *(_RETAINED_VERSION % (name, n, _hash(n)) for n in range(4))]
        for document in documents:
            answer = http.post("/graphql", json={"query": document}).json()
            (payload,) = answer["data"].values()
            assert not payload["userErrors"], answer
    return name


def _hash(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()
