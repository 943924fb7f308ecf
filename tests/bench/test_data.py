"""The benchmark's databases: filled once, copied for each run, and dropped afterwards."""

import os

import psycopg
import pytest

from bench import data


def _names(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT datname FROM pg_database").fetchall()
    return {name for (name,) in rows}


def _bindings(url: str) -> int:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT count(*) FROM provider_bindings WHERE endpoint <> ''")
        return int((rows.fetchone() or (0,))[0])


def test_databases_of_two_sizes_exist_at_the_same_time(postgres_url: str) -> None:
    with data.copied(postgres_url, 80) as small, data.copied(postgres_url, 160) as large:
        assert (_bindings(small), _bindings(large)) == (80, 160)
        assert {f"bench_80_{os.getpid()}", f"bench_160_{os.getpid()}"} <= _names(postgres_url)
    assert not any(name.startswith("bench_80_") for name in _names(postgres_url))


def test_the_template_of_a_size_is_filled_once(
    postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        with data.copied(postgres_url, 120):
            pass
    assert capsys.readouterr().err.count("Filling") == 1


def test_the_database_of_a_killed_run_is_dropped_by_the_next_fill(postgres_url: str) -> None:
    """A run whose process is alive keeps its database."""
    ended, alive = 2**22 + 1, os.getppid()  # the first is above the largest process id
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for process in (ended, alive):
            connection.execute(f"CREATE DATABASE bench_40_{process}")
        with data.copied(postgres_url, 200):
            pass
        assert f"bench_40_{ended}" not in _names(postgres_url)
        assert f"bench_40_{alive}" in _names(postgres_url)
        connection.execute(f"DROP DATABASE bench_40_{alive}")
