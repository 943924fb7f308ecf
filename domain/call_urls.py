"""Where to call a binding."""

import re
from collections.abc import Mapping
from typing import Any

from domain.known_providers import known

# A region of a cloud, such as us-east-1 or europe-west4; not a geography such as eu.
_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+-?\d{1,2}")
# What fills a template is part of a host name, or one segment of a path.
_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,250}[A-Za-z0-9])?")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# Bedrock takes a call for a geography, such as eu, in one of its regions, and routes it on. Without
# a region it is AWS's largest, whose prices the catalogs list.
_BEDROCK_REGIONS = {
    None: "us-east-1",
    "apac": "ap-northeast-1",
    "au": "ap-southeast-2",
    "ca": "ca-central-1",
    "eu": "eu-central-1",
    "global": "us-east-1",
    "in": "ap-south-1",
    "jp": "ap-northeast-1",
    "us": "us-east-1",
    "us-gov": "us-gov-west-1",
}
_REGIONS: dict[str, Mapping[str | None, str]] = {
    "bedrock": _BEDROCK_REGIONS,
    "bedrock-mantle": _BEDROCK_REGIONS,
}
# Addresses without a region, for bindings without one.
_VERTEX = "https://aiplatform.googleapis.com/v1"
_WITHOUT_REGION: dict[str, Mapping[str | None, str]] = {
    "vertex-ai": {None: _VERTEX, "global": _VERTEX}
}


def call_url(
    endpoint: str | None, api_base: str | None, slug: str, region: str | None, config: Any
) -> str | None:
    """The endpoint, else the provider's apiBase, else the address of the well-known provider.

    `region` and the texts of `config` fill the address, where each customer has another; None when
    something is missing. A region in `config` overrules the binding's.
    """
    if endpoint or api_base:
        return endpoint or api_base
    provider = known(slug)
    if provider is None or provider.url is None:
        return None
    settings = config if isinstance(config, dict) else {}
    region = settings.get("region", region)
    if isinstance(region, str | None) and region in _WITHOUT_REGION.get(slug, {}):
        return _WITHOUT_REGION[slug][region]
    values = {**settings, "region": _region(slug, region)}
    return _filled(provider.url, values)


def _region(slug: str, region: Any) -> str | None:
    if not isinstance(region, str | None):
        return None
    region = _REGIONS.get(slug, {}).get(region, region)
    return region if region and _REGION.fullmatch(region) else None


def _filled(template: str, values: Mapping[str, Any]) -> str | None:
    names = _PLACEHOLDER.findall(template)
    texts = {name: values.get(name) for name in names}
    if not all(isinstance(text, str) and _VALUE.fullmatch(text) for text in texts.values()):
        return None
    return _PLACEHOLDER.sub(lambda match: str(texts[match[1]]), template)
