"""Hand-written SQL: PostgreSQL makes the JSON of the whole response, Python passes its bytes on.

This is the code for these operations alone, when only speed counts. It is not GraphQL: the
operation's name selects the statement.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from psycopg import AsyncConnection
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.peers.statements import REPORT, ROUTE

_GATEWAY = b"""
SELECT json_build_object('model', (SELECT row_to_json(m) FROM (
  SELECT id, name, task, subject, description,
    created_at AS "createdAt", updated_at AS "updatedAt",
    (SELECT coalesce(json_agg(v), '[]') FROM (
      SELECT id, version, content_hash AS "contentHash", region, eval_score AS "evalScore",
        cost_per_1k::text AS "costPer1k", slo_latency_ms AS "sloLatencyMs", status, metadata,
        created_at AS "createdAt",
        (SELECT coalesce(json_agg(b), '[]') FROM (
          SELECT b.id, b.provider_model_id AS "providerModelId", b.endpoint, b.region, b.status,
            b.priority, b.weight, b.latency_ms AS "latencyMs", b.success_rate AS "successRate",
            json_build_object('slug', p.slug) AS provider
          FROM provider_bindings b JOIN providers p ON p.id = b.provider_id
          WHERE b.version_id = model_versions.id AND b.status = 'ACTIVE'
          ORDER BY b.priority, b.id LIMIT 10
        ) b) AS bindings
      FROM model_versions WHERE model_id = models.id AND status = 'ACTIVE'
      ORDER BY number DESC LIMIT 3
    ) v) AS versions
  FROM models WHERE name = %(name)s
) m))::text
"""
_PAGE = b"""
SELECT json_build_object('models', coalesce(json_agg(m), '[]'))::text FROM (
  SELECT id, name, task, subject, description, revision,
    created_at AS "createdAt", updated_at AS "updatedAt",
    (SELECT coalesce(json_agg(v), '[]') FROM (
      SELECT id, version, content_hash AS "contentHash", region, eval_score AS "evalScore",
        cost_per_1k::text AS "costPer1k", slo_latency_ms AS "sloLatencyMs", status,
        (SELECT coalesce(json_agg(b), '[]') FROM (
          SELECT b.id, b.provider_model_id AS "providerModelId", b.endpoint, b.region, b.status,
            b.latency_ms AS "latencyMs", b.success_rate AS "successRate",
            json_build_object('slug', p.slug) AS provider
          FROM provider_bindings b JOIN providers p ON p.id = b.provider_id
          WHERE b.version_id = model_versions.id ORDER BY b.priority, b.id LIMIT 10
        ) b) AS bindings
      FROM model_versions WHERE model_id = models.id ORDER BY number DESC LIMIT 10
    ) v) AS versions
  FROM models WHERE %(condition)s ORDER BY name LIMIT %(limit)s
) m
"""
_STATEMENTS = {
    "Q1": _GATEWAY,
    "Q2": _PAGE.replace(b"%(condition)s", b"true").replace(b"%(limit)s", b"%(first)s"),
    "Q3": b"""SELECT json_build_object('model', (SELECT row_to_json(m) FROM (
        SELECT id, name, task, subject, description, created_at AS "createdAt"
        FROM models WHERE id = %(id)s) m))::text""",
    "Q4": b"""WITH changed AS (
        UPDATE provider_bindings SET success_rate = %(successRate)s, latency_ms = %(latencyMs)s,
            revision = revision + 1, updated_at = now()
        WHERE id = %(id)s
        RETURNING id, success_rate AS "successRate", latency_ms AS "latencyMs"
    ) SELECT json_build_object('updateBinding',
        json_build_object('binding', row_to_json(changed)))::text FROM changed""",
    "Q5": _PAGE.replace(b"%(condition)s", b"name > %(after)s").replace(b"%(limit)s", b"20"),
    "Q6": ROUTE,
    "Q7": REPORT,
}


class _Bytes(Loader):
    """Returns the JSON as bytes, so that it is not decoded and encoded again."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


def _parameters(operation: str, values: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a statement, from the variables of a request."""
    match operation:
        case "Q6":
            return {"name": values["input"]["model"]["name"], "limit": values["input"]["limit"]}
        case "Q7":
            return {"items": orjson.dumps(values["input"]["items"]).decode()}
        case _:
            return values


async def _configure(connection: AsyncConnection) -> None:
    await connection.set_autocommit(True)
    connection.prepare_threshold = 0  # prepare at the first execution
    connection.adapters.register_loader("text", _Bytes)


_POOL = AsyncConnectionPool(
    os.environ["DATABASE_URL"], min_size=10, max_size=10, open=False, configure=_configure
)


async def respond(request: Request) -> Response:
    """Send the result of the operation's statement."""
    operation = orjson.loads(await request.body())
    name = operation["operationName"]
    statement, parameters = _STATEMENTS[name], _parameters(name, operation["variables"])
    async with _POOL.connection() as connection:
        cursor = await connection.execute(statement, parameters)
        row = await cursor.fetchone()
    assert row is not None
    return Response(b'{"data":' + row[0] + b"}", media_type="application/json")


@asynccontextmanager
async def _open_pool(_: Starlette) -> AsyncIterator[None]:
    await _POOL.open(wait=True)
    yield
    await _POOL.close()


app = Starlette(routes=[Route("/graphql", respond, methods=["POST"])], lifespan=_open_pool)
