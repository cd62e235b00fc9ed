import pytest

from backproof_core import Network
from backproof_core.algebra.labels import Labelled
from backproof_core.algebra.terms import Fn
from backproof_core.backprop.architecture import architecture_of
from backproof_core.derivation.extent import nodes
from backproof_core.derivation.proof import prove
from backproof_core.loss import admissible_pairs, named

PAIRS = [(loss, last) for loss, last in admissible_pairs() if last in ("identity", "sigmoid", "softmax")]
BELOW = [[], ["tanh"], ["softmax"], ["tanh", "softmax", "tanh", "softmax"], ["softmax"] * 5, ["sigmoid"] * 15]


def counted(node: Labelled) -> int:
    return 1 + (0 if isinstance(node.term, Fn) else sum(map(counted, node.children)))


@pytest.mark.parametrize("below", BELOW, ids=lambda below: "-".join(below[:5]) or "one layer")
@pytest.mark.parametrize(("loss", "last"), PAIRS)
def test_the_prediction_is_near_what_is_made(loss: str, last: str, below: list[str]) -> None:
    net = Network.create([2] * (len(below) + 2), activation=[*below, last], bias=True)
    form = architecture_of(net.layers, named(loss))
    for layer in {1, form.depth}:
        for block in ("weights", "bias"):
            made = sum(counted(line.trace.line) for line in prove(form, layer, block).lines)
            assert 0.55 * made <= nodes(form, layer, block) <= 1.7 * made


def test_softmaxes_double_what_is_carried() -> None:
    def predicted(layers: int) -> int:
        net = Network.create([2] * (layers + 1), activation="softmax")
        return nodes(architecture_of(net.layers, named("mse")), 1, "weights")

    assert 1.9 < predicted(21) / predicted(20) < 2.1
    assert predicted(64) > 2**64
