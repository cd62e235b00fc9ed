"""`backproof serve`: the settings as flags."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from .settings import Settings

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1, or BACKPROOF_HOST]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 0 takes a free one. [default: 8000, or BACKPROOF_PORT]")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of jobs, data sets and weights. [default: ./data, or BACKPROOF_DATA]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes. [default: one for each core, or BACKPROOF_WORKERS]")
    ] = None,
) -> None:
    """Run the service until Ctrl-C. Every setting is also a variable BACKPROOF_NAME."""
    given: dict[str, Any] = {"host": host, "port": port, "data": data, "workers": workers}
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        _give_up(_sentence(error))
    # Before NumPy is loaded: the bits of a product must not depend on how many threads the BLAS would take.
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    from .serve import CannotServe, run

    try:
        run(settings)
    except CannotServe as error:
        _give_up(str(error))


def _sentence(error: ValidationError) -> str:
    """What is wrong with the first setting that cannot be used."""
    first: Any = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    return f"The setting {name} is {first['input']!r}: {first['msg']} (--{name}, or BACKPROOF_{name.upper()})."


def _give_up(sentence: str) -> None:
    typer.echo(sentence, err=True)
    sys.exit(1)


if __name__ == "__main__":
    typer.run(serve)
