"""Where numbers are judged: a network at a point, with what the caller told about the step."""

from dataclasses import dataclass, replace

import numpy as np

from backproof_core.activation import Activation
from backproof_core.judgement.claim import Claim, Layers
from backproof_core.loss import Loss
from backproof_core.network import Network, Pass, run_forward
from backproof_core.vec import Array


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A float64 network, its forward pass, prepared targets, the loss, and the claim that is judged."""

    net: Network
    run: Pass
    Y: Array
    loss: Loss
    claim: Claim

    @property
    def depth(self) -> int:
        return len(self.net.layers)

    @property
    def rows(self) -> int:
        """N."""
        return len(self.Y)

    @property
    def outputs(self) -> int:
        """d_L."""
        return int(self.Y.shape[1])

    @property
    def last(self) -> int:
        """The index of the last layer."""
        return self.depth - 1

    @property
    def folded(self) -> bool:
        """Whether δ_L = (H − Y)/N."""
        return self.net.last.name == self.loss.folded_with

    def activation(self, l: int) -> Activation:
        """σ of layer l, counted from 0."""
        return self.net.layers[l].activation

    def pull(self, l: int, M: Array) -> Array:
        """M pulled back through the activation of layer l, as it should be."""
        return self.activation(l).pullback(self.run.Z[l], self.run.A[l + 1], M)

    def slope(self) -> Array:
        """∂E/∂H."""
        return self.loss.slope(self.run.H, self.Y)

    def seed(self) -> Array:
        """δ_L, as it should be."""
        return self.loss.delta(self.net.last, self.run.Z[-1], self.run.H, self.Y)

    def with_run(self, run: Pass) -> "Setting":
        """The same with other caches."""
        return replace(self, run=run)

    def with_activation(self, layers: tuple[int, ...], activation: Activation) -> "Setting":
        """The same with another activation in those layers, its forward pass made again."""
        changed = tuple(
            replace(layer, activation=activation) if l in layers else layer for l, layer in enumerate(self.net.layers)
        )
        with np.errstate(all="ignore"):
            return replace(self, net=Network(changed), run=run_forward(changed, self.run.A[0]))

    def without_bias(self, layers: tuple[int, ...]) -> "Setting":
        """The same after a forward pass that forgot the biases of those layers."""
        bare = [replace(layer, b=None) if l in layers else layer for l, layer in enumerate(self.net.layers)]
        with np.errstate(all="ignore"):
            return replace(self, run=run_forward(bare, self.run.A[0]))

    def at_rows(self, X: Array, Y: Array) -> "Setting":
        """The same network on other rows."""
        with np.errstate(all="ignore"):
            return replace(self, run=run_forward(self.net.layers, X), Y=Y)

    def previous(self, quantity: str) -> Layers:
        """The gradients or velocity of the step before; none where they were not sent."""
        found: Layers | None = getattr(self.claim.previous, quantity, None)
        return () if found is None else found
