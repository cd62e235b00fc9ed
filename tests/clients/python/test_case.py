"""Case files, read and written by the client: what languages print where JSON has no number, and what is no case."""

import json
import math
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from backproof import Client, InvalidValue, Network
from backproof.case import case_of, read_case, write_case
from backproof.inprocess import URL
from backproof.network import Layer

from .own import case

BARE = {
    "NaN": ["NaN", "nan", "-nan", "nan(0x8000)", "-nan(ind)", "NAN"],
    "Infinity": ["Infinity", "inf", "Inf", "+inf", "1e999"],
    "-Infinity": ["-Infinity", "-inf", "-Inf", "-INF", "-1e999"],
}


@pytest.mark.parametrize(("word", "printed"), [(word, each) for word, found in BARE.items() for each in found])
def test_what_is_not_finite_is_read_as_languages_print_it(word: str, printed: str) -> None:
    text = f'{{"network": {{}}, "loss": "l", "data": {{}}, "gradients": [[{printed}], [1.5,{printed}]]}}'
    assert case_of(text.encode(), "it")["gradients"] == [[word], [1.5, word]]


def test_strings_and_what_only_looks_like_it_stay() -> None:
    told = {"network": 'nan "inf" \\', "loss": "-inf", "data": {"nan": ["Infinity, nan", "\\"]}}
    assert case_of(json.dumps(told).encode(), "it") == told
    for bad in (b'{"network": nano}', b'{"network": infinite}', b'{"network": nan"x"}', b"nan", b"\xff{}", b"{" * 9999):
        with pytest.raises(InvalidValue, match="it is no case: "):
            case_of(bad, "it")


def test_a_mark_of_byte_order_is_passed_over() -> None:
    assert case_of(b'\xef\xbb\xbf{"network": 1, "loss": 2, "data": 3}', "it") == {"network": 1, "loss": 2, "data": 3}


def test_what_is_lacking_is_named(tmp_path: Path) -> None:
    file = tmp_path / "x.case.json"
    with pytest.raises(InvalidValue, match=r"x\.case\.json cannot be read: No such file"):
        read_case(file)
    file.write_text('{"data": {}}')
    with pytest.raises(InvalidValue, match=r"x.case.json is no case: it has no network and no loss\. A case is a JSON"):
        read_case(file)


def test_what_is_written_reads_back_bit_for_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    W = rng.normal(size=(2, 3)) * 10.0 ** rng.integers(-300, 300, (2, 3))
    net = Network.make([Layer.make(W, [0.1, -0.0, 5e-324])])
    spoilt = W.copy()
    spoilt[0, 0], spoilt[1, 2] = math.nan, -math.inf
    told: dict[str, Any] = {"gradients": [{"weights": spoilt}], "data": {"x": W, "y": W}, "loss": "sse", "network": net}
    write_case(tmp_path / "a.case.json", told)
    text = (tmp_path / "a.case.json").read_text()
    assert [line[1:].split('"')[1] for line in text.splitlines()] == ["network", "loss", "data", "gradients"]
    found: Any = read_case(tmp_path / "a.case.json")
    assert np.array(found["data"]["x"]).tobytes() == W.tobytes()
    assert repr(found["network"]["layers"][0]["bias"]) == "[0.1, -0.0, 5e-324]"
    (sent,) = found["gradients"]
    assert (sent["weights"][0][0], sent["weights"][1][2]) == ("NaN", "-Infinity")
    with pytest.raises(InvalidValue, match="cannot be written: "):
        write_case(tmp_path / "none" / "a.case.json", told)


@pytest.mark.parametrize(("mistake", "verdict"), [("none", "right"), ("nan", "wrong")])
def test_the_client_judges_a_case_by_its_path_or_as_it_is(
    transport: httpx.BaseTransport, tmp_path: Path, mistake: str, verdict: str
) -> None:
    told = case(mistake)
    write_case(tmp_path / "a.case.json", told)
    with Client(URL, transport=transport) as client:
        found = [client.judge(each) for each in (told, tmp_path / "a.case.json", str(tmp_path / "a.case.json"))]
    assert {report.verdict for report in found} == {verdict}
