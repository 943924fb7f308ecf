"""Providers in SQL."""

from functools import partial

from sqlmodel import col

from db.reads.conditions import name_contains
from db.reads.keys import plain
from db.reads.keyset import Listing, among
from db.reads.lookup import row_by_column
from db.tables import Provider

LISTING = Listing(
    table=Provider,
    conditions={
        "slugs": lambda slugs: among(col(Provider.slug), slugs),
        "kinds": lambda kinds: among(col(Provider.kind), kinds),
        "name_contains": name_contains(Provider),
    },
    keys={"SLUG": plain(col(Provider.slug))},
)


by_ids = partial(row_by_column, Provider, "id")
by_slugs = partial(row_by_column, Provider, "slug")
