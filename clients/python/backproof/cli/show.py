"""Results as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from backproof.arrays import Matrix, Vector
from backproof.blackboard import subscript
from backproof.network import Layer
from backproof.progress import fraction
from backproof.results import (
    Comparison,
    FormResult,
    GradientsResult,
    JobInfo,
    LayerGradient,
    Predictions,
    Progress,
    TrainResult,
    Weights,
)

ROWS, COLUMNS = 20, 10  # of a matrix that is shown entry by entry
TALLIED = ("loss", "accuracy")  # during an epoch, which the final loss is not


def table(*columns: str, right: Sequence[str] = ()) -> Table:
    """An empty table with these columns; those in `right` hold numbers."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def number(value: float | None) -> str:
    """A number as people read it: six digits, or a dash for none."""
    return "–" if value is None else f"{value:.6g}"


def distance(value: float) -> str:
    """How far two numbers are apart: zero is worth seeing at once."""
    return "0" if value == 0 else f"{value:.1e}"


def size(count: int | None) -> str:
    """Bytes as people read them."""
    if count is None:
        return "–"
    found = float(count)
    for unit in ("B", "KiB", "MiB"):
        if found < 1024:
            return f"{count} B" if unit == "B" else f"{found:.1f} {unit}"
        found /= 1024
    return f"{found:.2f} GiB"


def duration(seconds: float | None) -> str:
    """Seconds as people read them."""
    if seconds is None:
        return "–"
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


def jobs(out: Console, found: Iterable[JobInfo]) -> None:
    """Nothing; one line for each job is written."""
    made = table("job", "kind", "state", "done", "loss", "created", right=("done", "loss"))
    for info in found:
        loss, born = info.metrics.get("loss"), moment(info.created_at)
        made.add_row(info.id, info.kind, state(info.state), f"{fraction(info):.0%}", number(loss), born)
    out.print(made if made.row_count else "No jobs.")


def moment(at: datetime | None) -> str:
    """A time on the reader's clock."""
    return "–" if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def state(name: str) -> Text:
    """A state in its colour."""
    colours = {"succeeded": "green", "failed": "red", "cancelled": "yellow", "running": "cyan"}
    return Text(name, style=colours.get(name, ""))


def job(out: Console, info: JobInfo) -> None:
    """Nothing; what became of a job is written."""
    summary(out, info, table("job", info.id))


def unkept(out: Console, info: JobInfo) -> None:
    """Nothing; the same is written of a job that nobody can ask for again, without its id."""
    summary(out, info, table("training", ""))


def summary(out: Console, info: JobInfo, made: Table) -> None:
    """Nothing; the table is written with what became of a job, and gradients that it compared below."""
    made.add_row("state", state(info.state))
    if info.progress and info.progress.epochs:
        made.add_row("epochs", epochs(info, info.progress))
    for name, value in info.metrics.items():
        if value is not None:
            made.add_row(*metric(info.kind, name, value))
    if isinstance(info.result, TrainResult):
        for name, words in trained(info.result).items():
            made.add_row(name, words)
    if info.started_at and info.finished_at:
        made.add_row("took", duration((info.finished_at - info.started_at).total_seconds()))
    out.print(made)
    if isinstance(info.result, GradientsResult):
        gradients(out, info.result)


def metric(kind: str, name: str, value: float) -> tuple[str, str]:
    """A metric's name in words, and its value; of a training run, with the moment at which it was taken."""
    if kind == "train" and name in TALLIED:
        return f"last epoch's {name}", f"{number(value)} (each batch before its update)"
    return name.replace("_", " "), number(value)


def epochs(info: JobInfo, progress: Progress) -> str:
    """How many epochs were trained, and whether that was early stopping's doing."""
    if isinstance(info.result, TrainResult) and info.result.stopped_early:
        return f"stopped early after epoch {progress.epoch} of {progress.epochs}"
    return f"{progress.epoch} of {progress.epochs}"


def trained(result: TrainResult) -> Mapping[str, str]:
    """The lines about a training result."""
    told = {"final loss": f"{number(result.final_loss)} (after the last update, on all training rows)"}
    if result.best_epoch is not None:
        told["best epoch"] = str(result.best_epoch)
    if result.twin_distance is not None:
        told["twins apart"] = f"{distance(result.twin_distance)} (largest difference / largest entry of a block)"
    return told | {"weights sha256": result.weights_sha256}


def gradients(out: Console, found: GradientsResult) -> None:
    """Nothing; the loss, each form's cost, the gradients where they are small, and the comparison are written."""
    verdict = {True: "[green]all agree[/]", False: "[red]they do not agree[/]", None: ""}[found.agree]
    out.print(f"loss {found.loss_value:.17g}   {verdict}", highlight=False)
    costs = table("form", "route", "took", "peak", "predicted", "flops", right=("took", "peak", "predicted", "flops"))
    for name, form in found.forms.items():
        costs.add_row(name, *cost(form))
    for name, witness in found.witnesses.items():
        costs.add_row(f"{name} (witness)", *cost(witness))
    out.print(costs)
    for name, form in list(found.forms.items())[:1]:
        for place, block in enumerate(form.gradients):
            blocks(out, f"{name} ∂loss/∂", block, place)
    if found.comparison:
        out.print(comparisons(found.comparison))
    for note in found.notes:
        out.print(f"Note: {note}", highlight=False, markup=False)


def cost(form: FormResult) -> tuple[str, ...]:
    """The cells about what a form cost."""
    flops = "–" if form.predicted_flops is None else f"{form.predicted_flops:,}"
    return (form.route or "–", duration(form.seconds), size(form.peak_bytes), size(form.predicted_bytes), flops)


def comparisons(found: Sequence[Comparison]) -> Table:
    """How far apart the forms and witnesses are, for each parameter."""
    made = table("parameter", "between", "max abs", "max rel", "verdict", right=("max abs", "max rel"))
    for one in found:
        between = " – ".join(one.between)
        made.add_row(one.parameter, between, distance(one.max_abs), distance(one.max_rel), verdict(one))
    return made


def verdict(one: Comparison) -> Text:
    """What a comparison found, in words."""
    if not one.agree:
        return Text("differ", style="red")
    words = "the same bits" if one.identical else "agree, within rounding" if one.rounding else "agree"
    return Text(words, style="green")


def weights(out: Console, found: Weights) -> None:
    """Nothing; the layers are written, entry by entry where they are small."""
    for place, layer in enumerate(found.layers):
        blocks(out, f"{layer.activation} ", layer, place)


def blocks(out: Console, words: str, block: Layer | LayerGradient, place: int) -> None:
    """Nothing; W and b of one layer, or their gradients, are written."""
    name = subscript(place + 1)
    matrix(out, block.W, f"{words}W{name} (layers.{place}.weights)")
    if block.b is not None:
        rows = Matrix([block.b]) if isinstance(block.b, Vector) else block.b
        matrix(out, rows, f"{words}b{name} (layers.{place}.bias)")


def matrix(out: Console, rows: Matrix, title: str) -> None:
    """Nothing; the matrix is written: its entries where it is small, else its shape and range."""
    height, width = rows.shape
    if height > ROWS or width > COLUMNS:
        low, high = min(map(min, rows)), max(map(max, rows))
        out.print(f"{title}: {height} × {width}, from {number(low)} to {number(high)}\n", highlight=False)
        return
    columns = [str(column) for column in range(width)]
    out.print(title, style="bold", highlight=False)
    made = table("", *columns, right=columns)
    for place, row in enumerate(rows):
        made.add_row(str(place), *map(number, row))
    out.print(made)


def predictions(out: Console, found: Predictions) -> None:
    """Nothing; the outputs are written, as many rows as fit a screen."""
    rows = found.outputs
    columns = [f"output {column}" for column in range(rows.shape[1])]
    made = table("row", *columns, right=("row", *columns))
    for place, row in enumerate(rows[:ROWS]):
        made.add_row(str(place), *map(number, row))
    out.print(made)
    if len(rows) > ROWS:
        out.print(f"… and {len(rows) - ROWS} rows more; --json prints all of them.", highlight=False)
