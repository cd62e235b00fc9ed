"""What the options of several commands are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

REQUEST = "The JSON object of POST {} (/docs of a running service describes it); - for stdin."

Url = Annotated[str | None, typer.Option("--url", help="A running service; else BACKPROOF_URL.")]
Data = Annotated[Path | None, typer.Option("--data", help="A folder; the service runs in this process and keeps it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the service's JSON, for machines.")]
Sizes = Annotated[str | None, typer.Option("--sizes", help="The sizes d₀,…,d_L of a network, such as 2,2,1.")]
Activations = Annotated[
    str | None, typer.Option("--activation", help="With --sizes: one for all layers, or one for each: tanh,softmax.")
]
Bias = Annotated[bool | None, typer.Option("--bias/--no-bias", help="With --sizes: whether layers have biases.")]
Loss = Annotated[str, typer.Option("--loss", help="The loss.")]
