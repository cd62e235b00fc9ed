"""Arrays on their way out and in."""

import array
import math
import struct
import sys
from typing import Any

import numpy as np
import pytest

from backproof import InvalidValue, Layer, Matrix, Network, Vector
from backproof.arrays import received_matrix, received_vector, sendable_matrix, sendable_vector
from backproof.call import body


@pytest.mark.parametrize(
    "given",
    [
        [[1, 2.5], [3, 4]],
        ((1, 2.5), (3, 4)),
        np.array([[1, 2.5], [3, 4]]),
        np.array([[1, 2.5], [3, 4]], dtype=np.float32),
        np.array([[1, 2.5], [3, 4]], order="F"),
        [np.array([1, 2.5]), np.array([3, 4])],
        [[np.float64(1), np.float32(2.5)], [np.int64(3), 4]],
        [array.array("d", [1, 2.5]), [3, 4]],
    ],
)
def test_whatever_holds_rows_is_sent_as_plain_lists(given: Any) -> None:
    found = sendable_matrix(given, "x")
    assert found == [[1, 2.5], [3, 4]]
    assert {type(entry) for row in found for entry in row} <= {int, float}
    assert all(type(row) is list for row in found)


def test_a_table_that_only_numpy_can_read() -> None:
    class Frame:
        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.array([[1.0], [2.0]])

    assert sendable_matrix(Frame(), "x") == [[1.0], [2.0]]


@pytest.mark.parametrize(
    ("given", "where", "said"),
    [
        ([[1.0, math.nan]], ("x", 0, 1), r"x\[0\]\[1\] is nan; every number"),
        ([[1], [-math.inf]], ("x", 1, 0), r"x\[1\]\[0\] is -inf"),
        (np.array([[1.0], [np.inf]]), ("x", 1, 0), r"x\[1\]\[0\] is inf"),
        ([[1], ["2"]], ("x", 1, 0), r"x\[1\]\[0\] is '2', which is not a number"),
        ([[1], [None]], ("x", 1, 0), "is None, which is not a number"),
        ([[10**400]], ("x", 0, 0), "no float64 holds"),
        ([1, 2], ("x", 0), r"x\[0\] has to be a list of numbers, not 1"),
        ("text", ("x",), "x has to be a list of rows"),
        (5, ("x",), "x has to be a list of rows"),
        ([[[1]]], ("x", 0, 0), r"x\[0\]\[0\] is \[1\], which is not a number"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_its_place(given: Any, where: tuple[Any, ...], said: str) -> None:
    with pytest.raises(InvalidValue, match=said) as refused:
        sendable_matrix(given, "x")
    assert refused.value.where == where


def test_weights_are_checked_too() -> None:
    with pytest.raises(InvalidValue, match=r"W\[0\]\[1\]"):
        Layer.make([[1.0, math.nan]])
    with pytest.raises(InvalidValue, match=r"b\[0\]"):
        Layer.make([[1.0]], [math.inf])
    with pytest.raises(InvalidValue, match=r"step is nan|JSON"):
        body({"learning_rate": math.nan})


def test_the_strings_for_what_json_has_no_number_for() -> None:
    found = received_vector([1, "NaN", "Infinity", "-Infinity"])
    assert math.isnan(found[1])
    assert found[0::2] == [1.0, math.inf]
    assert received_matrix([[0, "-Infinity"]]) == [[0.0, -math.inf]]
    assert type(found[0]) is float


@pytest.mark.parametrize("told", ["12", 12, None, [["a"]], [[None]]])
def test_what_is_no_matrix_is_not_read_as_one(told: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        received_matrix(told)


def test_bits_survive_json() -> None:
    numbers = np.random.default_rng(1).integers(0, 2**64, size=4000, dtype=np.uint64).view(np.float64)
    sent = [value for value in numbers.tolist() if math.isfinite(value)]
    import json

    back = received_vector(json.loads(body({"x": sendable_vector(sent, "x")}))["x"])
    assert [struct.pack("d", value) for value in back] == [struct.pack("d", value) for value in sent]


def test_matrices_are_lists_that_numpy_takes() -> None:
    found = received_matrix([[1, 2], [3, 4], [5, 6]])
    assert found.shape == (3, 2)
    assert found.numpy().shape == np.asarray(found).shape == (3, 2)
    assert found.numpy().dtype == np.float64
    assert (Matrix([]).shape, Vector([1.0]).shape) == ((0, 0), (1,))
    assert Vector([1.0, 2.0]).numpy().tolist() == [1.0, 2.0]


def test_networks_are_values() -> None:
    one, other = (Network.create([2, 1], activation="tanh", seed=3) for _ in range(2))
    assert one == other
    assert one != Network.create([2, 1], activation="tanh", seed=4)
    assert Network.make([Layer.make(np.eye(2))]).sizes == (2, 2)


def test_the_client_works_without_numpy() -> None:
    import subprocess

    program = (
        "import sys; sys.modules['numpy'] = None; import backproof; "
        "net = backproof.Network.make([backproof.Layer.make([[1.0, 2.0]], [0.5, 1], 'tanh')]); "
        "print(net.to_wire())"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "'activation': 'tanh'" in ran.stdout
