"""Drivers that are wrong on purpose: the Python client's, with one mistake planted. Run as broken.py MISTAKE."""

import json
import math
import runpy
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from drivers import KIT

import backproof
from backproof import arrays, call, calls, claims, flows, parse, results

DRIVER = runpy.run_path(str(KIT / "drivers" / "python.py"))
LOCALS = DRIVER["answer"].__globals__  # what the driver's own functions look names up in


def changed(name: str, of: Callable[[Any], Any]) -> None:
    """Nothing; the driver's function `name` is what `of` makes of it."""
    LOCALS[name] = of(LOCALS[name])


def floats(change: Callable[[float], object]) -> None:
    """Nothing; every float that the driver writes is changed."""
    wire = LOCALS["wire"]
    changed("wire", lambda _: lambda value: change(value) if isinstance(value, float) else wire(value))


def drops_a_digit() -> None:
    floats(lambda value: float(f"{value:.16g}") if abs(value) < 1e300 else value)


def forgets_minus_zero() -> None:
    original = arrays.sendable_vector
    arrays_with_zero = lambda value, *where: [entry + 0.0 for entry in original(value, *where)]  # noqa: E731
    arrays.sendable_vector = arrays_with_zero
    arrays.sendable_matrix.__globals__["sendable_vector"] = arrays_with_zero


def writes_null_for_nan() -> None:
    wire = LOCALS["wire"]
    changed("wire", lambda _: lambda v: None if isinstance(v, float) and not math.isfinite(v) else wire(v))


def sends_nan_as_null() -> None:
    changed("real", lambda _: lambda value, place="": nulled(value))


def judges_finite_numbers_only() -> None:
    original = claims.numbers
    claims.numbers.__globals__["numbers"] = lambda value, *where: nulled(original(value, *where))


def leaves_out_layers_not_sent() -> None:
    original = claims.layered
    calls.claims.layered = lambda value, name: [each for each in original(value, name) or [] if each is not None]


def nulled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: nulled(each) for name, each in value.items()}
    return [nulled(each) for each in value] if isinstance(value, list) else 0.0 if value == "NaN" else value


def counts_in_32_bits() -> None:
    wire = LOCALS["wire"]
    small = lambda v: (v + 2**31) % 2**32 - 2**31  # noqa: E731
    changed("wire", lambda _: lambda v: small(v) if isinstance(v, int) and not isinstance(v, bool) else wire(v))


def ends_at_an_unknown_state() -> None:
    results.JobInfo.ended = property(lambda job: job.state not in ("queued", "running", "cancelling"))


def waits_for_a_paused_job() -> None:
    results.JobInfo.resting = property(lambda job: False)


def takes_an_expired_wait_for_the_end() -> None:
    results.JobInfo.ended = property(lambda job: True)


def asks_without_a_pause() -> None:
    flows.BREATH = 0.0


def refuses_an_unknown_field() -> None:
    parse.known.__globals__["known"] = lambda kind, told: dict(told)


def reads_the_first_page_only() -> None:
    backproof.Client.all = lambda self, first: iter(self.send(first).items)


def forgets_the_filters() -> None:
    calls.following = lambda call, page: replace(call, params={"after": page.next}) if page.next else None


def sends_a_job_twice() -> None:
    calls.submit.__globals__["UNSENT"] = call.ALWAYS


def gives_up_at_once() -> None:
    retry = LOCALS["Retry"]
    changed("Retry", lambda _: lambda attempts=1: retry(attempts=1))


def ignores_retry_after() -> None:
    call.Retry.pause = lambda self, attempt, asked: 0.05


def asks_again_after_a_conflict() -> None:
    call.judge.__globals__["BUSY"] = frozenset({409, 429, 503})


def swallows_an_error() -> None:
    changed("answer", lambda answer: lambda asked: {"result": answer(asked).get("result", {})})


def takes_html_for_a_refusal() -> None:
    changed("failure", lambda _: lambda error: {"kind": "refused", "detail": "HTML"})


def takes_zero_for_absent() -> None:
    given = lambda **fields: {name: value for name, value in fields.items() if value and value != "0"}  # noqa: E731
    calls.weights.__globals__["given"] = given


def makes_a_bias_of_none() -> None:
    parse.vector_or_none.__globals__["vector_or_none"] = lambda told: arrays.received_vector(told or [0.0])


def does_not_encode() -> None:
    calls.job_path.__globals__["part"] = str


def speaks_ascii_only() -> None:
    changed("told_by", lambda told_by: lambda problem: told_by(replace(problem, detail=ascii(problem.detail))))


def crashes() -> None:
    changed("answer", lambda _: lambda asked: sys.exit("planted"))


def writes_two_objects() -> None:
    sys.stdout.write('{"result": {}}\n')
    sys.stdout.flush()


def writes_nan() -> None:
    floats(lambda value: value)
    dumps = json.dumps
    json.dumps = lambda value, **_: dumps(value)


def invents_a_kind() -> None:
    changed("failure", lambda _: lambda error: {"kind": "oops", "detail": ""})


def none() -> None:
    """No mistake."""


if __name__ == "__main__":
    asked = json.loads(sys.stdin.buffer.read())
    globals()[sys.argv[1]]()
    sys.stdout.buffer.write(json.dumps(LOCALS["answer"](asked), allow_nan=False).encode())
