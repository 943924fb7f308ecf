"""Versions: finding one, filtering many, and how they stand against their targets."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from db.tables import ModelVersion
from domain.enums import BindingStatus, Capability, VersionStatus
from tests import factories
from tests.db.clones import opened
from tests.graphql import GraphQL

HASHES = [f"{number:064x}" for number in range(5)]
BY_HASH = "query ($hash: SHA256!) { version(by: {contentHash: $hash}) { id model { id } } }"
ALL = {"1.0.0", "1.1.0", "2.0.0", "3.0.0"}


@pytest.fixture(scope="module")
async def gql(postgres_url: str, template: str) -> AsyncIterator[GraphQL]:
    """Two models with two versions each, which differ in every field of the filter."""
    async with opened(postgres_url, template) as db:
        one, two = [await factories.model(db, name=name) for name in ("one", "two")]
        tools, vision = Capability.TOOLS, Capability.VISION
        given: list[tuple[Any, dict[str, Any]]] = [
            (one, {"version": "1.0.0", "region": "eu", "eval_score": 0.5, "capabilities": [tools]}),
            (one, {"version": "1.1.0", "region": "us", "cost_per_1k": Decimal("0.1")}),
            (two, {"version": "2.0.0", "region": "eu", "status": VersionStatus.DEPRECATED}),
            (two, {"version": "3.0.0", "region": "ap", "status": VersionStatus.DRAFT}),
        ]
        given[2][1].update(eval_score=0.75, cost_per_1k=Decimal("0.1000000001"), slo_latency_ms=100)
        given[2][1].update(capabilities=[tools, vision])
        given[3][1].update(eval_score=1.0, cost_per_1k=Decimal(0))
        given[0][1].update(released_on=date(2024, 5, 13), rolling=True)
        given[1][1].update(released_on=date(2024, 8, 6))
        given[3][1].update(held_at=factories.EPOCH, hold_reason="why", hold_actor="tests")
        rows = [
            await factories.version(
                db,
                model,
                number=number,
                content_hash=HASHES[number],
                created_at=factories.EPOCH + timedelta(days=number),
                **columns,
            )
            for number, (model, columns) in enumerate(given, 1)
        ]
        await factories.alias(db, rows[0], "production")
        await factories.alias(db, rows[2], "production")
        await factories.alias(db, rows[1], "canary")
        await factories.binding(db, rows[0], latency_ms=10.0)
        await factories.binding(db, rows[2], latency_ms=99.9)
        await factories.binding(db, rows[3])
        yield GraphQL(db)


async def _found(gql: GraphQL, condition: str) -> set[str]:
    document = f"{{ versions(filter: {{{condition}}}) {{ totalCount nodes {{ version }} }} }}"
    page = (await gql(document))["versions"]
    assert page["totalCount"] == len(page["nodes"])
    return {node["version"] for node in page["nodes"]}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", ALL),
        ("ids: []", set()),
        ('ids: ["nonsense", "mdl_00000000000000000000000000000001"]', set()),
        ('models: [{name: "one"}]', {"1.0.0", "1.1.0"}),
        ('models: [{name: "one"}, {name: "two"}]', ALL),
        ('models: [{name: "nobody"}, {id: "nonsense"}]', set()),
        ("models: []", set()),
        ('versions: ["1.0.0", "3.0.0", "9.9.9"]', {"1.0.0", "3.0.0"}),
        ("versions: []", set()),
        (f'contentHashes: ["{HASHES[2]}"]', {"1.1.0"}),
        (f'contentHashes: ["{"f" * 64}"]', set()),
        ('regions: ["eu", "ap"]', {"1.0.0", "2.0.0", "3.0.0"}),
        ("regions: []", set()),
        ("statuses: ACTIVE", {"1.0.0", "1.1.0"}),
        ("statuses: [DEPRECATED, DRAFT]", {"2.0.0", "3.0.0"}),
        ("statuses: ARCHIVED", set()),
        ("statuses: []", set()),
        ('aliases: ["production"]', {"1.0.0", "2.0.0"}),
        ('aliases: ["production", "canary"]', {"1.0.0", "1.1.0", "2.0.0"}),
        ('aliases: ["latest"]', set()),
        ("aliases: []", set()),
        ("evalScore: {gte: 0.75}", {"2.0.0", "3.0.0"}),
        ("evalScore: {lte: 0.75}", {"1.0.0", "2.0.0"}),
        ("evalScore: {gte: 0.5, lte: 0.5}", {"1.0.0"}),
        ("evalScore: {gte: 0.8, lte: 0.2}", set()),
        ("evalScore: {gte: -1e308}", {"1.0.0", "2.0.0", "3.0.0"}),
        ("evalScore: {lte: 1e308}", {"1.0.0", "2.0.0", "3.0.0"}),
        ("evalScore: {}", {"1.0.0", "2.0.0", "3.0.0"}),
        ("evalScore: {gte: null}", {"1.0.0", "2.0.0", "3.0.0"}),
        ("evalScore: null", ALL),
        ('costPer1k: {gte: "0.1"}', {"1.1.0", "2.0.0"}),
        ('costPer1k: {gte: "0.10000000005"}', {"2.0.0"}),
        ('costPer1k: {lte: "0.1"}', {"1.1.0", "3.0.0"}),
        ("costPer1k: {lte: 0}", {"3.0.0"}),
        ('costPer1k: {gte: "1e30"}', set()),
        ('costPer1k: {lte: "1e30"}', {"1.1.0", "2.0.0", "3.0.0"}),
        ('costPer1k: {gte: "1e-30", lte: "0.2"}', {"1.1.0", "2.0.0"}),
        ("sloStatuses: MET", {"2.0.0"}),
        ("sloStatuses: UNKNOWN", {"1.0.0", "1.1.0", "3.0.0"}),
        ("sloStatuses: [MET, UNKNOWN, BREACHED]", ALL),
        ("sloStatuses: []", set()),
        ("capabilities: TOOLS", {"1.0.0", "2.0.0"}),
        ("capabilities: [TOOLS, VISION]", {"2.0.0"}),
        ("capabilities: [TOOLS, TOOLS]", {"1.0.0", "2.0.0"}),
        ("capabilities: [VISION, REASONING]", set()),
        ("capabilities: []", ALL),
        ("anyCapability: TOOLS", {"1.0.0", "2.0.0"}),
        ("anyCapability: [VISION, REASONING]", {"2.0.0"}),
        ("anyCapability: []", set()),
        ("capabilities: TOOLS, anyCapability: [VISION, PDF_INPUT]", {"2.0.0"}),
        ('createdAt: {gte: "2020-01-03T00:00:00Z"}', {"1.1.0", "2.0.0", "3.0.0"}),
        ('createdAt: {lt: "2020-01-03T00:00:00Z"}', {"1.0.0"}),
        ('releasedOn: {gte: "2024-05-14"}', {"1.1.0"}),
        ('releasedOn: {lte: "2024-05-13"}', {"1.0.0"}),
        ('releasedOn: {gte: "2024-05-13", lte: "2024-08-06"}', {"1.0.0", "1.1.0"}),
        ('releasedOn: {gte: "0001-01-01", lte: "9999-12-31"}', {"1.0.0", "1.1.0"}),
        ("releasedOn: {}", {"1.0.0", "1.1.0"}),
        ("rolling: true", {"1.0.0"}),
        ("rolling: false", {"1.1.0", "2.0.0", "3.0.0"}),
        ("held: true", {"3.0.0"}),
        ("held: false", {"1.0.0", "1.1.0", "2.0.0"}),
        ("hasRoutableBinding: true", {"1.0.0", "2.0.0"}),
        ("hasRoutableBinding: false", {"1.1.0", "3.0.0"}),
        ('regions: ["eu"], statuses: ACTIVE', {"1.0.0"}),
    ],
)
async def test_a_filter_selects_matching_versions(
    gql: GraphQL, condition: str, expected: set[str]
) -> None:
    assert await _found(gql, condition) == expected


async def test_ids_select_versions_and_models(gql: GraphQL) -> None:
    data = await gql(BY_HASH, hash=HASHES[3])
    version, model = data["version"]["id"], data["version"]["model"]["id"]
    assert await _found(gql, f'ids: ["{version}", "{version}"]') == {"2.0.0"}
    assert await _found(gql, f'models: [{{id: "{model}"}}]') == {"2.0.0", "3.0.0"}
    assert await _found(gql, f'models: [{{id: "{model}"}}, {{name: "one"}}]') == ALL
    assert await _found(gql, f'models: [{{id: "{version}"}}]') == set()
    assert (await gql(f'{{ version(by: {{id: "{version}"}}) {{ version }} }}')) == {
        "version": {"version": "2.0.0"}
    }
    assert (await gql(f'{{ version(by: {{id: "{model}"}}) {{ version }} }}')) == {"version": None}


@pytest.mark.parametrize(
    "by",
    [
        'id: ""',
        'id: "ver_00000000000000000000000000000001"',
        f'contentHash: "{"e" * 64}"',
        'inModel: {model: {name: "nobody"}, select: {latest: true}}',
        'inModel: {model: {id: "nonsense"}, select: {number: 1}}',
        'inModel: {model: {name: "two"}, select: {latest: true}}',  # it has no ACTIVE one
        f'inModel: {{model: {{name: "two"}}, select: {{contentHash: "{HASHES[1]}"}}}}',
    ],
)
async def test_a_version_that_does_not_exist_is_null(gql: GraphQL, by: str) -> None:
    assert await gql(f"{{ version(by: {{{by}}}) {{ id }} }}") == {"version": None}


TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)
TARGETS = {"slo_latency_ms": 100, "slo_success_rate": 0.9}


@pytest.fixture
async def model(db: Any) -> Any:
    return await factories.model(db)


async def _status(gql: GraphQL, version: ModelVersion) -> str:
    """As the field says; the filter must say the same."""
    document = """query ($id: ID!, $status: [SloStatus!]) {
        version(by: {id: $id}) { sloStatus }
        versions(filter: {ids: [$id], sloStatuses: $status}) { totalCount } }"""
    counts = {}
    for status in ("MET", "BREACHED", "UNKNOWN"):
        data = await gql(document, id=version.node_id, status=[status])
        counts[status] = data["versions"]["totalCount"]
    assert counts == {**dict.fromkeys(counts, 0), data["version"]["sloStatus"]: 1}
    return str(data["version"]["sloStatus"])


@pytest.mark.parametrize(
    ("targets", "bindings", "expected"),
    [
        ({}, [{"latency_ms": 1.0, "success_rate": 1.0}], "UNKNOWN"),
        (TARGETS, [], "UNKNOWN"),
        (TARGETS, [{}], "UNKNOWN"),
        (TARGETS, [{"latency_ms": 100.0, "success_rate": 0.9}], "MET"),
        (TARGETS, [{"latency_ms": 100.1, "success_rate": 0.9}], "BREACHED"),
        (TARGETS, [{"latency_ms": 100.0, "success_rate": 0.89}], "BREACHED"),
        (TARGETS, [{"latency_ms": 50.0}], "UNKNOWN"),  # half of the figures
        (TARGETS, [{"latency_ms": 101.0}], "BREACHED"),  # whatever the other half is
        ({"slo_latency_ms": 100}, [{"latency_ms": 50.0}], "MET"),
        ({"slo_latency_ms": 100}, [{"success_rate": 0.1}], "UNKNOWN"),
        ({"slo_success_rate": 0.9}, [{"success_rate": 0.9}], "MET"),
        # each target met, but by no one binding
        (
            TARGETS,
            [
                {"latency_ms": 50.0, "success_rate": 0.1},
                {"latency_ms": 500.0, "success_rate": 1.0},
            ],
            "BREACHED",
        ),
        (TARGETS, [{"latency_ms": 500.0}, {"latency_ms": 5.0, "success_rate": 1.0}], "MET"),
        # only bindings that can be called count
        (
            TARGETS,
            [{"latency_ms": 5.0, "success_rate": 1.0, "status": BindingStatus.DISABLED}],
            "UNKNOWN",
        ),
        (TARGETS, [{"latency_ms": 5.0, "success_rate": 1.0, "sunset_on": YESTERDAY}], "UNKNOWN"),
        (TARGETS, [{"latency_ms": 500.0, "sunset_on": YESTERDAY}], "UNKNOWN"),
        (TARGETS, [{"latency_ms": 500.0, "sunset_on": TODAY}], "BREACHED"),
    ],
)
async def test_slo_status(
    db: Any, model: Any, targets: dict[str, Any], bindings: list[dict[str, Any]], expected: str
) -> None:
    version = await factories.version(db, model, **targets)
    other = await factories.version(db, model, **TARGETS)
    await factories.binding(db, other, latency_ms=5.0, success_rate=1.0)
    for given in bindings:
        await factories.binding(db, version, **given)
    assert await _status(GraphQL(db), version) == expected
    assert await _status(GraphQL(db), other) == "MET"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"status": VersionStatus.DEPRECATED}, "MET"),
        ({"status": VersionStatus.DRAFT}, "UNKNOWN"),
        ({"sunset_on": TODAY}, "MET"),
        ({"sunset_on": YESTERDAY}, "UNKNOWN"),
    ],
)
async def test_slo_status_follows_the_version_s_own_life(
    db: Any, model: Any, given: dict[str, Any], expected: str
) -> None:
    version = await factories.version(db, model, **TARGETS, **given)
    await factories.binding(db, version, latency_ms=5.0, success_rate=1.0)
    assert await _status(GraphQL(db), version) == expected


async def test_a_hash_in_several_models_finds_the_oldest_version(db: Any) -> None:
    versions = [
        await factories.version(db, await factories.model(db), content_hash=HASHES[1])
        for _ in range(3)
    ]
    counts = await GraphQL(db)(BY_HASH, hash=HASHES[1])
    assert counts["version"]["id"] == versions[0].node_id


_SENT = {
    "number": 7,
    "version": "1.2.3",
    "contentHash": HASHES[4],
    "region": "eu-west-1",
    "status": "ACTIVE",
    "evalScore": 0.1 + 0.2,
    "costPer1k": "0.0025",
    "sloLatencyMs": 1,
    "sloSuccessRate": 1.0,
    "contextWindow": 2_147_483_647,
    "maxOutputTokens": 1,
    "capabilities": ["VISION", "TOOLS"],
    "artifactUrl": "s3://bucket/key",
    "sizeBytes": "9223372036854775807",
    "metadata": {"a": [1, None]},
    "releasedOn": "2024-08-06",
    "rolling": True,
    "deprecatedOn": "2026-01-31",
    "sunsetOn": "2026-02-28",
    "revision": 1,
    "createdAt": "2020-01-01T00:00:00+00:00",
    "archive": None,
    "hold": {"reason": "audit", "actor": "kim", "at": "2020-01-01T00:00:00+00:00"},
}


async def test_every_plain_field_is_sent(db: Any, model: Any) -> None:
    version = await factories.version(
        db,
        model,
        number=7,
        version="1.2.3",
        content_hash=HASHES[4],
        cost_per_1k=Decimal("0.0025000000"),
        eval_score=0.1 + 0.2,
        slo_latency_ms=1,
        slo_success_rate=1.0,
        context_window=2_147_483_647,
        max_output_tokens=1,
        capabilities=[Capability.VISION, Capability.TOOLS],
        artifact_url="s3://bucket/key",
        size_bytes=2**63 - 1,
        metadata_={"a": [1, None]},
        released_on=date(2024, 8, 6),
        rolling=True,
        deprecated_on=date(2026, 1, 31),
        sunset_on=date(2026, 2, 28),
        created_at=factories.EPOCH,
        hold_reason="audit",
        hold_actor="kim",
        held_at=factories.EPOCH,
    )
    fields = """number version contentHash region status evalScore costPer1k sloLatencyMs
        sloSuccessRate contextWindow maxOutputTokens capabilities artifactUrl sizeBytes metadata
        releasedOn rolling deprecatedOn sunsetOn revision createdAt archive { reason }
        hold { reason actor at }"""
    document = f"query ($id: ID!) {{ version(by: {{id: $id}}) {{ {fields} }} }}"
    assert (await GraphQL(db)(document, id=version.node_id))["version"] == _SENT
