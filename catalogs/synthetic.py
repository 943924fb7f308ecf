"""A generated catalog for benchmarks and demonstrations, with plausible but invented figures.

The same sizes and seed give the same content. The label `synthetic`, the names of providers and the
source of prices mark the data as synthetic. Models are generated while they are imported, so a
million bindings need no more memory than a thousand.
"""

from collections.abc import Iterator
from decimal import Decimal
from random import Random

from catalogs.catalog import Binding, Catalog, Facts, Model, Price, Provider, Version
from domain.enums import BindingStatus, Capability, ProviderKind, TaskType, VersionStatus

SOURCE = "synthetic"
_REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-1")
_SUBJECTS = ("math", "law", "medicine", "code", "finance", None)
_TASKS = (TaskType.CHAT,) * 7 + (TaskType.EMBEDDING, TaskType.RERANK, TaskType.CLASSIFICATION)
_CONTEXTS = (8_192, 32_768, 128_000, 200_000, 1_000_000)
_PROVIDERS = tuple(
    Provider(
        slug=f"synthetic-{kind.value.lower().replace('_', '-')}",
        name=f"Synthetic {kind.value.replace('_', ' ').title()}",
        kind=kind,
    )
    for kind in ProviderKind
)
_STEP = Decimal("0.0000001")


def read(models: int, versions: int, bindings: int, seed: int) -> Catalog:
    """`models` models, `versions` of each model, `bindings` of each version; all at least 1."""
    if min(models, versions, bindings) < 1:
        raise ValueError("models, versions and bindings must be at least 1")
    return Catalog(
        source=SOURCE,
        providers=_PROVIDERS,
        models=_models(models, versions, bindings, seed),
        binding_count=models * versions * bindings,
        lists_versions=False,
    )


def _models(models: int, versions: int, bindings: int, seed: int) -> Iterator[Model]:
    for number in range(1, models + 1):
        random = Random(f"{seed}/{number}")  # noqa: S311 - generates sample figures, not secrets
        name = f"model-{number:04d}"
        yield Model(
            name=name,
            task=random.choice(_TASKS),
            subject=random.choice(_SUBJECTS),
            description="A synthetic model; its figures are generated.",
            labels={"synthetic": "true", "tier": random.choice(("gold", "silver", "bronze"))},
            versions=tuple(_version(random, name, n, versions, bindings) for n in range(versions)),
        )


def _version(random: Random, model: str, number: int, last: int, bindings: int) -> Version:
    price = Decimal(random.lognormvariate(-6, 1))
    return Version(
        version=f"1.{number}.0",
        facts=Facts(
            context_window=random.choice(_CONTEXTS),
            max_output_tokens=random.choice((4_096, 8_192, 16_384, 64_000)),
            capabilities=tuple(sorted(random.sample(list(Capability), random.randint(1, 6)))),
        ),
        status=_status(random, number, last),
        region=random.choice(_REGIONS),
        eval_score=round(random.betavariate(8, 3), 4),
        cost_per_1k=price.quantize(_STEP),
        slo_latency_ms=random.choice((500, 1_000, 2_000, 5_000)),
        slo_success_rate=random.choice((0.95, 0.99, 0.995)),
        bindings=tuple(_binding(random, model, number, n, price) for n in range(bindings)),
    )


def _status(random: Random, number: int, last: int) -> VersionStatus:
    if number == last - 1:
        return VersionStatus.ACTIVE  # every model has an ACTIVE version
    share = random.random()
    if share < 0.85:
        return VersionStatus.ACTIVE
    return VersionStatus.DEPRECATED if share < 0.95 else VersionStatus.DRAFT


def _binding(random: Random, model: str, version: int, number: int, price: Decimal) -> Binding:
    """`number` determines provider and region, so that all bindings of a version differ in key."""
    round_, provider = divmod(number, len(_PROVIDERS))
    copy, region = divmod(round_, len(_REGIONS))
    factor = Decimal(random.uniform(0.7, 1.4))
    input_per_1k = (price * factor).quantize(_STEP)
    return Binding(
        provider=_PROVIDERS[provider].slug,
        provider_model_id=f"{model}-v{version}" + (f"-{copy}" if copy else ""),
        region=_REGIONS[region],
        status=BindingStatus.ACTIVE if random.random() < 0.95 else BindingStatus.DISABLED,
        priority=random.choice((10, 100, 100, 200)),
        weight=random.choice((50, 100, 100, 300)),
        success_rate=round(min(1.0, random.gauss(0.985, 0.012)), 4),
        latency_ms=round(random.lognormvariate(6.5, 0.5), 1),
        prices=(
            Price(
                input_per_1k=input_per_1k,
                output_per_1k=input_per_1k * random.choice((3, 4, 5)),
                cache_read_per_1k=(input_per_1k / 10).quantize(_STEP / 10),
            ),
        ),
    )
