"""The order of bindings by what a call costs: domain/costs.py in SQL, exact and for every price.

Nearly every price has no other components than those that its columns repeat: then the amounts are
read from these. tests/db/reads/test_cost_order.py compares the two computations.
"""

from typing import Any

import sqlalchemy as sa

from db.reads.keys import FIRST_AMOUNT, LAST_AMOUNT, Key
from domain.costs import Usage
from domain.enums import PriceMeter, PriceUnit

# The amounts that a call can need, by their names in the statement.
_AMOUNTS = {
    "input": (PriceMeter.INPUT, PriceUnit.TOKENS_1K),
    "output": (PriceMeter.OUTPUT, PriceUnit.TOKENS_1K),
    "cache_read": (PriceMeter.CACHE_READ, PriceUnit.TOKENS_1K),
    "cache_write": (PriceMeter.CACHE_WRITE, PriceUnit.TOKENS_1K),
    "reasoning": (PriceMeter.REASONING, PriceUnit.TOKENS_1K),
    "audio_input": (PriceMeter.AUDIO_INPUT, PriceUnit.TOKENS_1K),
    "audio_output": (PriceMeter.AUDIO_OUTPUT, PriceUnit.TOKENS_1K),
    "image": (PriceMeter.IMAGE_OUTPUT, PriceUnit.IMAGE),
    "request": (PriceMeter.REQUEST, PriceUnit.REQUEST),
}
_PARTS = {
    "input": ("cache_read", "cache_write", "audio_input"),
    "output": ("reasoning", "audio_output"),
}


def _count(name: str) -> str:
    return f"CAST(:usage_{name} AS numeric)"


def _tokens(whole: str) -> str:
    """What the tokens cost; NULL if some of them have no price."""
    parts = _PARTS[whole]
    rest = " - ".join(_count(f"{name}_tokens") for name in (whole, *parts))
    terms = [
        f"CASE WHEN {_count(f'{part}_tokens')} = 0 THEN 0"
        f" ELSE {_count(f'{part}_tokens')} * coalesce(a.{part}, a.{whole}) END"
        for part in parts
    ]
    return " + ".join((*terms, f"CASE WHEN {rest} = 0 THEN 0 ELSE ({rest}) * a.{whole} END"))


def _of_components() -> str:
    """The amounts that hold for the call: of its variant and its tier, each named."""
    named = ", ".join(
        f"max(m.amount) FILTER (WHERE m.meter = '{meter}' AND m.unit = '{unit}') AS {name}"
        for name, (meter, unit) in _AMOUNTS.items()
    )
    return f"""
        SELECT {named} FROM (
            SELECT meter, unit, CASE WHEN bool_or(is_own)
                THEN (array_agg(amount ORDER BY tier DESC) FILTER (WHERE is_own AND holds))[1]
                ELSE (array_agg(amount ORDER BY tier DESC) FILTER (WHERE holds))[1]
            END AS amount, bool_or(bool_or(is_own)) OVER () AS has_variant
            FROM (
                SELECT c.meter, c.unit, c.amount, c."aboveInputTokens" AS tier,
                    c.variant = :usage_variant AS is_own,
                    c."aboveInputTokens" = 0
                        OR {_count("input_tokens")} > c."aboveInputTokens" AS holds
                FROM jsonb_to_recordset(p.components) AS c (
                    meter text, unit text, amount numeric, "aboveInputTokens" bigint, variant text)
                WHERE c.variant IN (:usage_variant, 'STANDARD')
            ) c GROUP BY meter, unit
        ) m WHERE m.has_variant"""  # noqa: S608  constants above


_COLUMNS = "p.input_per_1k, p.output_per_1k, p.cache_read_per_1k, p.cache_write_per_1k"
_IS_IN_COLUMNS = (
    f":usage_variant = 'STANDARD' AND jsonb_array_length(p.components) = num_nonnulls({_COLUMNS})"
)
_COST = f"""(
    SELECT ({_tokens("input")} + {_tokens("output")}) * 0.001
        + CASE WHEN {_count("images")} = 0 THEN 0 ELSE {_count("images")} * a.image END
        + {_count("requests")} * coalesce(a.request, 0)
    FROM (VALUES (1)) one (n)
    LEFT JOIN LATERAL (
        SELECT * FROM prices WHERE prices.binding_id = provider_bindings.id
            AND prices.effective_from <= now() AND NOT EXISTS (
                SELECT FROM model_versions v
                WHERE v.id = provider_bindings.version_id AND v.released_on > current_date)
        ORDER BY prices.effective_from DESC LIMIT 1
    ) p ON true
    LEFT JOIN LATERAL (
        SELECT {_COLUMNS}, NULL::numeric, NULL::numeric, NULL::numeric, NULL::numeric, NULL::numeric
        WHERE {_IS_IN_COLUMNS}
        UNION ALL
        SELECT * FROM ({_of_components()}) amounts WHERE NOT ({_IS_IN_COLUMNS})
    ) a ({", ".join(_AMOUNTS)}) ON true
)"""  # noqa: S608  constants above


def key() -> Key:
    """The order by estimateCost now, with unknown amounts last.

    No index holds it: it is computed for each binding that meets the conditions. The usage is in
    the parameters `usage_…`.
    """
    names = (f"usage_{name}" for name in Usage._fields)
    parameters = (
        sa.bindparam(name, type_=sa.Text() if name == "usage_variant" else sa.BigInteger())
        for name in names
    )
    cost: Any = sa.type_coerce(sa.text(_COST).bindparams(*parameters), sa.Numeric())
    ascending, descending = (
        sa.func.coalesce(cost, LAST_AMOUNT),
        sa.func.coalesce(cost, FIRST_AMOUNT),
    )
    return Key(ascending, descending, sa.Numeric(), is_slow=True)
