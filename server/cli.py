"""The commands of `registry`, and how it reports their errors."""

import sys

import typer
from pydantic import ValidationError
from typer.exceptions import TyperException

from server.commands import archive, import_, migrate, psql, retention, schema, serve, worker
from server.commands.failures import FAILED, USAGE, Failure

app = typer.Typer(
    name="registry",
    help="A registry of models, their versions, and the provider bindings that serve them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve.serve)
app.command()(migrate.migrate)
app.command()(schema.schema)
app.command()(psql.psql)
app.command()(worker.worker)
app.add_typer(import_.app, name="import")
app.add_typer(retention.app, name="retention")
app.add_typer(archive.app, name="archive")


def main() -> None:
    """Run a command; a mistake of its user is one line on stderr, never a traceback."""
    try:
        code = app(standalone_mode=False)
    except TyperException as error:
        _fail(error.format_message(), USAGE)
    except typer.Abort:  # Ctrl-C or the end of input at a prompt
        _fail("\nAborted", FAILED)
    except ValidationError as error:
        from server.settings_text import problems

        _fail("\n".join(problems(error)), USAGE)
    except Failure as failure:
        _fail(str(failure), failure.exit_code)
    except Exception as error:
        from db.postgres.errors import is_unavailable

        if not is_unavailable(error):
            raise
        _fail("DATABASE_URL: the database does not answer", FAILED)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(lines: str, exit_code: int) -> None:
    typer.echo(lines, err=True)
    sys.exit(exit_code)
