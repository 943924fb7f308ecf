"""What is known of a write when its mutation has failed."""

from enum import StrEnum


class WriteOutcome(StrEnum):
    """What has become of the write of one mutation field.

    - NOT_STARTED: the field did not run.
    - NOT_COMMITTED: the write was rolled back, or never began; nothing of it is stored.
    - UNKNOWN: the commit was sent, and the database has not answered.
    - COMMITTED: the write is stored, as a whole.
    """

    NOT_STARTED = "NOT_STARTED"
    NOT_COMMITTED = "NOT_COMMITTED"
    UNKNOWN = "UNKNOWN"
    COMMITTED = "COMMITTED"
