"""Mistakes made on purpose: what each changes in the gradients at a point, by the same tables that find it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from backproof_core.backprop import matched
from backproof_core.backprop.gradients import Backward
from backproof_core.judgement import passes, ways
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.ways import Way
from backproof_core.vec import Array

RATE = 0.1  # of a step, where none was sent
DECAY = 0.01

Changed = tuple[str, Array]  # the place of a block, as layers.0.weights or deltas.0, and what it becomes


@dataclass(frozen=True, slots=True, eq=False)
class Planting:
    """One way to make a mistake in one layer (None for the whole); changed yields the blocks that it reaches."""

    id: str
    detail: str
    layer: int | None
    changed: Callable[[], Iterator[Changed]]


def planted(at: Setting, id_: str, layer: int | None = None) -> list[tuple[str, dict[str, Array]]]:
    """The gradients with that mistake in that layer, or anywhere it can be, each of its ways: (detail, blocks by path).

    Blocks that the mistake does not reach are the right ones.
    """
    right = dict(Field(at).right.gradients.blocks())
    found = []
    for one in plantings(at):
        if one.id == id_ and layer in (None, one.layer):
            changed = {path: M for path, M in one.changed() if not path.startswith("deltas")}
            found.append((one.detail, right | changed))
    return found


def plantings(at: Setting) -> Iterator[Planting]:
    """Every way to make every mistake that this architecture and loss have room for, from the output down."""
    field = Field(at)
    yield from field.of_output()
    for l in reversed(range(at.depth)):
        yield from field.of_delta(l)
        yield from field.of_blocks(l)
    yield from field.of_whole()


class Field:
    """Where mistakes are planted: a point with its right backward pass."""

    def __init__(self, at: Setting) -> None:
        self.at = at
        with np.errstate(all="ignore"):
            self.right: Backward = matched.backward(at.net.layers, at.run, at.Y, at.loss)

    # ------------------------------------------------------------ at the output

    def of_output(self) -> Iterator[Planting]:
        """Another loss, another pullback, a factor on δ_L."""
        l, delta = self.at.last, self.right.deltas[-1]
        for made, wrong in ways.seeds(self.at):
            if len(made) == 1:
                yield self.delta(made[0], l, wrong)
        if self.at.folded or self.at.loss.name in ways.SQUARES:
            yield self.delta(Way("residual_reversed"), l, -delta)
        for way, c in self.factors():
            yield self.delta(way, None, c * delta)

    def factors(self) -> Iterator[tuple[Way, float]]:
        """Factors on everything, by the mistakes that they are; N and N·d also where they are 1."""
        N, d = float(self.at.rows), float(self.at.outputs)
        yield Way("sign_flipped"), -1.0
        yield Way("factor_extra", "2"), 2.0
        yield Way("factor_missing", "2"), 0.5
        if self.at.loss.averages:
            yield Way("summed_not_averaged", "N"), N
            if self.at.loss.name == "mse":
                yield Way("summed_not_averaged", "N·d"), N * d
        else:
            yield Way("averaged_not_summed", "N"), 1 / N
            yield Way("averaged_not_summed", "N·d"), 1 / (N * d)
        if self.at.claim.learning_rate:
            yield Way("rate_multiplied_in"), self.at.claim.learning_rate

    # ------------------------------------------------------------ on the way down

    def of_delta(self, l: int) -> Iterator[Planting]:
        """What is sent to a layer through a wrong matrix, or pulled back wrongly there."""
        if l == self.at.last:
            return
        above, W = self.right.deltas[l + 1], self.at.net.layers[l + 1].W
        for way, D in ways.pulls(self.at, l, above @ W.T):
            yield self.delta(way, l, D)
        for way, M in ways.sends(self.at, l + 1, above):
            yield self.delta(way, l, self.at.pull(l, M))
        rate = self.at.claim.learning_rate or RATE
        G = self.right.gradients.layers[l + 1].W
        yield self.delta(Way("weights_already_updated"), l, self.at.pull(l, above @ (W - rate * G).T))

    def delta(self, way: Way, layer: int | None, delta: Array) -> Planting:
        """A mistake that makes another δ of its layer: everything from there down."""
        start = self.at.last if layer is None else layer
        return Planting(way.id, way.detail, layer, lambda: self.down(start, delta))

    def down(self, l: int, delta: Array) -> Iterator[Changed]:
        """Everything from layer l down by a right computation, from another δ_l."""
        while True:
            layer = self.at.net.layers[l]
            yield f"layers.{l}.weights", self.at.run.A[l].T @ delta
            if layer.b is not None:
                yield f"layers.{l}.bias", delta.sum(axis=0)
            yield f"deltas.{l}", delta
            if l == 0:
                return
            delta, l = self.at.pull(l - 1, delta @ layer.W.T), l - 1

    # ------------------------------------------------------------ where blocks are made

    def of_blocks(self, l: int) -> Iterator[Planting]:
        """A gradient of one layer made wrongly from a right δ."""
        delta, layer, G = self.right.deltas[l], self.at.net.layers[l], self.right.gradients.layers[l].W
        path = f"layers.{l}.weights"
        made = [(wrong[0], M) for wrong, M in ways.weights(self.at, l, delta) if len(wrong) == 1]
        for way, M in [*made, *ways.turned(G)]:
            if way.id != "last_instance_only":
                yield _one(way, l, path, M)
        yield _one(Way("sign_flipped"), l, path, -G)
        decay = self.at.claim.weight_decay
        yield _one(Way("weight_decay_included"), l, path, G + (decay or DECAY) * layer.W)
        if decay:
            yield _one(Way("weight_decay_doubled"), l, path, G + 2 * decay * layer.W)
        if layer.b is not None:
            b = f"layers.{l}.bias"
            for way, M in ways.biases(self.at, delta):
                if way.id != "last_instance_only":
                    yield _one(way, l, b, M)
            yield _one(Way("sign_flipped"), l, b, -delta.sum(axis=0))
            yield _one(Way("bias_averaged"), l, b, delta.sum(axis=0) / self.at.rows)

    # ------------------------------------------------------------ the whole

    def of_whole(self) -> Iterator[Planting]:
        """Another forward pass or batch, one row alone, layers in another order."""
        for way, layers, there in passes.settings(self.at):
            if len(layers) < 2 and way.id != "bias_missing":  # that the gradient shows
                yield Planting(way.id, way.detail, layers[0] if layers else None, lambda at=there: Field(at).all())  # type: ignore[misc]
        for detail, row in (("the last row", -1), ("the first row", 0)):
            yield Planting("last_instance_only", detail, None, lambda row=row: self.one_row(row))  # type: ignore[misc]
        if self.at.depth > 1:
            yield Planting("layers_reversed", "", None, self.reversed)
        yield Planting("layout_weights", "", None, self.all_transposed)
        for quantity, id_, share in (("gradients", "accumulated", 1.0), ("velocity", "momentum_as_gradient", None)):
            if self.at.previous(quantity):
                k = share if share is not None else self.at.claim.momentum or 0.9
                yield Planting(id_, "", None, lambda q=quantity, k=k: self.summed(q, k))  # type: ignore[misc]

    def all(self) -> Iterator[Changed]:
        """Everything as it is here."""
        yield from self.right.gradients.blocks()
        yield from ((f"deltas.{l}", D) for l, D in enumerate(self.right.deltas))

    def one_row(self, row: int) -> Iterator[Changed]:
        for l in reversed(range(self.at.depth)):
            delta = self.right.deltas[l][row]
            yield f"layers.{l}.weights", np.outer(self.at.run.A[l][row], delta)
            if self.at.net.layers[l].b is not None:
                yield f"layers.{l}.bias", delta

    def reversed(self) -> Iterator[Changed]:
        layers = self.right.gradients.layers
        for l, g in enumerate(reversed(layers)):
            yield f"layers.{l}.weights", g.W
            if g.b is not None:
                yield f"layers.{l}.bias", g.b

    def all_transposed(self) -> Iterator[Changed]:
        for l, g in enumerate(self.right.gradients.layers):
            yield f"layers.{l}.weights", g.W.T

    def summed(self, quantity: str, k: float) -> Iterator[Changed]:
        right = dict(self.right.gradients.blocks())
        for l, sent in enumerate(self.at.previous(quantity)):
            for name, M in sent.blocks():
                path = f"layers.{l}.{name}"
                if path in right and M.shape == right[path].shape:
                    yield path, right[path] + k * M


def _one(way: Way, l: int, path: str, M: Array) -> Planting:
    return Planting(way.id, way.detail, l, lambda: iter([(path, M)]))
