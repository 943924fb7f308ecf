"""The settings of trusted documents: where they are, and whether others are executed."""

from server.settings_base import SettingPath, SettingsPart, setting


class DocumentSettings(SettingsPart):
    """The part of the settings that is about trusted documents."""

    documents: SettingPath | None = setting(
        None,
        "Trusted documents, which requests can name by an id, beside those of the dashboard: a"
        " directory of `*.graphql` files, or a manifest of Apollo, Relay or graphql-codegen.",
    )
    documents_only: bool = setting(
        False,
        "Refuse every document that is not trusted, with DOCUMENT_NOT_TRUSTED, but for callers with"
        " a token of the role ADMIN. Without `REGISTRY_DOCUMENTS`, only the dashboard is answered.",
    )
