"""`make security` fails when it finds something; here it looks at what has something to find."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from tests.project.pages import ROOT

HASH = f"--hash=sha256:{'0' * 64}"
NOTHING: dict[str, Any] = {}
RANGE = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.1.3"}]}
PACKAGE = {"name": "jinja2", "ecosystem": "PyPI"}
VULNERABLE = {"vulns": [{"id": "GHSA-1", "affected": [{"package": PACKAGE, "ranges": [RANGE]}]}]}


@contextmanager
def advisories(about_jinja2: dict[str, Any]) -> Iterator[str]:
    """The URL of a service of advisories on this machine, in the format of OSV."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = about_jinja2 if asked["package"]["name"] == "jinja2" else NOTHING
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            """Silence."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def _audit(url: str, **variables: str) -> tuple[int, str]:
    variables |= {"PIP_AUDIT_VULNERABILITY_SERVICE": "osv", "PIP_AUDIT_OSV_URL": url}
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "audit.py")],
        input=f"jinja2==3.1.2 {HASH}\nidna==3.10 {HASH}\n",
        capture_output=True,
        text=True,
        env={**os.environ, "ADVISORIES": "", "NO_PROXY": "127.0.0.1", **variables},
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("about_jinja2", "code", "output"),
    [
        (NOTHING, 0, "audited: 2 packages, 0 vulnerable\n"),
        (
            VULNERABLE,
            1,
            "jinja2 3.1.2: GHSA-1 (fixed in 3.1.3)\naudited: 2 packages, 1 vulnerable\n",
        ),
    ],
    ids=["none", "one"],
)
def test_a_known_vulnerability_fails_the_audit(
    about_jinja2: dict[str, Any], code: int, output: str
) -> None:
    with advisories(about_jinja2) as url:
        assert _audit(url, ADVISORIES="required") == (code, output)


def test_an_audit_without_a_service_says_so_and_fails_where_it_is_required() -> None:
    nowhere = "http://127.0.0.1:9/"
    code, output = _audit(nowhere)
    assert (code, output.partition(":")[0]) == (0, "NOT AUDITED")
    assert _audit(nowhere, ADVISORIES="required") == (1, output)


def test_a_secret_fails_the_scan_and_is_not_printed(tmp_path: Path) -> None:
    """The texts are put together here, else the scan of the repository would find them."""
    letters = "aZ3kQ9xWv7TtR2yUcB8nM4sDpL6hJ1gFeK5iO0qEwXz"
    secrets = {
        "mrk_" + f"k3v9x2pq_{letters}": "REGISTRY.TOKEN.1",
        "ghp_" + letters[:36]: "GITHUB-PAT",
        f"postgresql://me:{letters[:16]}@" + "db.example.com/x": "REGISTRY.URL.1",
    }
    file = tmp_path / "settings.py"
    file.write_text("".join(f'VALUE = "{secret}"\n' for secret in secrets))
    done = subprocess.run([ROOT / ".ci" / "find-secrets", file], capture_output=True, text=True)
    assert done.returncode != 0
    assert set(re.findall(r"^(\S+) => ", done.stdout, re.M)) == set(secrets.values())
    assert letters[:16] not in done.stdout + done.stderr


def test_continuous_integration_runs_the_checks() -> None:
    assert re.search(r"^make security$", (ROOT / ".ci" / "run").read_text("utf-8"), re.M)
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    steps = workflow["jobs"]["security"]["steps"]
    assert "make security ADVISORIES=required" in [step.get("run") for step in steps]
