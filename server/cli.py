"""The commands of `registry`, and how it reports their errors."""

import gc
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from pydantic import ValidationError
from typer.exceptions import TyperException

from server.commands import (
    archive,
    failures,
    import_,
    log_level,
    migrate,
    psql,
    retention,
    schema,
    serve,
    token,
    worker,
)
from server.commands.failures import FAILED, USAGE, Failure

app = typer.Typer(
    name="registry",
    no_args_is_help=True,
    context_settings={"max_content_width": 120},
    rich_markup_mode=None,  # its boxes take longer than all else that `registry --help` does
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve.serve)
app.command()(migrate.migrate)
app.command()(schema.schema)
app.command()(psql.psql)
app.command()(worker.worker)
app.command(name="log-level")(log_level.log_level)
app.add_typer(import_.app, name="import")
app.add_typer(retention.app, name="retention")
app.add_typer(archive.app, name="archive")
app.add_typer(token.app, name="token")


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from server import release

        typer.echo(release.text())
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and the git revision, and exit.",
            is_eager=True,
            callback=_print_version,
        ),
    ] = False,
) -> None:
    """A registry of models, their versions, and the provider bindings that serve them."""
    gc.freeze()  # what is imported stays
    gc.enable()  # server/__main__.py


def main() -> None:
    """Run a command; a mistake of its user is one line on stderr, never a traceback."""
    try:
        if not {"--help", "--version"} & set(sys.argv):  # these read no settings
            _warn_of_unknown_settings()
        with _traced():
            code = app(standalone_mode=False)
    except TyperException as error:
        _fail(error.format_message().replace(": Value error, ", ": "), USAGE)
    except typer.Abort:  # Ctrl-C or the end of input at a prompt
        _fail("\nAborted", FAILED)
    except ValidationError as error:
        from server.settings_text import problems

        _fail("\n".join(problems(error)), USAGE)
    except Failure as failure:
        _fail(str(failure), failure.exit_code)
    except BrokenPipeError:  # the reader of the output has gone
        os._exit(FAILED)  # flushing stdout at exit would fail again
    except Exception as error:
        _fail(_unexpected(error), FAILED)
    sys.exit(code if isinstance(code, int) else 0)


@contextmanager
def _traced() -> Iterator[None]:
    """Trace the command, if variables of OpenTelemetry are set."""
    if not any(name.startswith("OTEL_") for name in os.environ):
        yield
        return
    from server.commands import traced

    with traced.command(sys.argv[1:]):
        yield


def _warn_of_unknown_settings() -> None:
    from server.unknown_settings import names_in_env_file, unknown_settings

    for line in unknown_settings([*os.environ, *names_in_env_file()]):
        typer.echo(f"Warning: {line}", err=True)


def _unexpected(error: Exception) -> str:
    """One line about any other error; REGISTRY_LOG_LEVEL=debug shows the traceback first."""
    if _shows_tracebacks():
        traceback.print_exception(error)
    if (line := failures.of_database(error)) is not None:
        return line
    if isinstance(error, UnicodeError):
        return "An argument, a setting or .env is not UTF-8 text"
    first = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {first} (REGISTRY_LOG_LEVEL=debug shows the traceback)"


def _shows_tracebacks() -> bool:
    """Whether the log level is debug, by the environment or by `.env`."""
    from server.settings import Settings

    try:
        return Settings().log_level == "debug"
    except (OSError, ValueError):  # an invalid setting, or a .env that cannot be read
        return False


def _fail(lines: str, exit_code: int) -> None:
    typer.echo(lines.encode("utf-8", "backslashreplace").decode(), err=True)
    sys.exit(exit_code)
