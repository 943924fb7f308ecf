"""Refuses settings that name folders and files which cannot be used, before anything starts."""

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import typer

from server.commands.failures import USAGE, Failure
from server.setting_names import setting_name

if TYPE_CHECKING:  # a command imports only what it needs: `registry --help` stays fast
    from server.settings import Settings


def check_archives(settings: "Settings") -> None:
    """Raise Failure when archives can never be stored: something else than a folder is in the way.

    A folder that cannot be written is only warned about: a registry answers without cold storage,
    too, and readiness tells when it is back.
    """
    url = urlsplit(settings.archive_location)
    is_embedded = settings.archive_url is None and settings.database_url is None
    if url.scheme != "file" or is_embedded:  # PostgreSQL needs the data directory, and says so
        return
    name = archive_setting(settings)
    folder = Path(unquote(url.path))
    try:
        problem = _problem(folder)
    except NotADirectoryError as error:
        raise Failure(f"{name}: {error.filename} is not a directory", USAGE) from None
    if problem:
        line = f"{name}: archives cannot be written to {folder}: {problem}"
        typer.echo(typer.style(line, fg="yellow"), err=True)


def archive_setting(settings: "Settings") -> str:
    """The name of the setting that says where archives are."""
    return setting_name("archive_url" if settings.archive_url else "data_dir")


def make(field: str, folder: Path) -> None:
    """Make the folder of a setting, if it is missing; raises Failure."""
    name = setting_name(field)
    try:
        problem = _problem(folder)
        if problem is None:
            folder.mkdir(parents=True, exist_ok=True)
    except NotADirectoryError as error:
        raise Failure(f"{name}: {error.filename} is not a directory", USAGE) from None
    except OSError as error:
        problem = error.strerror
    if problem:
        raise Failure(f"{name}: {folder} cannot be written: {problem}", USAGE)


def _problem(folder: Path) -> str | None:
    """Why files cannot be written to a folder, which need not exist yet.

    Raises NotADirectoryError.
    """
    for each in (folder, *folder.parents):
        try:
            is_there, is_folder = each.exists(), each.is_dir()
        except OSError as error:  # a folder above that may not be entered
            return error.strerror
        if is_there and not is_folder:
            raise NotADirectoryError(0, "", str(each))
        if is_there:
            is_allowed = os.access(each, os.W_OK | os.X_OK, effective_ids=True)
            return None if is_allowed else "Permission denied"
    return None
