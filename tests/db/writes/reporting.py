"""Reports failed calls: python -m tests.db.writes.reporting URL BINDING BATCHES SKEW_S.

Each batch has ten items, whose times are ahead of the clock by SKEW_S seconds.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

from db.postgres.engine import Database
from tests.graphql import GraphQL

_REPORT = """mutation($input: ReportOutcomesInput!) { reportOutcomes(input: $input) {
    accepted userErrors { message } } }"""


async def _run(url: str, binding: str, batches: int, skew_s: float) -> None:
    database = Database(url)
    gql = GraphQL(database)
    for _ in range(batches):
        at = (datetime.now(UTC) + timedelta(seconds=skew_s)).isoformat()
        item = {"binding": binding, "outcome": "TIMEOUT", "at": at}
        data = await gql(_REPORT, input={"items": [item] * 10})
        assert data["reportOutcomes"] == {"accepted": 10, "userErrors": []}, data
    await database.close()


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
