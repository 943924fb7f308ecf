"""The metrics of a server."""

from collections.abc import Callable
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from db.postgres.engine import Database
from db.tables import RetentionRun
from db.writes import work_runs
from tests import factories

Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]


async def _samples(client: httpx.AsyncClient) -> Samples:
    """The values by name, and by labels without that of the process."""
    response = await client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    found: Samples = {}
    for metric in text_string_to_metric_families(response.text):
        for each in metric.samples:
            labels = {name: value for name, value in each.labels.items() if name != "process"}
            found.setdefault(each.name, {})[tuple(sorted(labels.items()))] = each.value
    return found


async def test_metrics_show_the_revision_and_the_last_retention_run(
    serve: Callable[..., Any], db: Database
) -> None:
    await factories.model(db)
    async with serve() as client:
        before = await _samples(client)
        assert before["registry_revision"] == {(): 1}
        assert before["registry_models"] == {(): 1}
        assert before["registry_database_up"] == {(): 1}
        assert "registry_retention_last_run_archived" not in before
    async with db.write("tests") as session:
        session.add(RetentionRun(actor="tests", archived=3, purged=2))
    async with serve() as client:
        after = await _samples(client)
        assert after["registry_retention_last_run_archived"] == {(): 3}
        assert after["registry_retention_last_run_purged"] == {(): 2}


async def test_runs_of_jobs_and_imports_show_on_every_server(
    serve: Callable[..., Any], db: Database
) -> None:
    for _ in range(2):
        async with work_runs.noted(db, work_runs.JOB, "compact"):
            pass
    async with work_runs.noted(db, work_runs.IMPORT, "litellm") as figures:
        figures["conflicts"] = 3
    try:
        async with work_runs.noted(db, work_runs.JOB, "compact"):
            raise ValueError("it failed")
    except ValueError:
        pass
    async with serve() as client:
        found = await _samples(client)
    job, catalog = ("job", "compact"), ("catalog", "litellm")
    assert found["registry_job_runs_total"] == {
        (job, ("result", "succeeded")): 2,
        (job, ("result", "failed")): 1,
    }
    assert found["registry_import_last_rows"] == {(catalog, ("what", "conflicts")): 3}
    ended = found["registry_job_last_run_timestamp_seconds"][(job,)]
    assert ended > found["registry_job_last_success_timestamp_seconds"][(job,)]
