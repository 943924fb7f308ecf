"""A catalog into the registry: one transaction, bulk statements, the second run changes nothing.

What an import may do to rows that are there already:
- A model, a version or a provider keeps what people may have set: names, tasks, labels, status,
  priority, weight. Empty descriptions and addresses are filled in.
- A version's number, semantic version and content hash never change: the hash is that of the facts
  as first published. Facts that catalogs learn later are updated: the larger context window and
  output limit, and all capabilities ever named, so that the order of imports does not matter.
- A binding's sunset date is updated where the catalog has one.
- A price row is never edited. A date that has no row gets one. Where today's price is not what the
  same source said last, a row is added that takes effect now; a binding's first price without a
  date takes effect at prices.EPOCH.
- ARCHIVED versions stay as they are: their bindings are in cold storage.
- Nothing is deleted: a catalog that no longer lists something says nothing about it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlmodel.ext.asyncio.session import AsyncSession

from catalogs import merge as tables
from catalogs.catalog import Binding, Catalog, ImportIssue, Model, Provider, Version, content_hash
from catalogs.prices import EPOCH
from catalogs.staging import BindingRow, ModelRow, PriceRow, ProviderRow, Row, VersionRow
from db.postgres.engine import Database
from domain import ids, semver

_CHUNK_BINDINGS = 20_000  # about 20 MB of rows held at a time, however large the catalog
KINDS = ("provider", "model", "version", "binding", "price")
_ARCHIVED = "the version is archived"


class NotMigrated(RuntimeError):
    """The database lacks the tables of this release: `registry migrate` comes first."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of one kind that an import created, changed, and found as they should be."""

    created: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an import did, by kind (KINDS), and what it left out or took more simply."""

    source: str
    counts: dict[str, Counts]
    skipped: tuple[ImportIssue, ...]
    simplified: tuple[ImportIssue, ...]


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
    """Import a catalog, calling `progress(bindings done, all)`; waits for another import to end.

    Raises NotMigrated, changing nothing, when the schema is not this release's.
    """
    async with database.write(f"import:{catalog.source}") as session:
        if not await tables.is_migrated(session):
            raise NotMigrated("the database is not at this release's schema")
        await tables.begin(session)
        await tables.stage(session, ProviderRow, [_provider(row) for row in catalog.providers])
        await tables.merge_providers(session)
        staged = dict.fromkeys(KINDS, 0)
        staged["provider"] = len(catalog.providers)
        skipped = list(catalog.skipped)
        for chunk in _chunks(catalog.models):
            skipped += await _merge(session, chunk, catalog.source)
            _count(staged, chunk)
            progress(staged["binding"], catalog.binding_count)
        counts = await tables.finish(session)
    if counts:
        async with database.read() as session:
            await tables.analyze(session)
    return Report(
        source=catalog.source,
        counts={kind: _counts(kind, staged[kind], counts) for kind in KINDS},
        skipped=tuple(skipped),
        simplified=catalog.simplified,
    )


async def was_used(database: Database) -> bool:
    """Whether the registry holds models, or held something once and was emptied."""
    async with database.read() as session:
        return await tables.was_used(session)


async def _merge(session: AsyncSession, chunk: _Chunk, source: str) -> list[ImportIssue]:
    for kind, rows in chunk.tables():
        await tables.stage(session, kind, rows)
    await tables.merge_models(session)
    await tables.merge_versions(session)
    await tables.merge_bindings(session)
    await tables.merge_prices(session, source, EPOCH)
    unresolved = await tables.unresolved_versions(session)
    return [ImportIssue(f"{model} {version}", _ARCHIVED) for model, version in unresolved]


def _counts(kind: str, staged: int, counts: dict[tuple[str, str], int]) -> Counts:
    created, changed = counts.get((kind, "created"), 0), counts.get((kind, "changed"), 0)
    return Counts(created, changed, staged - created - changed)


def _count(staged: dict[str, int], chunk: _Chunk) -> None:
    for kind, (_, rows) in zip(KINDS[1:], chunk.tables(), strict=True):
        staged[kind] += len(rows)


def _chunks(models: Iterable[Model]) -> Iterator[_Chunk]:
    """The models' rows, some thousand bindings at a time; a model is never split."""
    chunk = _Chunk()
    for model in models:
        _add_model(chunk, model)
        if len(chunk.bindings) >= _CHUNK_BINDINGS:
            yield chunk
            chunk = _Chunk()
    if chunk.models:
        yield chunk


def _provider(given: Provider) -> ProviderRow:
    return ProviderRow(
        ids.new(), given.slug, given.name, given.kind.value, given.api_base, given.docs_url
    )


def _add_model(chunk: _Chunk, model: Model) -> None:
    labels = json.dumps(model.labels, sort_keys=True)
    chunk.models.append(
        ModelRow(ids.new(), model.name, model.task.value, model.subject, model.description, labels)
    )
    for version in sorted(model.versions, key=lambda given: semver.sort_key(given.version)):
        chunk.versions.append(_version(model, version))
        for binding in version.bindings:
            _add_binding(chunk, model.name, version.version, binding)


def _version(model: Model, given: Version) -> VersionRow:
    facts = given.facts
    return VersionRow(
        ref=ids.new(),
        model=model.name,
        version=given.version,
        semver_key=semver.sort_key(given.version),
        content_hash=content_hash(model.name, model.task, given.version, facts),
        region=given.region,
        status=given.status.value,
        eval_score=given.eval_score,
        cost_per_1k=given.cost_per_1k,
        slo_latency_ms=given.slo_latency_ms,
        slo_success_rate=given.slo_success_rate,
        context_window=facts.context_window,
        max_output_tokens=facts.max_output_tokens,
        capabilities=None if facts.capabilities is None else sorted(facts.capabilities),
    )


def _add_binding(chunk: _Chunk, model: str, version: str, given: Binding) -> None:
    ref = ids.new()
    chunk.bindings.append(
        BindingRow(
            ref=ref,
            model=model,
            version=version,
            provider=given.provider,
            provider_model_id=given.provider_model_id,
            region=given.region,
            status=given.status.value,
            priority=given.priority,
            weight=given.weight,
            sunset_on=given.sunset_on,
            success_rate=given.success_rate,
            latency_ms=given.latency_ms,
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
        for price in given.prices
    )
