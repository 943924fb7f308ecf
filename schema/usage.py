"""The type UsagePoint."""

from datetime import datetime
from decimal import Decimal

from db.reads import usage
from resolvers.scalars import BigInt
from schema.fields import attribute, type_of


@type_of(
    usage.UsagePoint,
    "The calls of a binding in one step, as callers have reported them. Percentiles are by nearest"
    " rank, of the latencies of successful calls, and within 5 % of the exact ones.",
)
class UsagePoint:
    at: datetime = attribute("The start of the step.")
    calls: BigInt = attribute("All calls, whatever their outcome.")
    succeeded: BigInt = attribute("Calls that ended with an answer.")
    failed: BigInt = attribute(
        "Calls that failed: without an answer in time, with an error of the provider, or refused"
        " for lack of capacity, for the credential or for an unknown model."
    )
    rate_limited: BigInt = attribute(
        "Calls that were refused as too many; they count neither as succeeded nor as failed."
    )
    latency_ms_mean: float | None = attribute(
        "Mean latency of successful calls in milliseconds; null when none was reported."
    )
    latency_ms_p50: float | None = attribute(
        "Median latency in milliseconds; null when none was reported.", name="latencyMsP50"
    )
    latency_ms_p95: float | None = attribute(
        "95th percentile of the latency in milliseconds; null when none was reported.",
        name="latencyMsP95",
    )
    latency_ms_p99: float | None = attribute(
        "99th percentile of the latency in milliseconds; null when none was reported.",
        name="latencyMsP99",
    )
    input_tokens: BigInt = attribute("Input tokens, of the calls for which they were reported.")
    output_tokens: BigInt = attribute("Output tokens, of the calls for which they were reported.")
    cost_usd: Decimal | None = attribute(
        "US dollars, of the calls for which it was reported; null when for none."
    )
