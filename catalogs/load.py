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
- ARCHIVED versions are not changed: their bindings are in cold storage. The report names them.
- Nothing is deleted: an entry that is missing in the catalog leaves its rows unchanged.
- Each version says which catalogs named it at their last import, so that retention keeps it.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
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
_ARCHIVED = "the version is archived; restoreVersion brings it back"
_SAME_CONTENT = "another version of the model has the same content hash"
_DELISTED = "the catalog names it no longer; retention may archive it"


class NotMigrated(RuntimeError):
    """The database lacks the tables of this release: run `registry migrate` first."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of rows of one kind that an import created, changed, left unchanged, and skipped.

    It skips what belongs to a version that gets no bindings, such as an archived one.
    """

    created: int
    changed: int
    unchanged: int
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The result of an import: counts by kind (KINDS), and entries skipped or imported in part.

    `delisted` names the versions that this catalog listed before, and does not list any more.
    """

    source: str
    counts: dict[str, Counts]
    skipped: tuple[ImportIssue, ...]
    partial: tuple[ImportIssue, ...]
    delisted: tuple[ImportIssue, ...]


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
        staged, left_out = Counter({"provider": len(catalog.providers)}), Counter[str]()
        skipped = list(catalog.skipped)
        for chunk in _chunks(catalog.models):
            unresolved = await _load_chunk(session, chunk, catalog)
            skipped += _unresolved_issues(unresolved)
            staged += _sizes(chunk)
            left_out += _sizes(_of_versions(chunk, unresolved))
            progress(staged["binding"], catalog.binding_count)
        delisted = await _delist(session, catalog)
        counts = await merge.count_changes(session)
    if counts:
        async with database.write(f"import:{catalog.source}") as session:
            await merge.analyze(session)
    return Report(
        source=catalog.source,
        counts={kind: _counts(kind, staged[kind], left_out[kind], counts) for kind in KINDS},
        skipped=tuple(skipped),
        partial=catalog.partial,
        delisted=delisted,
    )


async def was_used(database: Database) -> bool:
    """Whether the registry holds models, or held any data before."""
    return await data_version.was_used(database.reader)


async def _load_chunk(
    session: AsyncSession, chunk: _Chunk, catalog: Catalog
) -> dict[tuple[str, str], bool]:
    """Merge the chunk; returns merge.unresolved_versions."""
    for kind, rows in chunk.tables():
        await merge.stage(session, kind, rows)
    await merge.models(session)
    await merge.versions(session, catalog.source if catalog.lists_versions else None)
    await merge.bindings(session)
    await merge.prices(session, catalog.source, EPOCH)
    return await merge.unresolved_versions(session)


async def _delist(session: AsyncSession, catalog: Catalog) -> tuple[ImportIssue, ...]:
    if not catalog.lists_versions:
        return ()
    delisted = await merge.delist(session, catalog.source)
    return tuple(ImportIssue(f"{model} {version}", _DELISTED) for model, version in delisted)


def _unresolved_issues(unresolved: dict[tuple[str, str], bool]) -> list[ImportIssue]:
    return [
        ImportIssue(f"{model} {version}", _ARCHIVED if is_archived else _SAME_CONTENT)
        for (model, version), is_archived in unresolved.items()
    ]


def _counts(kind: str, staged: int, left_out: int, counts: dict[tuple[str, str], int]) -> Counts:
    created, changed = counts.get((kind, "created"), 0), counts.get((kind, "changed"), 0)
    return Counts(created, changed, staged - left_out - created - changed, left_out)


def _sizes(chunk: _Chunk) -> Counter[str]:
    sizes = (len(rows) for _, rows in chunk.tables())
    return Counter(dict(zip(KINDS[1:], sizes, strict=True)))


def _of_versions(chunk: _Chunk, versions: Collection[tuple[str, str]]) -> _Chunk:
    """The part of the chunk that belongs to these versions, given as model name and version."""
    if not versions:
        return _Chunk()
    bindings = [row for row in chunk.bindings if (row.model, row.version) in versions]
    refs = {row.ref for row in bindings}
    return _Chunk(
        versions=[row for row in chunk.versions if (row.model, row.version) in versions],
        bindings=bindings,
        prices=[row for row in chunk.prices if row.binding in refs],
    )


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
