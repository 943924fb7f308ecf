"""Imports a catalog: one transaction, bulk statements; a second run changes nothing.

What an import does to rows that exist already:
- Models, versions, providers and bindings keep what people may have set: names, tasks, labels,
  status, priority, weight. Empty descriptions and addresses are filled in.
- A version's number, semantic version and content hash never change: the hash is that of the facts
  as first published. Later facts update the row: the larger context window and output limit, and
  the union of all capabilities, so that the order of imports does not matter.
- A binding's sunset date is updated when the catalog has one.
- A price row is never updated. A start date without a row gets one. When today's price differs from
  the last price of the same source, a row is added that takes effect now; the first price of a
  binding, if it has no date, takes effect at prices.EPOCH.
- ARCHIVED versions are not changed: their bindings are in cold storage.
- Nothing is deleted: an entry that is missing in the catalog leaves its rows unchanged.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlmodel.ext.asyncio.session import AsyncSession

from catalogs import merge
from catalogs.catalog import Binding, Catalog, ImportIssue, Model, Provider, Version, content_hash
from catalogs.prices import EPOCH
from catalogs.staging import BindingRow, ModelRow, PriceRow, ProviderRow, Row, VersionRow
from db.postgres.engine import Database
from db.reads import data_version
from domain import ids, semver

_CHUNK_BINDINGS = 20_000  # about 20 MB of rows in memory, however large the catalog
KINDS = ("provider", "model", "version", "binding", "price")
_ARCHIVED = "the version is archived"


class NotMigrated(RuntimeError):
    """The database lacks the tables of this release: run `registry migrate` first."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of rows of one kind that an import created, changed, and left unchanged."""

    created: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The result of an import: counts by kind (KINDS), and entries skipped or imported in part."""

    source: str
    counts: dict[str, Counts]
    skipped: tuple[ImportIssue, ...]
    partial: tuple[ImportIssue, ...]


@dataclass(slots=True)
class _Chunk:
    models: list[ModelRow] = field(default_factory=list)
    versions: list[VersionRow] = field(default_factory=list)
    bindings: list[BindingRow] = field(default_factory=list)
    prices: list[PriceRow] = field(default_factory=list)

    def tables(self) -> tuple[tuple[type[Row], Sequence[Row]], ...]:
        return (
            (ModelRow, self.models),
            (VersionRow, self.versions),
            (BindingRow, self.bindings),
            (PriceRow, self.prices),
        )


async def load(
    database: Database, catalog: Catalog, progress: Callable[[int, int], None]
) -> Report:
    """Import a catalog, after a running import has ended; calls `progress(bindings done, total)`.

    Raises NotMigrated, before any change, when the schema is not that of this release.
    """
    async with database.write(f"import:{catalog.source}") as session:
        if not await merge.is_migrated(session):
            raise NotMigrated("the database schema is not that of this release")
        await merge.begin(session)
        await merge.stage(session, ProviderRow, [_provider_row(each) for each in catalog.providers])
        await merge.providers(session)
        staged = dict.fromkeys(KINDS, 0)
        staged["provider"] = len(catalog.providers)
        skipped = list(catalog.skipped)
        for chunk in _chunks(catalog.models):
            skipped += await _load_chunk(session, chunk, catalog.source)
            _count_staged(staged, chunk)
            progress(staged["binding"], catalog.binding_count)
        counts = await merge.count_changes(session)
    if counts:
        async with database.write(f"import:{catalog.source}") as session:
            await merge.analyze(session)
    return Report(
        source=catalog.source,
        counts={kind: _counts(kind, staged[kind], counts) for kind in KINDS},
        skipped=tuple(skipped),
        partial=catalog.partial,
    )


async def was_used(database: Database) -> bool:
    """Whether the registry holds models, or held any data before."""
    return await data_version.was_used(database.reader)


async def _load_chunk(session: AsyncSession, chunk: _Chunk, source: str) -> list[ImportIssue]:
    for kind, rows in chunk.tables():
        await merge.stage(session, kind, rows)
    await merge.models(session)
    await merge.versions(session)
    await merge.bindings(session)
    await merge.prices(session, source, EPOCH)
    unresolved = await merge.unresolved_versions(session)
    return [ImportIssue(f"{model} {version}", _ARCHIVED) for model, version in unresolved]


def _counts(kind: str, staged: int, counts: dict[tuple[str, str], int]) -> Counts:
    created, changed = counts.get((kind, "created"), 0), counts.get((kind, "changed"), 0)
    return Counts(created, changed, staged - created - changed)


def _count_staged(staged: dict[str, int], chunk: _Chunk) -> None:
    for kind, (_, rows) in zip(KINDS[1:], chunk.tables(), strict=True):
        staged[kind] += len(rows)


def _chunks(models: Iterable[Model]) -> Iterator[_Chunk]:
    """The models' rows in chunks of about _CHUNK_BINDINGS bindings; a model is never split."""
    chunk = _Chunk()
    for model in models:
        _add_model(chunk, model)
        if len(chunk.bindings) >= _CHUNK_BINDINGS:
            yield chunk
            chunk = _Chunk()
    if chunk.models:
        yield chunk


def _provider_row(provider: Provider) -> ProviderRow:
    return ProviderRow(
        ref=ids.new(),
        slug=provider.slug,
        name=provider.name,
        kind=provider.kind.value,
        api_base=provider.api_base,
        docs_url=provider.docs_url,
    )


def _add_model(chunk: _Chunk, model: Model) -> None:
    labels = json.dumps(model.labels, sort_keys=True)
    chunk.models.append(
        ModelRow(ids.new(), model.name, model.task.value, model.subject, model.description, labels)
    )
    for version in sorted(model.versions, key=lambda each: semver.sort_key(each.version)):
        chunk.versions.append(_version_row(model, version))
        for binding in version.bindings:
            _add_binding(chunk, model.name, version.version, binding)


def _version_row(model: Model, version: Version) -> VersionRow:
    facts = version.facts
    return VersionRow(
        ref=ids.new(),
        model=model.name,
        version=version.version,
        semver_key=semver.sort_key(version.version),
        content_hash=content_hash(model.name, model.task, version.version, facts),
        region=version.region,
        status=version.status.value,
        eval_score=version.eval_score,
        cost_per_1k=version.cost_per_1k,
        slo_latency_ms=version.slo_latency_ms,
        slo_success_rate=version.slo_success_rate,
        context_window=facts.context_window,
        max_output_tokens=facts.max_output_tokens,
        capabilities=None if facts.capabilities is None else sorted(facts.capabilities),
    )


def _add_binding(chunk: _Chunk, model: str, version: str, binding: Binding) -> None:
    ref = ids.new()
    chunk.bindings.append(
        BindingRow(
            ref=ref,
            model=model,
            version=version,
            provider=binding.provider,
            provider_model_id=binding.provider_model_id,
            region=binding.region,
            status=binding.status.value,
            priority=binding.priority,
            weight=binding.weight,
            sunset_on=binding.sunset_on,
            success_rate=binding.success_rate,
            latency_ms=binding.latency_ms,
        )
    )
    chunk.prices.extend(
        PriceRow(
            ids.new(),
            ref,
            price.input_per_1k,
            price.output_per_1k,
            price.cache_read_per_1k,
            price.effective_from,
        )
        for price in binding.prices
    )
