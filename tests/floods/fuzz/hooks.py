"""What schemathesis loads: strategies of the scalars, mended documents, and the check of answers.

Its own check takes every error with a code that it does not know for a failure of the server.
"""

import atexit
import json
import os
import threading
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from graphql import DocumentNode
from hypothesis import strategies as st

from tests.floods.fuzz import answers, scalars
from tests.floods.fuzz.mending import mended
from tests.floods.fuzz.rounds import Round
from tests.floods.fuzz.rows import kept_fresh, over_http

_SCHEMA = answers.for_checks()
_DONE, _LOCK = Round(), threading.Lock()
_ROWS = kept_fresh(over_http(httpx.Client(timeout=30), os.environ["FUZZ_URL"]))

for _name, _strategy in scalars.strategies(_SCHEMA).items():
    schemathesis.graphql.scalar(_name, _strategy)


@schemathesis.hook
def flatmap_body(context: Any, body: Any) -> st.SearchStrategy[Any]:
    """Mend the document before it is printed."""
    if not isinstance(body, DocumentNode):
        return st.just(body)
    with _LOCK:
        rows = next(_ROWS)
    return st.randoms(use_true_random=True).map(lambda rng: mended(_SCHEMA, body, rng, rows))


@schemathesis.check
def documented_answer(context: Any, response: Any, case: Any) -> None:
    """The answer has documented codes, and data as the schema says."""
    body = {"query": case.body}
    with _LOCK:
        answer = answers.read(response.status_code, response.text, response.elapsed)
        found = _DONE.add(_SCHEMA, body, answer)
    assert not found, found


@atexit.register
def _write() -> None:
    report = {"coverage": _DONE.coverage.to_json(), "faults": _DONE.faults}
    report |= {name: getattr(_DONE, name) for name in ("sent", "without_errors", "slowest_s")}
    report |= {name: getattr(_DONE, name) for name in ("statuses", "codes", "user_errors")}
    Path(os.environ["FUZZ_REPORT"]).write_text(json.dumps(report), "utf-8")
