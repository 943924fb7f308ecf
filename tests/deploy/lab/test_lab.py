"""The lab starts real components, and ends them."""

from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from deploy.lab import postgres, processes, registry


def test_a_standby_follows_its_primary_and_serves_reads() -> None:
    with (
        TemporaryDirectory(prefix="registry-lab-") as name,
        postgres.running(Path(name) / "one") as primary,
        postgres.standby(primary, Path(name) / "two") as standby,
        registry.serving(Path(name) / "registry", primary.url) as served,
    ):
        assert registry.answers(f"{served.url}/readyz")
        (position,) = primary.execute("SELECT pg_current_wal_lsn()")[0]
        caught_up = f"SELECT pg_last_wal_replay_lsn() >= '{position}'"
        processes.wait_until(lambda: standby.execute(caught_up)[0][0], "the standby")
        with psycopg.connect(standby.url) as connection:
            assert connection.execute("SELECT count(*) FROM models").fetchone() == (0,)
        primary.kill()
        assert not primary_answers(primary)
        primary.start()
        assert primary_answers(primary)


def primary_answers(server: postgres.Postgres) -> bool:
    try:
        return server.execute("SELECT 1") == [(1,)]
    except psycopg.OperationalError:
        return False


def test_a_missing_program_names_its_package() -> None:
    with pytest.raises(processes.MissingProgram, match="apt-get install some-package"):
        processes.program("no-such-program", "some-package")
