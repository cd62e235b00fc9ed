"""The commands, and what else a command line can say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from backproof import calls, parse, parse_report
from backproof.cli import asked, cases, checking, derive, documents, ending, examples, extras, files, pointing, show
from backproof.cli import check as checks
from backproof.cli.acts import as_sent, compared, console, follow, line, lines, save, sent_with, tell, width
from backproof.cli.ending import Usage
from backproof.cli.options import REQUEST, Activations, AsJson, Bias, Data, Loss, Sizes, Url
from backproof.cli.service import place, reach, stored
from backproof.derivation import derivation
from backproof.errors import BackproofError
from backproof.job import Job
from backproof.progress import say

app = typer.Typer(
    name="backproof",
    help="Is your backprop right? Trains networks and compares gradients by two forms of backpropagation.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

TrainFile = Annotated[str, typer.Argument(metavar="FILE", help=REQUEST.format("/train"))]
GradientsFile = Annotated[str, typer.Argument(metavar="FILE", help=REQUEST.format("/gradients"))]
PredictFile = Annotated[str, typer.Argument(metavar="FILE", help=REQUEST.format("/predict"))]
Id = Annotated[str, typer.Argument(metavar="ID", help="The job's id.")]
At = Annotated[str, typer.Option("--at", help="latest, best, or an epoch; 0 is before training.")]
Form = Annotated[str | None, typer.Option("--form", help="vectorized: the other twin of a run with form both.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Save to this file: .json, .npz, or .ml, an OCaml module.")
]


@app.command(epilog=examples.shown(examples.TRAIN))
def train(
    file: TrainFile,
    *,
    url: Url = None,
    data: Data = None,
    wait: Annotated[bool, typer.Option("--wait/--detach", help="Wait for the end, or only submit.")] = True,
    weights: Annotated[
        Path | None,
        typer.Option("--weights", help="Save the weights: .json, which predict reads, .npz, or .ml, an OCaml module."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a network as a request file says."""
    call, where, target = calls.submit(files.request(file)), place(url, data), files.target(weights)
    if not wait and not where.stays:
        raise Usage("--detach leaves the job to a service that goes on: give --url or set BACKPROOF_URL.")
    if not wait and target:
        raise Usage("--weights needs the end of the job, which --detach does not wait for.")
    with reach(where) as client:
        job = Job(client.send(call), client)
        if wait:
            follow(job, where)
            if target:
                save(job, target, "latest", None)
        if as_json or wait:
            tell(client, calls.job(job.id), parse.job, show.job if where.keeps else show.unkept, as_json=as_json)
        else:
            say(f"Watch it with: backproof watch {job.id} --url {client.url}")
            line(job.id)
    if not (where.keeps or target):
        say("Nothing was kept: --data DIR keeps the job, --weights FILE its weights.")


@app.command()
def jobs(
    *,
    url: Url = None,
    data: Data = None,
    state: Annotated[str | None, typer.Option("--state", help="Only jobs in this state.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many, the newest.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the jobs of a service, newest first."""
    with reach(stored(url, data)) as client:
        first = calls.jobs(state=state, limit=min(limit, 100))
        found = list(islice(client.all(sent_with(first, parse.page_of(parse.as_it_is))), limit))
    if as_json:
        line(json.dumps(found))
    else:
        show.jobs(console(), map(parse.job, found))


@app.command()
def watch(job: Id, *, url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """Watch a job until it ends. The exit code is 1 where it failed, or compared gradients that do not agree."""
    where = stored(url, data)
    with reach(where) as client:
        follow(client.job(job), where)
        found = tell(client, calls.job(job), parse.job, show.job, as_json=as_json)
    ending.agreed(found.get("result"))


@app.command()
def weights(
    job: Id,
    *,
    url: Url = None,
    data: Data = None,
    at: At = "latest",
    form: Form = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Show or save the weights of a job."""
    where, target = stored(url, data), files.target(output)
    with reach(where) as client:
        if target:
            save(client.job(job), target, at, form)
            say(f"Saved to {target}")
        else:
            tell(client, calls.weights(job, at, form), parse.weights, show.weights, as_json=as_json)


@app.command(epilog=examples.shown(examples.GRADIENTS))
def gradients(file: GradientsFile, *, url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """Compare the gradients of both forms, as a request file says. The exit code is 1 where they do not agree.

    A case file (FILE.case.json) holds numbers of your own as well. They are judged too, as by backproof check, and the
    exit code is 1 where they are wrong, 2 where they cannot be judged.
    """
    request = cases.request(file)
    yours, call = cases.claim(request), as_sent(calls.compare(cases.point(request)))
    with reach(place(url, data)) as client:
        found = compared(client, client.send(call))
        judged = None if yours is None else client.send(as_sent(calls.judge(yours)))
    if as_json:
        line(json.dumps(found if judged is None else {**found, "yours": judged}))
    else:
        show.gradients(console(), parse.gradients(found))
        lines(["Your numbers", *str(parse_report.report(judged)).splitlines()] if judged else [])
    if aside := cases.left_aside(request):
        say(f"There are no numbers of yours to judge; left aside: {', '.join(aside)}.")
    ending.agreed(found)
    if judged:
        raise typer.Exit(checks.CODES.get(str(judged["verdict"]), ending.UNJUDGED))


app.command("point")(pointing.point)
app.command("vectors")(pointing.vectors)
app.command("check", epilog=examples.shown(examples.CASE))(checking.check)


@app.command(epilog=examples.shown(examples.PREDICT))
def predict(
    file: PredictFile,
    *,
    network: Annotated[
        str | None,
        typer.Option("--network", metavar="FILE.json", help="Take the network from the .json that --weights saved."),
    ] = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Print a network's outputs, as a request file says."""
    request = dict(files.request(file))
    if network:
        request["network"] = files.network(network)
    call = calls.outputs(request)
    with reach(place(url, data)) as client:
        tell(client, call, parse.predictions, show.predictions, as_json=as_json)


@app.command("derive")
def derive_(
    *,
    sizes: Sizes = None,
    activation: Activations = None,
    bias: Bias = None,
    network: Annotated[
        str | None,
        typer.Option("--network", metavar="FILE.json", help="Take the network from the .json that --weights saved."),
    ] = None,
    loss: Loss = "half_sse",
    parameter: Annotated[
        str, typer.Option("--parameter", help="layers.K.weights or layers.K.bias, layers counted from 0.")
    ] = "layers.0.weights",
    rows: Annotated[
        str | None,
        typer.Option(
            "--rows", metavar="FILE", help="Evaluate each line on these rows: .json (x with y or labels), .csv, .npz."
        ),
    ] = None,
    style: Annotated[asked.Style, typer.Option("--format", help="What to print.")] = asked.Style.text,
    folded: Annotated[bool, typer.Option("--folded", help="Only the end of each lemma, not every line.")] = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Prove, line by line, that both forms of a gradient are the same. The exit code is 1 where they are not.

    Each line follows from the one before by one rule; what a rule changed stands within ⟦ ⟧. No data is needed, but
    with --rows each line is evaluated on them too. latex and mathml are whole documents.
    """
    net = asked.network(sizes, activation, bias, network)
    with reach(place(url, data)) as client:
        told = None if rows is None else asked.rows(client, rows)
        found = client.send(as_sent(calls.derive(net, loss=loss, parameter=parameter, data=told)))
    match style:
        case asked.Style.json:
            line(json.dumps(found))
        case asked.Style.latex:
            lines(documents.latex(derivation(found), folded=folded))
        case asked.Style.mathml:
            lines(documents.page(derivation(found), folded=folded))
        case asked.Style.text:
            lines(derive.text(derivation(found), folded=folded, width=width()))
    ending.agreed({"agree": found.get("equal")})


def run(arguments: Sequence[str]) -> int:
    """The exit code, after the command that the arguments name has run."""
    extras.register(app, arguments)
    try:
        app(list(arguments), prog_name="backproof")
    except BackproofError as error:
        say(str(error))
        return ending.code(error)
    except SystemExit as end:  # how typer ends, after a word about wrong usage
        return end.code if isinstance(end.code, int) else 0
    return 0
