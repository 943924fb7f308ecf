"""The metrics of a server."""

from collections.abc import Callable
from typing import Any

from db.postgres.engine import Database
from db.tables import RetentionRun
from tests import factories


async def test_metrics_show_the_revision_and_the_last_retention_run(
    serve: Callable[..., Any], db: Database
) -> None:
    async with serve() as client:
        await factories.model(db)
        before = (await client.get("/metrics")).text
        assert "registry_revision 1.0" in before
        assert "retention" not in before
        async with db.write("tests") as session:
            session.add(RetentionRun(actor="tests", archived=3, purged=2))
        response = await client.get("/metrics")
        assert response.headers["content-type"].startswith("text/plain")
        assert "registry_retention_last_run_archived 3.0" in response.text
        assert "registry_retention_last_run_purged 2.0" in response.text
