import numpy as np
import pytest

from backproof_core import Layer, Network
from backproof_core.errors import InvalidValue, ShapeMismatch, UnknownName
from backproof_core.init import INITS, GlorotUniform, HeNormal, Normal, Uniform, Zeros

SPECIMENS = {"uniform": Uniform(-1.0, 2.0), "normal": Normal(1.0, 3.0), "glorot_uniform": GlorotUniform()} | {
    "he_normal": HeNormal(),
    "zeros": Zeros(),
}


def test_weights_are_drawn_in_order_from_one_generator_and_biases_draw_nothing():
    net = Network.create([2, 3, 1], init=Uniform(0.0, 1.0), seed=7)
    rng = np.random.Generator(np.random.PCG64(7))
    assert (rng.uniform(0, 1, (2, 3)) == net.layers[0].W).all()
    assert (rng.uniform(0, 1, (3, 1)) == net.layers[1].W).all()
    assert net.layers[0].b.tolist() == [0, 0, 0]


@pytest.mark.parametrize("name", sorted(INITS))
def test_every_init_has_the_moments_it_states(name):
    W = SPECIMENS[name].draw(np.random.default_rng(0), 300, 200)
    mean, std = {
        "uniform": (0.5, 3 / np.sqrt(12)),
        "normal": (1.0, 3.0),
        "glorot_uniform": (0.0, np.sqrt(6 / 500) / np.sqrt(3)),
        "he_normal": (0.0, np.sqrt(2 / 300)),
        "zeros": (0.0, 0.0),
    }[name]
    assert W.mean() == pytest.approx(mean, abs=0.03)
    assert W.std() == pytest.approx(std, rel=0.02, abs=1e-12)


def test_float32_is_the_float64_draw_rounded():
    one, two = Network.create([3, 2], seed=1), Network.create([3, 2], seed=1, dtype="float32")
    assert (one.layers[0].W.astype("float32") == two.layers[0].W).all()
    assert two.predict(np.ones((2, 3))).dtype == np.float32


def test_a_network_is_immutable():
    net, W = Network.create([2, 2]), np.eye(2)
    with pytest.raises(ValueError, match="read-only"):
        net.layers[0].W[0, 0] = 1
    made = Layer.make(W, None, "tanh")
    W[0, 0] = 5
    assert made.W[0, 0] == 1


def test_the_forward_pass_is_affine_then_activation():
    net = Network.make([Layer.make([[1.0, 2.0], [3.0, 4.0]], [10.0, 20.0], "relu")])
    run = net.forward([[1.0, 1.0], [-20.0, 1.0]])
    assert run.Z[0].tolist() == [[14, 26], [-7, -16]]
    assert run.H.tolist() == [[14, 26], [0, 0]]


def test_layers_that_do_not_chain_are_named_with_both_shapes():
    layers = [Layer.make(np.ones((2, 3)), None, "tanh"), Layer.make(np.ones((4, 1)), None, "tanh")]
    with pytest.raises(ShapeMismatch, match=r"W₂ \(layers.1.weights\) is 4×1 and needs 3 rows") as caught:
        Network.make(layers)
    assert caught.value.where == ("layers", 1, "weights")


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Network.make([]), ShapeMismatch, "at least one layer"),
        (lambda: Network.create([2]), ShapeMismatch, "at least two positive numbers"),
        (lambda: Network.create([2, 0, 1]), ShapeMismatch, "positive"),
        (lambda: Network.create([2, 2, 1], activation=["tanh"]), ShapeMismatch, "1 activations .* 2 layers"),
        (lambda: Network.create([2, 1], activation="tan"), UnknownName, "did you mean 'tanh'"),
        (lambda: Network.create([2, 1], dtype="float16"), InvalidValue, "float64, float32"),
        (lambda: Network.create([2, 1], init=Uniform(1.0, 0.0)), InvalidValue, "low ≤ high"),
        (lambda: Network.create([2, 1], init=Normal(0.0, -1.0)), InvalidValue, "std ≥ 0"),
        (lambda: Layer.make([[1.0, 2.0]], [1.0], "tanh"), ShapeMismatch, "2 entries"),
        (lambda: Layer.make([1.0, 2.0], None, "tanh"), ShapeMismatch, "must be a matrix"),
        (lambda: Layer.make([[1.0], [2.0, 3.0]], None, "tanh"), InvalidValue, "rows of one length"),
        (lambda: Layer.make([[np.inf]], None, "tanh"), InvalidValue, "not finite"),
        (lambda: Network.create([2, 1]).forward([[1.0, 2.0, 3.0]]), ShapeMismatch, "3 columns .* needs 2"),
        (lambda: Network.create([2, 1]).forward(np.ones((0, 2))), ShapeMismatch, "at least one row"),
        (lambda: Network.create([2, 1]).targets_of([[1.0], [2.0]], 3), ShapeMismatch, "2 rows and x has 3"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(make, error, words):
    with pytest.raises(error, match=words):
        make()
