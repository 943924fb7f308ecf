"""The tables, one file per noun; importing this package fills SQLModel.metadata."""

from db.tables import names as names  # declares columns of other tables
from db.tables.aliases import ModelAlias
from db.tables.audit import AuditEvent, IdempotencyKey
from db.tables.bindings import Price, ProviderBinding
from db.tables.catalogs import Catalog, CatalogEntry, CatalogValues
from db.tables.circuits import Circuit
from db.tables.figures import Figure
from db.tables.models import LowestPrice, LowestPricesState, Model
from db.tables.outcomes import BindingHealth, OutcomeHour, OutcomeMinute, ReporterMinute
from db.tables.providers import Provider
from db.tables.retention import RetentionRun
from db.tables.state import RegistryState, ScheduledPrice
from db.tables.tokens import Token, TokenSecret, TokenUse
from db.tables.versions import ModelVersion
from db.tables.work_runs import WorkRuns

__all__ = [
    "AuditEvent",
    "BindingHealth",
    "Catalog",
    "CatalogEntry",
    "CatalogValues",
    "Circuit",
    "Figure",
    "IdempotencyKey",
    "LowestPrice",
    "LowestPricesState",
    "Model",
    "ModelAlias",
    "ModelVersion",
    "OutcomeHour",
    "OutcomeMinute",
    "Price",
    "Provider",
    "ProviderBinding",
    "RegistryState",
    "ReporterMinute",
    "RetentionRun",
    "ScheduledPrice",
    "Token",
    "TokenSecret",
    "TokenUse",
    "WorkRuns",
]
