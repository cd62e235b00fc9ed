"""Where the pictures come from: for each mistake a small network, and its gradients right and with the mistake made."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from heatmaps import Block, Layer

from backproof_core import LOSSES, Network
from backproof_core.backprop import deltas, gradient
from backproof_core.backprop.gradients import Gradients
from backproof_core.judgement import points
from backproof_core.judgement.claim import Claim, LayerClaim, Previous
from backproof_core.judgement.planting import planted
from backproof_core.judgement.setting import Setting
from backproof_core.network import subscript
from backproof_core.vec import Array

ROWS = 5
SEED = 4
ALONE = Claim()  # nothing about a training step


@dataclass(frozen=True)
class Picture:
    """What is drawn for a mistake: the network and its loss, the layer where it is made (None for all), which way."""

    sizes: tuple[int, ...] = (3, 4, 4, 2)
    activations: tuple[str, ...] = ("sigmoid", "sigmoid", "sigmoid")
    loss: str = "half_sse"
    layer: int | None = 1
    detail: str = ""
    claim: Claim = ALONE  # what a training step would tell: its rate, its λ

    @property
    def caption(self) -> str:
        network = f"{'-'.join(map(str, self.sizes))} ({', '.join(self.activations)}), {self.loss}, {ROWS} rows"
        told = [f"rate {self.claim.learning_rate:g}"] if self.claim.learning_rate else []
        told += [f"λ = {self.claim.weight_decay:g}"] if self.claim.weight_decay else []
        told += [f"μ = {self.claim.momentum:g}"] if self.claim.momentum else []
        made = "made throughout" if self.layer is None else f"made in layer {self.layer + 1}"
        return "; ".join([", ".join([network, *told]), made])


SIGMOID = Picture()
TANH = Picture(activations=("tanh", "tanh", "identity"))
AFTER_SOFTMAX = Picture((3, 4, 4, 3), ("tanh", "tanh", "softmax"), "cross_entropy", 2)

PICTURES: dict[str, Picture] = {
    "sign_flipped": replace(SIGMOID, layer=None),
    "residual_reversed": replace(TANH, layer=2),
    "transposed_gradient": TANH,
    "missing_derivative": SIGMOID,
    "output_derivative_missing": replace(SIGMOID, layer=2),
    "output_derivative_extra": replace(SIGMOID, loss="binary_cross_entropy", layer=2),
    "derivative_at_activation": TANH,
    "derivative_at_preactivation": TANH,
    "softmax_diagonal": AFTER_SOFTMAX,
    "softmax_sign": AFTER_SOFTMAX,
    "summed_not_averaged": replace(TANH, loss="mse", layer=None, detail="N"),
    "averaged_not_summed": replace(TANH, layer=None, detail="N"),
    "factor_missing": replace(TANH, loss="sse", layer=None, detail="2"),
    "factor_extra": replace(TANH, layer=None, detail="2"),
    "weights_not_transposed": replace(TANH, layer=0),
    "weights_already_updated": replace(TANH, claim=Claim(learning_rate=0.25)),
    "bias_missing": TANH,
    "bias_averaged": TANH,
    "bias_one_row": replace(TANH, detail="the first row"),
    "wrong_activation": replace(SIGMOID, detail="tanh"),
    "wrong_loss": replace(SIGMOID, loss="binary_cross_entropy", layer=2, detail="half_sse"),
    "leaky_slope_missing": replace(TANH, activations=("tanh", "leaky_relu", "identity")),
    "input_for_activation": replace(TANH, detail="z"),
    "activation_for_input": TANH,
    "row_major_unvec": replace(TANH, layer=0),
    "last_instance_only": replace(TANH, layer=None, detail="the last row"),
    "layers_reversed": replace(TANH, sizes=(4, 4, 4, 4), layer=None),
    "weight_decay_included": replace(TANH, claim=Claim(weight_decay=0.1)),
    "weight_decay_doubled": replace(TANH, claim=Claim(weight_decay=0.1)),
    "rate_multiplied_in": replace(TANH, layer=None, claim=Claim(learning_rate=0.25)),
    "layout_weights": replace(TANH, layer=None),
    "layout_samples": replace(TANH, layer=None),
    "stale_batch": replace(TANH, layer=None),
    "accumulated": replace(TANH, layer=None),
    "momentum_as_gradient": replace(TANH, layer=None, claim=Claim(momentum=0.9)),
}


def wrong_gradient(id_: str) -> tuple[Picture, list[Layer]]:
    """The picture of a mistake and its layers from the input up, right and wrong."""
    picture = PICTURES[id_]
    at = setting(picture)
    if id_ == "layout_samples":
        return picture, list(_deltas_in_columns(at))
    made = planted(at, id_, picture.layer)
    found = [blocks for detail, blocks in made if picture.detail in ("", detail)]
    if not found:
        raise ValueError(f"{id_} cannot be planted in layer {picture.layer} of {picture.caption}: it has {made}")
    return picture, list(_gradients(at, found[0]))


def setting(picture: Picture) -> Setting:
    """The point, with what the step before it left behind."""
    net, X, Y = _drawn(picture, SEED)
    _, X_before, Y_before = _drawn(picture, SEED + 1)
    loss = LOSSES[picture.loss]
    before = _claimed(gradient(net, X_before, Y_before, loss=loss))
    claim = replace(picture.claim, previous=Previous(X_before, Y_before, before, before))
    return Setting(net, net.forward(X), Y, loss, claim)


def _drawn(picture: Picture, seed: int) -> tuple[Network, Array, Array]:
    depth = len(picture.activations)
    loss = LOSSES[picture.loss]
    return points.draw(picture.sizes, picture.activations, loss=loss, bias=[True] * depth, rows=ROWS, seed=seed)


def _claimed(found: Gradients) -> tuple[LayerClaim, ...]:
    return tuple(LayerClaim(layer.W, layer.b) for layer in found.layers)


def _gradients(at: Setting, wrong: dict[str, Array]) -> Iterator[Layer]:
    right = dict(gradient(at.net, at.run.A[0], at.Y, loss=at.loss).blocks())
    for l in range(at.depth):
        paths = (f"layers.{l}.weights", f"layers.{l}.bias")
        yield tuple(
            Block(f"∇{name}{subscript(l + 1)}", np.atleast_2d(right[path]), np.atleast_2d(wrong[path]))
            for name, path in zip("Wb", paths)
        )


def _deltas_in_columns(at: Setting) -> Iterator[Layer]:
    for l, delta in enumerate(deltas(at.net, at.run.A[0], at.Y, loss=at.loss)):
        yield (Block(f"δ{subscript(l + 1)}", delta, delta.T),)
