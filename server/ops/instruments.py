"""Every metric of the registry, declared once: its name, kind, labels, and what it says.

Names follow the conventions of Prometheus: the prefix `registry_`, a unit as the suffix, `_total`
behind a counter (prometheus_client writes it). docs/operations.md has the table of all.

A metric of a process is summed over the processes of a server, unless it has the label `process`;
one of the registry is read from the database, and appears once.
"""

from enum import StrEnum
from typing import NamedTuple

PROCESS = "process"  # the label of a worker: its number, from 0


class Kind(StrEnum):
    """How the values of an instrument behave."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Instrument(NamedTuple):
    """A metric: a counter's name has no `_total` here."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    is_of_process: bool = True  # else of the registry: read from the database

    @property
    def shown_name(self) -> str:
        """The name under which it is found in Prometheus; of a histogram, without its suffixes."""
        return f"{self.name}_total" if self.kind is Kind.COUNTER else self.name


ALL: list[Instrument] = []


def _declared(instrument: Instrument) -> Instrument:
    ALL.append(instrument)
    return instrument


def _counter(name: str, text: str, *labels: str) -> Instrument:
    return _declared(Instrument(f"registry_{name}", Kind.COUNTER, text, labels))


def _histogram(name: str, text: str, *labels: str) -> Instrument:
    return _declared(Instrument(f"registry_{name}", Kind.HISTOGRAM, text, labels))


def _gauge(name: str, text: str, *labels: str) -> Instrument:
    """Of each process."""
    return _declared(Instrument(f"registry_{name}", Kind.GAUGE, text, (*labels, PROCESS)))


def _of_registry(name: str, text: str, *labels: str) -> Instrument:
    """A gauge whose value is the same for all processes."""
    return _declared(Instrument(f"registry_{name}", Kind.GAUGE, text, labels, False))


def _counter_of_registry(name: str, text: str, *labels: str) -> Instrument:
    return _declared(Instrument(f"registry_{name}", Kind.COUNTER, text, labels, False))


# Operations
OPERATIONS = _counter(
    "operations",
    "Operations that have ended, subscriptions that have begun; the outcome is `ok`, the code of"
    " the first error, or `CLIENT_GONE` where the client has closed the connection before.",
    *("operation", "kind", "outcome"),
)
OPERATION_DURATION = _histogram(
    "operation_duration_seconds",
    "Time from the complete request to its response, of queries and mutations.",
    *("operation", "kind"),
)
OPERATION_POINTS = _counter(
    "operation_points", "Points of operations (docs/limits.md).", "operation", "kind"
)
OPERATION_NODES = _histogram(
    "operation_nodes", "Objects that an operation may return, of operations that were executed."
)
IN_FLIGHT = _gauge("operations_in_flight", "Queries and mutations that are being answered.")
REFUSALS = _counter(
    "refusals", "Requests, operations and connections that were refused, by reason.", "reason"
)

# Caches
CACHE_REQUESTS = _counter(
    "cache_requests",
    "Look-ups of documents, plans, and answers to repeated queries: `hit`, or `miss`.",
    *("cache", "result"),
)
CACHE_EVICTIONS = _counter("cache_evictions", "Entries that a cache had no room for.", "cache")
CACHE_BYTES = _gauge("cache_size_bytes", "Memory of a cache, estimated.", "cache")
BATCH_SIZE = _histogram(
    "batch_size", "Loads, or queries, that were answered together in a batch.", "batch"
)

# Connections
CONNECTIONS = _gauge("connections", "Open HTTP and WebSocket connections.")
CONNECTIONS_LIMIT = _gauge("connections_limit", "Connections that the process accepts.")
CONNECTIONS_ENDED = _counter(
    "connections_ended",
    "Connections that the server ended: `evicted` (idle, for new ones), `overloaded` (too much"
    " memory for too long), `refused` (the limit was reached, and none was idle).",
    "reason",
)
RECEIVED_BYTES = _gauge("received_bytes", "Bytes of incomplete and waiting requests.")
UNSENT_BYTES = _gauge("unsent_bytes", "Bytes of responses that clients do not read.")
SOCKETS_OPEN = _gauge("sockets_open", "Open WebSockets.")
SUBSCRIPTIONS_OPEN = _gauge("subscriptions_open", "Open subscriptions by root field.", "field")

# The database, as a process sees it
SQL_DURATION = _histogram(
    "sql_duration_seconds",
    "Time that SQL statements took, on the side of the server, by their first word.",
    "statement",
)
SQL_ERRORS = _counter(
    "sql_errors", "Statements that failed, by SQLSTATE or the name of the exception.", "error"
)
POOL_CONNECTIONS = _gauge(
    "pool_connections", "Connections to the database: `in_use` or `idle`.", "pool", "state"
)
POOL_LIMIT = _gauge("pool_connections_limit", "Connections that a pool may have.", "pool")
POOL_WAITING = _gauge("pool_waiting", "Tasks that wait for a connection.", "pool")
POOL_WAIT = _histogram(
    "pool_wait_seconds", "Time that tasks waited for a connection, of those that waited.", "pool"
)
POOL_TIMEOUTS = _counter("pool_timeouts", "Tasks that got no connection in time.", "pool")
POOL_REFUSED = _counter("pool_refused", "New connections that the database refused.", "pool")
POOL_OPENED = _counter("pool_opened", "Connections that were opened.", "pool")
LISTENER_ACTIVE = _gauge("listener_active", "1 while somebody subscribes: the process listens.")
LISTENER_CONNECTED = _gauge(
    "listener_connected", "1 while the connection of the event feed is up; 0 too without need."
)
LISTENER_LAG = _gauge(
    "listener_lag_seconds", "Time since all events were last read; up to 5 s are usual."
)
LISTENER_SEQUENCE = _gauge(
    "listener_revision", "Sequence number up to which events are delivered; see registry_revision."
)
LISTENER_FAILURES = _counter("listener_failures", "Connections of the event feed that were lost.")

# Parts and replicas
CHECK_STATUS = _gauge(
    "check_status",
    "1 for the status that a part of `/readyz` was last found in.",
    "check",
    "status",
)
CHECK_AGE = _gauge("check_age_seconds", "Time since a part of `/readyz` was looked at.", "check")
REPLICA_USED = _gauge("replica_used", "1 while queries may be given this replica.", "replica")
REPLICA_LAG = _gauge(
    "replica_lag_seconds", "How far a replica was behind the primary when last asked.", "replica"
)
REPLICA_REVISION = _gauge(
    "replica_revision", "Newest revision that is known to be on a replica.", "replica"
)
REPLICA_QUERIES = _counter("replica_queries", "Queries that were given a replica.", "replica")
REPLICA_FAILURES = _counter("replica_failures", "Times that a replica was left.", "replica")
REPLICA_WAITS = _counter(
    "replica_waits",
    "Reads that waited for a replica to have their revision: `found`, or `vain` (the primary was"
    " read).",
    "result",
)
REPLICA_PRIMARY_AWAY = _gauge(
    "replica_primary_away", "1 while the primary, to which replicas are compared, is away."
)

# Outcomes
OUTCOMES = _counter(
    "outcomes",
    "Outcomes of calls, once they are committed: `reports` (items and rollups) that were recorded,"
    " the `calls` that they count, and reports `refused`. A repeated report counts once.",
    "what",
)

# Processes
BUILD_INFO = _gauge(
    "build_info", "1; the labels say what runs.", "version", "revision", "schema", "python"
)
START_TIME = _gauge("process_start_time_seconds", "When the process began, as a Unix time.")
STARTUP = _gauge("process_startup_seconds", "Time from the start of a process until it serves.")
CPU = _counter("process_cpu_seconds", "CPU time of all processes.")
MEMORY = _gauge(
    "process_resident_memory_bytes", "Resident memory; what processes share counts in each."
)
DESCRIPTORS = _gauge("descriptors", "Open file descriptors.")
DESCRIPTORS_LIMIT = _gauge("descriptors_limit", "File descriptors that may be open.")
TASKS = _gauge(
    "tasks",
    "Tasks of the event loop that have not ended; idle, a process has a few dozen.",
)
LOOP_LAG = _histogram(
    "event_loop_lag_seconds", "How late the event loop woke a task that sleeps for a second."
)
STARTS = _counter("process_starts", "Processes that have begun to serve, restarts included.")

# The registry, from the database
DATABASE_UP = _of_registry("database_up", "1 when the database answers the queries of metrics.")
DATABASE_SECONDS = _of_registry(
    "database_answer_seconds", "Time that the queries of metrics took, the last time."
)
DATABASE_BYTES = _of_registry("database_size_bytes", "Size of the database.")
MIGRATION_INFO = _of_registry("migration_info", "1; the migration of the database.", "migration")
REVISION = _of_registry("revision", "Sequence number of the last change.")
PROVIDERS = _of_registry("providers", "Providers.")
MODELS = _of_registry("models", "Models.")
VERSIONS = _of_registry("versions", "Versions by status.", "status")
BINDINGS = _of_registry("bindings", "Bindings by status.", "status")
CIRCUITS = _of_registry("circuits", "Circuits that are OPEN or HALF_OPEN.", "state")
COUNTS_AGE = _of_registry(
    "counts_age_seconds", "Age of the counts of models, versions and bindings."
)
RETENTION_LAST_RUN = _of_registry(
    "retention_last_run_timestamp_seconds", "When the last retention run began, as a Unix time."
)
RETENTION_LAST_END = _of_registry(
    "retention_last_success_timestamp_seconds", "When a retention run last ended, as a Unix time."
)
RETENTION_ARCHIVED = _of_registry(
    "retention_last_run_archived", "Versions that the last retention run archived."
)
RETENTION_PURGED = _of_registry(
    "retention_last_run_purged", "Archives that the last retention run purged."
)
JOB_RUNS = _counter_of_registry(
    "job_runs", "Runs of a job, in any process: `succeeded` or `failed`.", "job", "result"
)
JOB_SECONDS = _counter_of_registry("job_duration_seconds", "Time of all runs of a job.", "job")
JOB_LAST_SECONDS = _of_registry("job_last_duration_seconds", "Time of a job's last run.", "job")
JOB_LAST_END = _of_registry(
    "job_last_run_timestamp_seconds", "When a job last ended, as a Unix time.", "job"
)
JOB_LAST_SUCCESS = _of_registry(
    "job_last_success_timestamp_seconds", "When a job last succeeded, as a Unix time.", "job"
)
JOBS_QUEUED = _of_registry("jobs_queued", "Jobs that wait for a process and are due.", "job")
JOBS_RUNNING = _of_registry("jobs_running", "Jobs that run.", "job")
IMPORT_RUNS = _counter_of_registry(
    "import_runs", "Imports of a catalog: `succeeded` or `failed`.", "catalog", "result"
)
IMPORT_SECONDS = _counter_of_registry(
    "import_duration_seconds", "Time of all imports of a catalog.", "catalog"
)
IMPORT_LAST_SECONDS = _of_registry(
    "import_last_duration_seconds", "Time of the last import of a catalog.", "catalog"
)
IMPORT_LAST_END = _of_registry(
    "import_last_run_timestamp_seconds",
    "When an import of a catalog last ended, as a Unix time.",
    "catalog",
)
IMPORT_LAST_SUCCESS = _of_registry(
    "import_last_success_timestamp_seconds",
    "When an import of a catalog last succeeded, as a Unix time.",
    "catalog",
)
IMPORT_FIGURES = _of_registry(
    "import_last_rows",
    "Of the last import that succeeded: `entries` of the catalog, rows `created`, values `changed`,"
    " entries `delisted` and `relisted`, `conflicts` with edits, entries `skipped`.",
    *("catalog", "what"),
)
TOKENS_EXPIRING = _of_registry(
    "tokens_expiring", "Tokens that are valid now, and not in 7 days any more."
)
