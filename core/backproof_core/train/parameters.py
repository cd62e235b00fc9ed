"""The parameters of a network as one flat vector, W_1, b_1, W_2, …, with the layers as views into it.

An optimiser then makes one sweep instead of one per block, and to remember the best weights is to copy one vector.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backproof_core.layer import Layer
from backproof_core.network import Network
from backproof_core.vec import Array


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """A flat vector and the layers that look into it: writing the one changes the other."""

    flat: Array
    layers: tuple[Layer, ...]

    @classmethod
    def of(cls, net: Network) -> "Parameters":
        """A copy of the network's parameters."""
        flat = np.concatenate([block.ravel() for _, block in net.blocks()])
        return cls(flat, views(net.layers, flat))

    def like(self) -> "Parameters":
        """Zeros in the same arrangement: where gradients are written."""
        flat = np.zeros_like(self.flat)
        return Parameters(flat, views(self.layers, flat))

    def network(self) -> Network:
        """The network with a copy of the parameters as they are now."""
        return freeze(self.layers, self.flat)


def views(layers: Sequence[Layer], flat: Array) -> tuple[Layer, ...]:
    """Layers of the same shapes whose weights and biases are views into the flat vector."""
    found, start = [], 0
    for layer in layers:
        W = flat[start : start + layer.W.size].reshape(layer.W.shape)
        start += layer.W.size
        b = None if layer.b is None else flat[start : start + layer.b.size]
        start += 0 if b is None else b.size
        found.append(Layer(W, b, layer.activation))
    return tuple(found)


def freeze(layers: Sequence[Layer], flat: Array) -> Network:
    """The network of such layers with a copy of the flat vector; numbers that are not finite stay as they are."""
    constant = flat.copy()
    constant.flags.writeable = False
    return Network(views(layers, constant))


def weight_mask(layers: Sequence[Layer], flat: Array) -> Array:
    """1 where the flat vector holds a weight, 0 where it holds a bias."""
    mask = np.zeros_like(flat)
    for layer in views(layers, mask):
        layer.W[...] = 1
    return mask


def weights_sha256(net: Network) -> str:
    """The SHA-256 over the little-endian C-order bytes of W_1, b_1, W_2, …"""
    digest = hashlib.sha256()
    for _, block in net.blocks():
        digest.update(np.ascontiguousarray(block, dtype=block.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()
