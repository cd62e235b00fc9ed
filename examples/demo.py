"""The demo: a real service on a free loopback port, a fresh data folder, and the Python client over HTTP.

    make demo

It trains XOR by both forms of backpropagation at once, trains on real handwritten digits, compares both forms of the
gradient, and shows the refusal of what would not fit.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits

from backproof import Client, Dataset, GradientsResult, Job, Metrics, Retry, TooLargeForForm

console = Console(width=100 if not sys.stdout.isatty() else None, highlight=False)
XOR_X = [[0, 0], [0, 1], [1, 0], [1, 1]]
XOR_Y = [[0], [1], [1], [0]]
XOR_NETWORK = {
    "sizes": [2, 2, 1],
    "activation": "sigmoid",
    "bias": False,
    "init": {"type": "uniform", "low": 0, "high": 1},
    "seed": 4,
}
DIGITS_NETWORK = {"sizes": [64, 32, 10], "activation": ["tanh", "softmax"], "seed": 1}


@contextmanager
def service(folder: str) -> Iterator[str]:
    """The address of a service with that data folder, which ends with the block."""
    command = [Path(sys.executable).with_name("backproof"), "serve", "--port", "0", "--data", folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            greeting = process.stdout.readline()
            if not greeting:
                sys.exit("The service did not start; what it said stands above.")
            yield next(word for word in greeting.split() if word.startswith("http"))
        finally:
            process.terminate()


def title(text: str) -> None:
    """Prints a section's heading."""
    console.print()
    console.rule(f"[bold]{text}", align="left")


def curve(metrics: Metrics, height: int = 8, width: int = 72) -> str:
    """The loss over the epochs, drawn with blocks."""
    losses = np.array(metrics["loss"], dtype=float)
    columns = np.array([part.mean() for part in np.array_split(losses, min(width, len(losses)))])
    top = columns.max()
    eighths = np.rint(columns / top * height * 8).astype(int)
    rows = []
    for level in range(height - 1, -1, -1):
        filled = np.clip(eighths - 8 * level, 0, 8)
        label = f"{top * (level + 1) / height:8.3f}" if level % 2 else " " * 8
        rows.append(f"{label} │" + "".join(" ▁▂▃▄▅▆▇█"[n] for n in filled))
    last = int(metrics["epoch"][-1] or 0)
    axis = f"{'':8} └" + "─" * len(columns)
    return "\n".join([*rows, axis, f"{'':10}1{f'epoch {last}':>{len(columns) - 1}}"])


def xor(client: Client) -> None:
    """Trains XOR by both forms and shows what came of it."""
    title("1. XOR, trained by both forms of backpropagation")
    console.print("2-2-1, sigmoid, no bias, ½ Σ (h − y)², rate 1: twins from the same weights, one for each form.\n")
    job = client.train(
        XOR_NETWORK,
        loss="half_sse",
        optimizer={"type": "sgd", "learning_rate": 1.0},
        data=(XOR_X, XOR_Y),
        epochs=10_000,
        form="both",
    ).wait()
    console.print(curve(job.metrics(max_points=1000)))
    outputs = job.predict(XOR_X).outputs
    table = Table("input", "wanted", "output", "error", title="What it has learnt", title_justify="left")
    for x, (y,), (h,) in zip(XOR_X, XOR_Y, outputs, strict=True):
        table.add_row(f"{x[0]} xor {x[1]}", f"{y}", f"{h:.4f}", f"{abs(h - y):.4f}")
    console.print(table)
    for l, layer in enumerate(job.weights().layers):
        console.print(f"W{'₁₂'[l]} =", np.array2string(np.asarray(layer.weights), precision=4, prefix="W₁ = "))
    result, along = job.result(), job.gradients()
    apart = f"{result.twin_distance:.1e} of a block's largest entry" if result.twin_distance else "0: the same bits"
    console.print(
        f"\nThe greatest distance between the twins' weights in 10,000 epochs: [bold]{apart}[/].\n"
        f"Their gradients agreed at {sum(c.agree for c in along):,} of {len(along):,} recorded epochs."
    )


def digits(client: Client) -> tuple[Dataset, Job]:
    """Uploads the digits once and trains on them; returns the data set and the job."""
    title("2. Handwritten digits: 1,797 real images of 8×8 pixels")
    images = load_digits()
    data = client.upload(images.data / 16.0, labels=images.target)
    console.print(
        f"Uploaded once: {data.rows:,} rows of {data.features} features, {data.classes} classes, {data.id[:19]}…"
    )
    console.print("64-32-10, tanh then softmax, cross-entropy, batches of 32; a fifth of the rows is held out.\n")
    job = client.train(
        DIGITS_NETWORK,
        loss="cross_entropy",
        optimizer={"type": "momentum", "learning_rate": 0.1},
        data=data,
        epochs=40,
        batch_size=32,
        validation={"share": 0.2},
    ).wait()
    metrics = job.metrics()
    table = Table("epoch", "loss", "validation loss", "accuracy", "validation accuracy")
    kept = metrics.rows[:: max(len(metrics.rows) // 6, 1)]
    for row in [*kept, *([metrics.rows[-1]] if kept[-1] != metrics.rows[-1] else [])]:
        told = dict(zip(metrics.columns, row, strict=True))
        table.add_row(
            f"{told['epoch']:.0f}",
            f"{told['loss']:.4f}",
            f"{told['validation_loss']:.4f}",
            f"{told['accuracy']:.1%}",
            f"{told['validation_accuracy']:.1%}",
        )
    console.print(table)
    console.print(f"On rows it has never seen it is right for [bold]{metrics['validation_accuracy'][-1]:.1%}[/].")
    return data, job


def compared(found: GradientsResult, heading: str) -> None:
    """Prints both forms' comparison per parameter, and what each cost."""
    agreement = Table(
        "parameter", "largest difference", "of the largest entry", "agree", title=heading, title_justify="left"
    )
    for c in found.comparison:
        words = "same bits" if c.identical else f"{c.max_abs:.1e}"
        agreement.add_row(c.parameter, words, f"{c.max_rel:.1e}", "yes" if c.agree else "[bold red]NO")
    console.print(agreement)
    cost = Table("form", "route", "time", "bytes predicted", "bytes at the peak")
    for name, form in found.forms.items():
        cost.add_row(
            name,
            form.route or "",
            f"{1e6 * (form.seconds or 0):,.0f} µs",
            f"{form.predicted_bytes or 0:,}",
            f"{form.peak_bytes or 0:,}",
        )
    console.print(cost)


def both_forms(client: Client, data: Dataset, trained: Job) -> None:
    """Compares both forms on XOR, on 8 digits and, refused, on all of them."""
    title("3. The gradient by both forms, compared")
    found = client.gradients(XOR_NETWORK, loss="half_sse", data=(XOR_X, XOR_Y), route="dense")
    compared(found, f"XOR at its first weights, loss {found.loss_value:.4f}")
    network = trained.weights().network()
    some = client.gradients(network, loss="cross_entropy", data=data.part(0, 8), route="dense")
    compared(some, f"8 digits at the trained weights, loss {some.loss_value:.4f}")
    console.print("\nAnd the literal form, np.kron and all, on all 1,797 rows? It is refused before it takes memory:\n")
    try:
        client.gradients(network, loss="cross_entropy", data=data, route="dense")
    except TooLargeForForm as refusal:
        console.print(f"  [italic]{refusal.problem.detail}[/]")
    else:
        sys.exit("The literal form was not refused on all rows: something is wrong with the memory budget.")


def main() -> None:
    """Runs the demo on a service of its own."""
    started = time.monotonic()
    console.print("[bold]Backproof[/]: is your backprop right?")
    with tempfile.TemporaryDirectory(prefix="backproof-demo-") as folder, service(folder) as url:
        console.print(f"A service of its own runs at {url}; its data are in {folder}.")
        with Client(url, retry=Retry(attempts=10)) as client:  # its workers are still starting
            client.ready()
            xor(client)
            data, trained = digits(client)
            both_forms(client, data, trained)
    title("That was all")
    console.print(
        f"It took {time.monotonic() - started:.0f} s. To keep a service running, with its data in ./data:\n\n"
        "  make serve                       # then http://127.0.0.1:8000/docs\n"
        "  docker compose up                # the same, in a container\n"
    )


if __name__ == "__main__":
    main()
