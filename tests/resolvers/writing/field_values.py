"""A value for every field of every input; test_every_field.py says what to add for a new field."""

from typing import Any

PRICE = {
    "inputPer1k": "0.0025",
    "outputPer1k": "0.01",
    "cacheReadPer1k": "0.0001",
    "effectiveFrom": "2026-01-31T12:00:00.000001+00:00",
    "source": "list price",
}
BINDING = {
    "providerModelId": "served",
    "region": "eu-west-1",
    "endpoint": "https://example.com/v1",
    "config": {"maxTokens": 4096},
    "credentialRef": "env://ACME",
    "status": "DRAINING",
    "priority": 10,
    "weight": 50,
    "sunsetOn": "2030-01-31",
}
# Input type -> field -> a value other than the field's default, as GraphQL shows it.
VALUES: dict[str, dict[str, Any]] = {
    "CreateModelInput": {
        "name": "created",
        "task": "OCR",
        "subject": "math",
        "description": "Created.",
        "labels": [{"key": "team", "value": "red"}],
        "retentionKeep": 5,
    },
    "UpdateModelInput": {
        "name": "updated",
        "task": "SEARCH",
        "subject": "physics",
        "description": "Updated.",
        "labels": [{"key": "team", "value": "blue"}],
        "retentionKeep": 7,
    },
    "LabelInput": {"key": "team", "value": "red"},
    "CreateVersionInput": {
        "version": "4.0.0",
        "contentHash": "4" * 64,
        "region": "eu-west-1",
        "status": "DRAFT",
        "evalScore": 0.75,
        "costPer1k": "0.0000000001",
        "sloLatencyMs": 900,
        "sloSuccessRate": 0.99,
        "contextWindow": 128_000,
        "maxOutputTokens": 4_096,
        "capabilities": ["TOOLS", "VISION"],
        "artifactUrl": "s3://bucket/weights",
        "sizeBytes": "9007199254740993",
        "metadata": {"license": "MIT", "deep": [[1.5, None, True]]},
        "deprecatedOn": "2029-01-31",
        "sunsetOn": "2030-01-31",
    },
    "UpdateVersionInput": {
        "region": "us-east-1",
        "status": "ACTIVE",
        "evalScore": 0.5,
        "costPer1k": "0.25",
        "sloLatencyMs": 800,
        "sloSuccessRate": 0.98,
        "contextWindow": 64_000,
        "maxOutputTokens": 2_048,
        "capabilities": ["REASONING"],
        "artifactUrl": "s3://bucket/others",
        "sizeBytes": "17",
        "metadata": ["other"],
        "deprecatedOn": "2029-02-28",
        "sunsetOn": "2030-02-28",
    },
    "NewBindingInput": BINDING,
    "UpdateBindingInput": {
        "providerModelId": "served-anew",
        "region": "us-east-1",
        "endpoint": "https://example.com/v2",
        "config": {"maxTokens": 8192},
        "credentialRef": "env://OTHER",
        "status": "DISABLED",
        "priority": 20,
        "weight": 60,
        "sunsetOn": "2030-02-28",
        "successRate": 0.5,
        "latencyMs": 120.5,
    },
    "PriceInput": PRICE,
    "CreateProviderInput": {
        "slug": "created",
        "name": "Created",
        "kind": "BEDROCK",
        "apiBase": "https://api.example.com",
        "docsUrl": "https://docs.example.com",
    },
    "UpdateProviderInput": {
        "name": "Updated",
        "kind": "AZURE",
        "apiBase": "https://api.example.org",
        "docsUrl": "https://docs.example.org",
    },
    "SetVersionHoldInput": {"reason": "an audit"},
}
# Input type -> the fields that no column of the row holds: they name another object, are its
# input, or control the call.
NO_COLUMN: dict[str, set[str]] = {
    "CreateModelInput": {"idempotencyKey"},
    "CreateVersionInput": {"model", "bindings", "alias", "applyRetention", "idempotencyKey"},
    "NewBindingInput": {"provider", "price"},
    "CreateBindingInput": {"version", "binding", "idempotencyKey"},
    "SetPriceInput": {"binding", "price"},
    "SetAliasInput": {"model", "alias", "version", "expectedVersion"},
    "RollbackAliasInput": {"model", "alias"},
    "DeleteAliasInput": {"model", "alias"},
    "RetentionInput": {"model", "keep", "purgeArchivedBefore", "planHash", "idempotencyKey"},
    "ModelRef": {"id", "name"},
    "VersionRef": {"id", "contentHash", "inModel"},
    "VersionInModel": {"model", "select"},
    "VersionSelector": {"latest", "alias", "version", "number", "contentHash"},
    **{
        f"{verb}Input": {"id", "expectedRevision", "force"}
        for verb in ("DeleteModel", "DeleteVersion")
    },
    **{
        f"{verb}Input": {"id", "expectedRevision"}
        for verb in (
            "UpdateModel",
            "UpdateVersion",
            "UpdateBinding",
            "UpdateProvider",
            "DeleteBinding",
            "DeleteProvider",
            "ArchiveVersion",
            "RestoreVersion",
            "SetVersionHold",
        )
    },
}
