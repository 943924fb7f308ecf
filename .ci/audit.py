"""Looks up the packages of a requirements file, given on standard input, by pip-audit.

pip-audit does not fail when it cannot look a package up; this does. It passes when no service of
advisories can be reached, or the one here knows no package at all: then it says NOT AUDITED, and
ADVISORIES=required in the environment makes that a failure. The variables of pip-audit choose the
service: PIP_AUDIT_VULNERABILITY_SERVICE=osv, PIP_AUDIT_OSV_URL.
"""

import json
import os
import re
import subprocess
import sys
from typing import Any

OPTIONS = ("-r", "/dev/stdin", "--disable-pip", "--require-hashes", "--format", "json")
UNREACHABLE = re.compile(r"\b(ConnectionError|ConnectTimeout|ProxyError|SSLError)\b")


def main() -> int:
    """The exit code: 0 when no package has a known vulnerability."""
    command = [sys.executable, "-m", "pip_audit", *OPTIONS, "--progress-spinner", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    if done.stdout:
        return judge(json.loads(done.stdout)["dependencies"])
    if UNREACHABLE.search(done.stderr):
        return not_audited()
    print(done.stderr)
    return 1


def judge(packages: list[dict[str, Any]]) -> int:
    """Print what was found in the packages of the report."""
    skipped = [each["name"] for each in packages if "skip_reason" in each]
    vulnerable = [each for each in packages if each.get("vulns")]
    if len(skipped) == len(packages):
        return not_audited()
    for package in vulnerable:
        print(
            f"{package['name']} {package['version']}: {', '.join(map(advisory, package['vulns']))}"
        )
    for name in skipped:
        print(f"{name}: the service of advisories does not know it")
    print(f"audited: {len(packages) - len(skipped)} packages, {len(vulnerable)} vulnerable")
    return 1 if vulnerable or skipped else 0


def not_audited() -> int:
    """Say that nothing was audited."""
    print("NOT AUDITED: no service of advisories can be reached from here")
    return 1 if os.environ.get("ADVISORIES") == "required" else 0


def advisory(found: dict[str, Any]) -> str:
    """One advisory and the releases that are not affected."""
    return f"{found['id']} (fixed in {' or '.join(found['fix_versions']) or 'no release'})"


if __name__ == "__main__":
    sys.exit(main())
