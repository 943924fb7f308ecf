"""`registry schema`: prints or checks the schema's SDL."""

from pathlib import Path
from typing import Annotated

import typer

from server.commands.failures import Failure


def schema(
    check: Annotated[
        bool,
        typer.Option("--check", help="Exit with 1 when schema/schema.graphql is not up to date."),
    ] = False,
) -> None:
    """Print the schema in the GraphQL schema definition language."""
    import schema as package

    sdl = package.sdl(package.build())
    if not check:
        typer.echo(sdl, nl=False)
        return
    committed = Path(package.__file__).parent / "schema.graphql"
    if not committed.is_file() or committed.read_text("utf-8") != sdl:
        raise Failure(f"{committed} is not up to date: run `make schema`")
