"""Prometheus and Alertmanager of the lab, with the alerts of deploy/prometheus.

    python -m deploy.lab.prometheus http://127.0.0.1:8003 --token-file FILE

Both end with Ctrl+C.
"""

import argparse
import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from deploy.lab import processes

RULES = Path(__file__).resolve().parents[1] / "prometheus" / "alerts.yaml"
_PERIODS = "{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}"


@contextmanager
def running(
    folder: Path, target: str, token_file: Path, alertmanager: str = "", *, is_hasty: bool = False
) -> Iterator[str]:
    """Prometheus, which scrapes the registry at the URL `target` each second; yields its URL.

    A hasty one fires an alert as soon as its condition holds. Raises MissingProgram.
    """
    program = processes.program("prometheus", "prometheus")
    folder.mkdir(parents=True, exist_ok=True)
    rules = RULES.read_text("utf-8")
    if is_hasty:
        rules = re.sub(r"(?m)^( +for:) .*$", r"\1 0s", rules)
    (folder / "alerts.yaml").write_text(rules)
    configuration: dict[str, Any] = {
        "rule_files": ["alerts.yaml"],
        "scrape_configs": [
            {
                "job_name": "registry",
                "authorization": {"credentials_file": str(token_file.resolve())},
                "static_configs": [{"targets": [urlsplit(target).netloc]}],
            }
        ],
    }
    if alertmanager:
        targets = [{"targets": [urlsplit(alertmanager).netloc]}]
        configuration["alerting"] = {"alertmanagers": [{"static_configs": targets}]}
    file, port = folder / "prometheus.yaml", processes.free_port()
    file.write_text(f"global: {_PERIODS}\n" + _as_yaml(configuration))
    command = [
        program,
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with processes.running(command, folder / "prometheus.log"):
        url = f"http://127.0.0.1:{port}"
        processes.wait_until(lambda: get(f"{url}/-/ready"), "Prometheus")
        yield url


@contextmanager
def alertmanager_running(folder: Path, webhook: str = "") -> Iterator[str]:
    """Alertmanager, which posts alerts to the URL `webhook`; yields its own URL."""
    program = processes.program("prometheus-alertmanager", "prometheus-alertmanager")
    folder.mkdir(parents=True, exist_ok=True)
    hooks = {"webhook_configs": [{"url": webhook}]} if webhook else {}
    route = {"receiver": "all", "group_wait": "0s", "group_interval": "1s"}
    configuration = {"route": route, "receivers": [{"name": "all", **hooks}]}
    file, port = folder / "alertmanager.yaml", processes.free_port()
    file.write_text(_as_yaml(configuration))
    command = [
        program,
        f"--config.file={file}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with processes.running(command, folder / "alertmanager.log"):
        url = f"http://127.0.0.1:{port}"
        processes.wait_until(lambda: get(f"{url}/-/ready"), "Alertmanager")
        yield url


def firing(prometheus: str) -> set[str]:
    """The names of the alerts that fire."""
    alerts = json.loads(get(f"{prometheus}/api/v1/alerts"))["data"]["alerts"]
    return {each["labels"]["alertname"] for each in alerts if each["state"] == "firing"}


def get(url: str) -> bytes:
    """The body of a response; raises an OSError for another status than 200."""
    with urlopen(url, timeout=5) as response:  # http, from the caller
        return bytes(response.read())


def _as_yaml(value: dict[str, Any]) -> str:
    """A part of a file of YAML: JSON, key by key."""
    return "".join(f"{name}: {json.dumps(part)}\n" for name, part in value.items())


def main() -> None:
    """Run both until a signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("registry", help="the URL of a registry")
    parser.add_argument("--token-file", type=Path, default=Path("/dev/null"))
    given = parser.parse_args()
    with (
        TemporaryDirectory(prefix="registry-lab-") as name,
        alertmanager_running(Path(name) / "alertmanager") as alertmanager,
        running(Path(name), given.registry, given.token_file, alertmanager) as url,
        suppress(KeyboardInterrupt),
    ):
        print(f"Prometheus: {url}  Alertmanager: {alertmanager}", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
