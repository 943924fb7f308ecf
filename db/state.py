"""What the registry knows of itself, in SQL."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.tables import RegistryState


async def revision(session: AsyncSession) -> int:
    """The sequence number of the last committed change."""
    return (await session.exec(select(RegistryState.revision))).one()
