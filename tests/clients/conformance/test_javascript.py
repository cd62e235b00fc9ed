"""What the JavaScript client does beyond the kit's calls: the values of the language, and what onEvent is shown."""

import json
import subprocess

import pytest

from serving import environment

from .drivers import ROOT

IMPORT = 'import { Client, InvalidValue, JobFailed, Unreachable, toJSON } from "./backproof.mjs";\n'


def node(program: str, **more: str) -> str:
    ran = subprocess.run(
        ["node", "--input-type=module", "--eval", IMPORT + program],
        capture_output=True, text=True, check=False, cwd=ROOT / "clients/javascript", env=environment(**more),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("[0, -0, 0.1, 1e21, -1e-7]", "[0,-0.0,0.1,1e+21,-1e-7]"),
        ("2 ** 53 - 1", "9007199254740991"),
        ("2 ** 53", "9007199254740992.0"),
        ("5e-324", "5e-324"),
        ("new Float64Array([1, -0])", "[1,-0.0]"),
        ("[new Float32Array([0.5])]", "[[0.5]]"),
        ("{ a: undefined, b: null, c: true }", '{"b":null,"c":true}'),
        ("""{ 'a"b': 'c\\nd' }""", r'{"a\"b":"c\nd"}'),
    ],
)
def test_what_is_written(value: str, written: str) -> None:
    assert node(f"console.log(toJSON({value}));") == written
    json.loads(written)


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ("{ data: { x: [[0, 1], [0, NaN]] } }", "data.x[1][1]"),
        ("{ y: [Infinity] }", "y[0]"),
        ("{ seed: 3n }", "seed"),
        ("{ f: () => 1 }", "f"),
        ("{ x: [undefined] }", "x[0]"),
    ],
)
def test_what_is_refused_names_the_place(value: str, where: str) -> None:
    program = f"try {{ toJSON({value}); }} catch (error) {{ console.log(error instanceof InvalidValue, error.where); }}"
    assert node(program) == f"true {where}"


@pytest.mark.parametrize("url", ["nowhere", "ftp://127.0.0.1", ""])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    program = f"try {{ new Client({{ url: {url!r} }}); }} catch (error) {{ console.log(error.name, error.where); }}"
    assert node(program) == "InvalidValue url"


def test_the_job_is_shown_while_it_is_awaited_and_its_failure_thrown(url: str) -> None:
    program = """
        const client = new Client();
        const network = { sizes: [2, 1], activation: "identity", seed: 1 };
        const data = { x: [[1, 2]], y: [[0.5]] };
        const request = { network, loss: "sse", data, labels: { like: "NaN" }, epochs: 20 };
        const good = await client.train({ ...request, optimizer: { type: "sgd", learning_rate: 0.01 } });
        const seen = [];
        const ended = await client.wait(good, { onEvent: (job) => seen.push(job.state) });
        console.log(seen.at(-1), ended.labels.like);
        const bad = await client.train({ ...request, optimizer: { type: "sgd", learning_rate: 1e300 } });
        const error = await client.wait(bad.id).catch((error) => error);
        console.log(error instanceof JobFailed, error.job.state, error.message);
    """
    first, second = node(program, BACKPROOF_URL=url).splitlines()
    assert first == "succeeded NaN"
    assert second.startswith("true failed Job job_")
    assert "learning rate" in second
