import numpy as np
import pytest

from backproof_core import Network
from backproof_core.algebra.terms import Fn, Sym, subterms
from backproof_core.derivation import derive
from backproof_core.derivation.legend import legend
from backproof_core.loss import admissible_pairs


def net(activations: list[str], *, bias: bool = True) -> Network:
    return Network.create([2, 3, 4, 5, 6][: len(activations) + 1], activation=activations, bias=bias)


def test_the_articles_network() -> None:
    found = dict(legend(derive(net(["sigmoid"] * 2, bias=False), "half_sse", "layers.0.weights").proof))
    assert found == {
        "X": "the rows, N×d",
        "Y": "the targets, N×o",
        "W₁": "the weights of layer 1, d×h",
        "Z₁": "X W₁",
        "A₁": "sigmoid(Z₁)",
        "S₁": "sigmoid′(Z₁): ′ is the derivative, entry by entry",
        "W₂": "the weights of layer 2, h×o",
        "Z₂": "A₁ W₂",
        "H": "sigmoid(Z₂)",
        "S₂": "sigmoid′(Z₂): ′ is the derivative, entry by entry",
        "V": "H − Y",
        "E": "½ V∘V",
    }


def test_a_bias_stands_in_its_layer_and_a_softmax_is_named_as_the_outputs() -> None:
    found = dict(legend(derive(net(["tanh", "softmax"]), "cross_entropy", "layers.1.bias").proof))
    assert found["Z₂"] == "A₁ W₂ + 1 b₂ᵀ"
    assert found["b₂"] == "the bias of layer 2, o×1"
    assert found["P"] == "softmax(Z₂), the outputs H"
    assert found["E"] == "−(1/N) Y∘ln P"
    assert "S₁" not in found
    assert "V" not in found


def test_shapes_are_numbers_where_sizes_are_known() -> None:
    found = derive(net(["tanh"]), "mse", "layers.0.weights", np.ones((4, 2)), np.zeros((4, 3)))
    told = dict(legend(found.proof, found.sizes))
    assert (told["X"], told["Y"], told["W₁"]) == ("the rows, 4×2", "the targets, 4×3", "the weights of layer 1, 2×3")


@pytest.mark.parametrize(("loss", "last"), admissible_pairs())
def test_every_symbol_of_every_line_is_there(loss: str, last: str) -> None:
    wide = net(["softmax", "tanh", last])
    for path, _ in wide.blocks():
        proof = derive(wide, loss, path).proof
        named = {name for name, _ in legend(proof)}
        for term in (proof.start.term, *(line.term for line in proof.lines)):
            assert {part.name for part in subterms(term) if isinstance(part, Sym | Fn)} <= named
