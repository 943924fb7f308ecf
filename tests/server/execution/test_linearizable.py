"""Each read sees all writes that were acknowledged before it started, on every server."""

import asyncio
import json
import logging
import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from db.postgres.engine import Database
from tests import factories
from tests.server.commands.test_commands import serving

_log = logging.getLogger(__name__)
# The test runs for this time at least; LINEARIZABLE_S=600 makes it a long one.
SECONDS = float(os.environ.get("LINEARIZABLE_S", "3"))
_MODELS = ("a", "b", "c")
_READERS = 6
_COUNT_MIN = 6  # of writes and of cached reads: on a busy machine the test runs longer
_EXTRA_S = 60
_WRITE = "mutation($input: UpdateModelInput!) { updateModel(input: $input) { model { id } } }"
_ONE = '{ model(by: {name: "%s"}) { name description } }'
_ALL = "{ models { nodes { name description } } }"
JSON = {"content-type": "application/json"}


@dataclass
class History:
    """The counter in each model's description: as sent, and as acknowledged."""

    sent: dict[str, int]
    acknowledged: dict[str, int]
    end: float
    reads: int = 0
    cached: int = 0  # reads of a response with the ETag that the reader had before
    writes: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def goes_on(self) -> bool:
        has_enough = min(self.cached, self.writes) >= _COUNT_MIN
        end = self.end if has_enough else self.end + _EXTRA_S
        return time.monotonic() < end and not self.wrong


async def _write(client: httpx.AsyncClient, history: History, name: str, id: str) -> None:
    while history.goes_on:
        number = history.sent[name] + 1
        history.sent[name] = number
        given = {"input": {"model": {"id": id}, "description": str(number)}}
        answer = await client.post("/graphql", json={"query": _WRITE, "variables": given})
        assert answer.json() == {"data": {"updateModel": {"model": {"id": id}}}}
        history.acknowledged[name] = number
        history.writes += 1
        await asyncio.sleep(random.uniform(0, 0.08))


async def _read(client: httpx.AsyncClient, history: History) -> None:
    tags: dict[str, str | None] = {}
    documents = [_ALL, *(_ONE % name for name in _MODELS)]
    while history.goes_on:
        document = random.choice(documents)
        known = dict(history.acknowledged)
        body = json.dumps({"query": document}).encode()
        answer = await client.post("/graphql", content=body, headers=JSON)
        data = answer.json()["data"]
        for model in data["models"]["nodes"] if "models" in data else [data["model"]]:
            name, number = model["name"], int(model["description"])
            if not known[name] <= number <= history.sent[name]:
                history.wrong.append(f"{name}: {number}, {known[name]} was acknowledged before")
        tag = answer.headers.get("etag")
        history.reads += 1
        history.cached += tag is not None and tags.get(document) == tag
        tags[document] = tag


async def test_no_read_misses_a_write_acknowledged_before_it_began(
    tmp_path: Path, database_url: str, db: Database
) -> None:
    models = {name: await factories.model(db, name=name, description="0") for name in _MODELS}
    quiet = {"DATABASE_URL": database_url, "REGISTRY_LOG_LEVEL": "error"}
    with serving(tmp_path / "1", **quiet) as one, serving(tmp_path / "2", **quiet) as other:
        async with (
            httpx.AsyncClient(base_url=one.url, timeout=30) as of_one,
            httpx.AsyncClient(base_url=other.url, timeout=30) as of_other,
        ):
            zeros = dict.fromkeys(_MODELS, 0)
            history = History(dict(zeros), dict(zeros), time.monotonic() + SECONDS)
            readers = [_read((of_other, of_one)[n % 3 == 2], history) for n in range(_READERS)]
            writers = [_write(of_one, history, name, row.node_id) for name, row in models.items()]
            await asyncio.gather(*readers, *writers)
    _log.info("%d reads, %d cached, %d writes", history.reads, history.cached, history.writes)
    assert history.wrong == []
    assert min(history.cached, history.writes) >= _COUNT_MIN
