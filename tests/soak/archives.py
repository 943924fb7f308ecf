"""A client that archives and restores versions of a model of its own, and what must be left."""

import random
from dataclasses import dataclass, field

import psycopg

from domain import ids
from tests.soak import clients
from tests.soak.clients import Client, Server
from tests.soak.mixed import write

_KEPT = 5  # versions that are not archived


class Lost(AssertionError):
    """An acknowledged change that is not there."""


@dataclass(slots=True)
class Archivist:
    """One client, and the last acknowledged state of each of its versions."""

    client: Client = field(default_factory=lambda: Client("archivist", random.Random(0)))
    states: dict[str, str] = field(default_factory=dict)  # by id; unknown after a failure
    _is_busy: bool = False

    async def turn(self, servers: list[Server]) -> str:
        """Create, archive or restore a version; why it failed, or an empty text.

        While a turn waits for its answer, others do nothing: which of two is last is unknown.
        """
        if self._is_busy:
            return ""
        self._is_busy = True
        try:
            return await self._turn(servers)
        finally:
            self._is_busy = False

    async def _turn(self, servers: list[Server]) -> str:
        active = [each for each, state in self.states.items() if state != "ARCHIVED"]
        archived = [each for each, state in self.states.items() if state == "ARCHIVED"]
        if self.client.model is None or len(active) < _KEPT:
            return await self._create(servers)
        is_restore = bool(archived) and self.client.luck.random() < 0.5
        version = self.client.luck.choice(archived if is_restore else active[:-1])
        verb = "restoreVersion" if is_restore else "archiveVersion"
        return await self._move(servers, verb, version)

    async def _create(self, servers: list[Server]) -> str:
        before = len(self.client.versions)

        async def create(at: list[Server], client: Client) -> None:
            verb = clients.create_own if client.model else clients.create_model
            await verb(at[0], client)

        why = await write(servers, self.client, create)
        for version in self.client.versions[before:]:
            self.states[version] = "ACTIVE"
        return why

    async def _move(self, servers: list[Server], verb: str, version: str) -> str:
        async def move(at: list[Server], client: Client) -> None:
            given = {"version": {"id": version}}
            await clients.send(at[0], client, verb, given, "version { id }", -1)

        why = await write(servers, self.client, move)
        call = self.client.calls[-1]
        if call.outcome == "done":
            self.states[version] = "ARCHIVED" if verb == "archiveVersion" else "ACTIVE"
        elif call.outcome == "unknown":
            self.states[version] = "UNKNOWN"
        return why

    def check(self, url: str) -> dict[str, int]:
        """How many versions are as acknowledged; raises Lost."""
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT id, status = 'ARCHIVED' FROM model_versions")
            there = {ids.encode(ids.VERSION, key): archived for key, archived in rows}
        known = {key: state for key, state in self.states.items() if state != "UNKNOWN"}
        for key, state in known.items():
            if there.get(key) is not (state == "ARCHIVED"):
                raise Lost(f"{key} was {state}, and is archived: {there.get(key)}")
        return {"versions": len(self.states), "checked": len(known)}
