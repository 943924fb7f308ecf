"""The tables of docs/limits.md, made from the settings and from the constants of the code.

`python -m tests.project.limits_page` writes them.
"""

from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from typing import Any, NamedTuple

from db.reads import stats_lists
from db.writes import tokens
from domain import (
    candidates,
    catalog_fields,
    field_changes,
    histograms,
    json_values,
    patterns,
    periods,
    reports,
    retention,
    rules,
    semver,
    urls,
)
from domain.access import GRACE_MINUTES_MAX
from domain.problems import USER_ERRORS_MAX
from resolvers import errors, routes
from server.access import oidc, oidc_claims, oidc_fetching, oidc_key_set, oidc_keys
from server.execution import document_files, documents, inputs, limits, trusted
from server.settings import Settings
from server.settings_base import setting_name
from tests.project.pages import ROOT

PAGE = ROOT / "docs" / "limits.md"
NO_LIMITS = {"port", "workers"}  # settings that are numbers, and limit nothing


class Fixed(NamedTuple):
    """A limit that is part of the contract, and that no setting changes."""

    what: str
    most: int
    beyond: str


_USER_ERROR = "INVALID in `userErrors`"
FIXED = [
    Fixed("Levels of JSON in a request", inputs.JSON_DEPTH_MAX, "status 400, LIMIT_EXCEEDED"),
    Fixed("Characters of a text in a query or subscription", inputs.QUERY_TEXT_MAX,
          "LIMIT_EXCEEDED"),
    Fixed("Objects of introspection beside other fields", limits.MIXED_INTROSPECTION_MAX,
          "LIMIT_EXCEEDED"),
    Fixed("Validation errors of a document", documents.VALIDATION_ERRORS_MAX,
          "validation stops, and says so"),
    Fixed("Bytes of a token of OpenID Connect", oidc.TOKEN_BYTES_MAX,
          "status 401, UNAUTHENTICATED"),
    Fixed("Characters of the subject of such a token", oidc_claims.SUBJECT_LENGTH_MAX,
          "status 401, UNAUTHENTICATED"),
    Fixed("Such tokens that a process has verified and keeps", oidc.IDENTITIES_MAX,
          "the one that is not used for longest is verified again"),
    Fixed("Bytes of an issuer's configuration, and of its keys", oidc_fetching.BYTES_MAX,
          "they are not used: a line in the log"),
    Fixed("Keys of an issuer", oidc_key_set.KEYS_MAX, "none is used: a line in the log"),
    Fixed("Seconds for an issuer to answer", oidc_fetching.TIMEOUT_S, "status 503, UNAVAILABLE"),
    Fixed("Seconds that an issuer's keys are used while it does not answer", oidc_keys.USABLE_S,
          "status 503, UNAVAILABLE"),
    Fixed("Requests that wait for an issuer, per process", oidc_keys.WAITING_MAX,
          "status 503, UNAVAILABLE"),
    Fixed("Tokens that are not revoked", tokens.TOKENS_MAX, "LIMIT_EXCEEDED in `userErrors`"),
    Fixed("Valid secrets of a token, in the graces of its rotations", tokens.SECRETS_MAX,
          "LIMIT_EXCEEDED in `userErrors`"),
    Fixed("Minutes of grace of `rotateToken`, which are 7 days", GRACE_MINUTES_MAX, _USER_ERROR),
    Fixed("Trusted documents", trusted.DOCUMENTS_MAX, "the server does not start"),
    Fixed("Bytes of all trusted documents, or of their manifest", document_files.BYTES_MAX,
          "the server does not start"),
    Fixed("Characters of a trusted document's id", trusted.NAME_LENGTH_MAX,
          "the server does not start"),
    Fixed("Characters of an error's message", errors.MESSAGE_LENGTH_MAX,
          "the middle is left out"),
    Fixed("Errors in `userErrors`", USER_ERRORS_MAX, "the others are left out"),
    Fixed("Characters of a model's name", 200, _USER_ERROR),
    Fixed("Characters of a slug, a region or an alias", 63, _USER_ERROR),
    Fixed("Characters of a semantic version", semver.LENGTH_MAX, _USER_ERROR),
    Fixed("Characters of a description", rules.TEXT_LENGTH_MAX, _USER_ERROR),
    Fixed("Characters of the reason of a hold", rules.HOLD_REASON_LENGTH_MAX, _USER_ERROR),
    Fixed("Characters of the reason of a circuit", rules.CIRCUIT_REASON_LENGTH_MAX, _USER_ERROR),
    Fixed("Characters of a URL", urls.LENGTH_MAX, _USER_ERROR),
    Fixed("Characters of an `idempotencyKey`", rules.KEY_LENGTH_MAX, _USER_ERROR),
    Fixed("Bytes of `metadata`, and of `config`", json_values.BYTES_MAX, _USER_ERROR),
    Fixed("Levels of `metadata`, and of `config`", json_values.LEVELS_MAX, _USER_ERROR),
    Fixed("Labels of a model", rules.LABELS_MAX, _USER_ERROR),
    Fixed("Components of a price", rules.PRICE_COMPONENTS_MAX, _USER_ERROR),
    Fixed("Items and rollups of `reportOutcomes`", reports.REPORTS_MAX, "LIMIT_EXCEEDED"),
    Fixed("Bounds of a histogram", histograms.BOUNDS_MAX, _USER_ERROR),
    Fixed("Milliseconds of a latency", histograms.LATENCY_MS_MAX, _USER_ERROR),
    Fixed("Tokens of an item or a rollup", reports.TOKENS_MAX, _USER_ERROR),
    Fixed("Characters of a `reporter`", reports.REPORTER_LENGTH_MAX, _USER_ERROR),
    Fixed("Aliases of a model", rules.ALIASES_MAX, "LIMIT_EXCEEDED in `userErrors`"),
    Fixed("Fields in `changes` of an event", field_changes.CHANGES_MAX, "no object has more"),
    Fixed("Entries of each list of `stats`", stats_lists.ITEMS_MAX,
          "those with the largest counts"),
    Fixed("Catalog entries of a binding", catalog_fields.ENTRIES_MAX,
          "the others are in the entries of their catalogs"),
    Fixed("Points of `usage`", periods.POINTS_MAX, "BAD_USER_INPUT"),
    Fixed("Hours of minutes of `usage`", periods.MINUTES_KEPT // timedelta(hours=1),
          "BAD_USER_INPUT: use the step HOUR"),
    Fixed("Days of hours of `usage`", periods.HOURS_KEPT.days, "BAD_USER_INPUT"),
    Fixed("Routes of one `routes`", routes.ROUTES_MAX, "BAD_USER_INPUT"),
    Fixed("Candidates of a route", candidates.CANDIDATES_MAX, "BAD_USER_INPUT"),
    Fixed("Bindings of a version that is routed", candidates.BINDINGS_MAX, "LIMIT_EXCEEDED"),
    Fixed("Excluded bindings that a route lists", candidates.EXCLUDED_MAX,
          "`excludedCount` counts all"),
    Fixed("Characters of a `stickyKey`", candidates.STICKY_KEY_LENGTH_MAX, "BAD_USER_INPUT"),
    Fixed("Versions that a retention plan names", retention.PLANNED_MAX, "LIMIT_EXCEEDED"),
    Fixed("Versions that one call archives or purges", retention.ACTIONS_MAX,
          "LIMIT_EXCEEDED in `userErrors`"),
]  # fmt: skip
assert "198" in patterns.NAME  # 200 characters with both ends


def settings_table() -> str:
    """Each setting that is a number, with what happens beyond it, and its field in the API."""
    shown = _served()
    rows = [
        _row(field.description, field.default, f"`{setting_name(name)}`", shown.get(name, ""))
        for name, field in Settings.model_fields.items()
        if field.annotation in (int, float) and name not in NO_LIMITS
    ]
    return "\n".join(
        ["| limit, and what a client sees beyond it | default | setting | `service.limits` |",
         "|---|--:|---|---|", *rows]
    )  # fmt: skip


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def fixed_table() -> str:
    """The limits that no setting changes."""
    rows = [_row(each.what, f"{each.most:,}", each.beyond) for each in FIXED]
    return "\n".join(["| limit | most | beyond it |", "|---|--:|---|", *rows])


def page() -> str:
    """The whole page, with tables as they are now."""
    text = PAGE.read_text("utf-8")
    for name, table in (("settings", settings_table()), ("fixed", fixed_table())):
        start, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}{table}{end}{after}"
    return text


def _served() -> dict[str, str]:
    """The field of `service.limits` that shows a setting: the one that changes with it."""
    default = Settings(_env_file=None)
    found = {}
    for name, value in default:
        if type(value) in (int, float):
            for field in _changed(default, name, value):
                found[name] = f"`{rules.api_name(field)}`"
    return found


def _changed(default: Settings, name: str, value: Any) -> Iterator[str]:
    changed = default.model_copy(update={name: value + 1}).limits
    for field in fields(changed):
        if getattr(changed, field.name) != getattr(default.limits, field.name):
            yield field.name


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
