"""The kit can fail: a driver with a planted mistake is caught by the case that is there for it."""

import sys
from pathlib import Path

import pytest

from .conftest import kit

BROKEN = Path(__file__).with_name("broken.py")

CAUGHT = {  # the mistake, the case that catches it, and words of what the case says
    "drops_a_digit": ("numbers-are-sent-bit-for-bit", "0.30000000000000004 (3fd3333333333334)"),
    "forgets_minus_zero": ("minus-zero-is-sent-as-such", "-0.0 (8000000000000000)"),
    "writes_null_for_nan": ("non-finite-metrics", 'expected "Infinity", found null'),
    "sends_nan_as_null": ("non-finite-refused-in-data", "the script had ended"),
    "judges_finite_numbers_only": ("check-what-is-not-finite", 'expected "NaN", found 0.0'),
    "leaves_out_layers_not_sent": ("check-what-is-not-finite", "gradients: expected 2 entries"),
    "counts_in_32_bits": ("counts-beyond-32-bits", "3000000000"),
    "ends_at_an_unknown_state": ("wait-on-an-unknown-state", 'found "hibernating"'),
    "waits_for_a_paused_job": ("wait-rests-at-paused", "the script had ended"),
    "takes_an_expired_wait_for_the_end": ("wait-goes-on-after-a-long-poll", "never came"),
    "asks_without_a_pause": ("wait-does-not-spin", "7 requests came in"),
    "refuses_an_unknown_field": ("unknown-fields-are-ignored", "argument 'mood'"),
    "reads_the_first_page_only": ("empty-page-before-the-end", "never came"),
    "forgets_the_filters": ("cursor-of-any-characters", "query.state"),
    "sends_a_job_twice": ("train-is-not-sent-twice-after-a-close", "POST /train was not expected"),
    "gives_up_at_once": ("closed-before-an-answer", 'found {"error": {"kind": "unreachable"'),
    "ignores_retry_after": ("busy-503-is-asked-again", "not 0.95 s"),
    "asks_again_after_a_conflict": ("weights-not-yet", "the script had ended"),
    "swallows_an_error": ("proxy-answers-500", "error"),
    "takes_html_for_a_refusal": ("html-with-200", 'expected "unexpected"'),
    "takes_zero_for_absent": ("epoch-zero-is-asked-for", "query.at"),
    "makes_a_bias_of_none": ("gradients-that-became-a-job", "bias: expected null, found [0.0]"),
    "does_not_encode": ("ids-are-encoded", "request 1"),
    "speaks_ascii_only": ("problem-in-every-script", "error.detail"),
    "crashes": ("weights-not-yet", "exit code 1: planted"),
    "writes_two_objects": ("weights-not-yet", "wrote no JSON"),
    "writes_nan": ("non-finite-metrics", "is no JSON"),
    "invents_a_kind": ("weights-not-yet", "one of the kinds"),
}


def driver(mistake: str) -> str:
    return f"{sys.executable} {BROKEN} {mistake}"


@pytest.mark.parametrize("mistake", CAUGHT)
def test_the_mistake_is_caught(mistake: str) -> None:
    case, words = CAUGHT[mistake]
    played = kit("--driver", driver(mistake), "--only", case)
    assert played.returncode == 1, played.stdout + played.stderr
    assert f"FAIL {case}" in played.stdout
    assert words in played.stdout
    assert "Traceback" not in played.stderr


def test_without_a_mistake_the_same_cases_pass() -> None:
    names = [word for case in {case for case, _ in CAUGHT.values()} for word in ("--only", case)]
    played = kit("--driver", driver("none"), "--jobs", "6", *names)
    assert played.returncode == 0, played.stdout
