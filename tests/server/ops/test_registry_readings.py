"""What metrics read from the database, and how often."""

from collections import Counter

import pytest

from db.postgres.engine import Database
from db.postgres.observing import Statement
from server.ops import instruments, registry_readings
from server.ops.registry_readings import RegistryReadings
from tests import factories


async def test_the_database_is_read_once_in_a_while_and_asked_at_each_scrape(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_readings, "_KEPT_S", 1_000)
    seen: Counter[str] = Counter()

    def observe(statement: Statement) -> None:
        seen[str(statement.query)] += 1

    readings = RegistryReadings(db)
    await readings.read()
    db.statement_observers.append(observe)
    await factories.model(db)
    seen.clear()
    for _ in range(3):
        found = {each.instrument: each.value for each in await readings.read()}
    assert found[instruments.REVISION] == 0  # as it was
    assert found[instruments.DATABASE_UP] == 1
    assert list(seen.values()) == [3], seen
    monkeypatch.setattr(registry_readings, "_KEPT_S", 0)
    readings = RegistryReadings(db)
    found = {each.instrument: each.value for each in await readings.read()}
    assert found[instruments.REVISION] == 1
    await readings.close()
