"""Trusted documents: those of the settings, prepared at the start, and those of the dashboard.

Requests name them by an id.

Source: https://github.com/graphql/graphql-over-http, Appendix A, Persisted Documents
"""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from domain.access import Identity, Role
from server.errors import (
    DOCUMENT_NOT_TRUSTED,
    PERSISTED_QUERY_NOT_FOUND,
    PERSISTED_QUERY_NOT_SUPPORTED,
    HttpError,
    OperationRejected,
)
from server.execution.document_files import HASH_PREFIX, FaultyDocuments, StoredText, read
from server.execution.documents import Document, Documents
from server.execution.page_documents import PageDocuments
from server.execution.parameters import DocumentId
from server.settings import Settings
from server.settings_base import setting_name

_log = logging.getLogger("documents")

DOCUMENTS_MAX = 1_000
NAME_LENGTH_MAX = 255
_NAME = re.compile(rf"[!-~]{{1,{NAME_LENGTH_MAX}}}")  # printable, without spaces
_NO_STORE = {"cache-control": "no-store"}
_ONLY = (
    "Only trusted documents are executed here: send `documentId`, or exactly the text of a trusted"
    " document; a token of the role ADMIN may send any"
)


@dataclass(frozen=True, slots=True)
class TrustedDocuments:
    """Documents by their ids, and by their texts; those of the page beside those of the settings.

    With `is_only`, no others are executed.
    """

    by_id: Mapping[str, Document] = field(default_factory=dict)
    by_text: Mapping[str, Document] = field(default_factory=dict)
    page: PageDocuments | None = None
    is_only: bool = False

    def named(self, wanted: DocumentId) -> Document:
        """The document of this id; raises HttpError when there is none."""
        found = self.by_id.get(wanted.id)
        if found is None and self.page is not None:
            found = self.page.named(wanted.id)
        if found is None:
            raise self._unknown(wanted)
        return found

    def of_text(self, text: str) -> Document:
        """The trusted document that has exactly this text; raises HttpError when there is none."""
        found = self.by_text.get(text)
        if found is None and self.page is not None:
            found = self.page.of_text(text)
        if found is None:
            raise HttpError(403, _ONLY, DOCUMENT_NOT_TRUSTED, _NO_STORE)
        return found

    def names(self) -> Iterator[str]:
        """The names of their operations."""
        for document in self.by_text.values():
            yield from document.operations
        if self.page is not None:
            yield from self.page.names()

    def _unknown(self, wanted: DocumentId) -> HttpError:
        """Code, message and status of a hash are those of Apollo Server.

        By other statuses some of Apollo's clients take it for a failure of the network. Where only
        the page has documents, a client's hash can never be found: it need send no other.
        """
        status = 200 if wanted.is_apollo_hash else 400
        message, code = "PersistedQueryNotFound", PERSISTED_QUERY_NOT_FOUND
        hint = f"no trusted document has the id {wanted.id!r}"
        if not self.by_id and not self.is_only:
            message, code = "PersistedQueryNotSupported", PERSISTED_QUERY_NOT_SUPPORTED
            hint = "there are no trusted documents of clients here; send `query`"
        shown = message if wanted.is_apollo_hash else f"{message}: {hint}"
        return HttpError(status, shown, code, _NO_STORE)


def may_send_any(identity: Identity) -> bool:
    """Whether a caller may send any document where only trusted ones are executed.

    An administrator who proves to be one may; the anonymous caller of open mode may not.
    """
    return identity.may(Role.ADMIN) and not identity.is_open


def of(settings: Settings, documents: Documents, manifest: Path) -> TrustedDocuments:
    """The documents of the settings, and of the dashboard's manifest; raises FaultyDocuments."""
    page, is_only = PageDocuments(manifest, documents), settings.documents_only
    found = replace(load(settings.documents, documents), page=page, is_only=is_only)
    if is_only and not found.by_id and not page:
        _log.warning(
            "%s: there are no trusted documents, neither in %s nor of the dashboard: only callers"
            " with a token of the role ADMIN are answered",
            setting_name("documents_only"),
            setting_name("documents"),
        )
    return found


def load(path: Path | None, documents: Documents) -> TrustedDocuments:
    """The documents of a directory or a manifest, validated; raises FaultyDocuments."""
    if path is None:
        return TrustedDocuments()
    stored = read(path)
    if len(stored) > DOCUMENTS_MAX:
        raise FaultyDocuments(f"{path}: has more than {DOCUMENTS_MAX} documents")
    by_id: dict[str, Document] = {}
    by_text: dict[str, Document] = {}
    for each in stored:
        document = by_text.get(each.text) or _prepared(each, documents)
        by_text[each.text] = document
        for name in _ids(each):
            if by_id.setdefault(name, document) is not document:
                raise FaultyDocuments(f"{each.origin}: another document has the id {name!r} too")
    return TrustedDocuments(by_id, by_text)


def _ids(stored: StoredText) -> tuple[str, ...]:
    """Its own name, the draft's id, and the bare hash, which Apollo's clients send."""
    digest = sha256(stored.text.encode()).hexdigest()
    if not _NAME.fullmatch(stored.name):
        raise FaultyDocuments(
            f"{stored.origin}: the id must have 1 to {NAME_LENGTH_MAX} printable ASCII"
            " characters, and no spaces"
        )
    if stored.name.startswith(HASH_PREFIX) and stored.name != HASH_PREFIX + digest:
        raise FaultyDocuments(f"{stored.origin}: the hash of the document is {digest}")
    return stored.name, HASH_PREFIX + digest, digest


def _prepared(stored: StoredText, documents: Documents) -> Document:
    try:
        document = documents.prepared(stored.text)
    except OperationRejected as rejected:
        errors = rejected.errors
    except RecursionError:
        raise FaultyDocuments(f"{stored.origin}: nests too deeply") from None
    else:
        errors = list(document.errors)
    if errors:
        places = errors[0].locations or ()
        place = f"{places[0].line}:{places[0].column}: " if places else ""
        message = " ".join(errors[0].message.split())
        raise FaultyDocuments(f"{stored.origin}: {place}{message}")
    return document
