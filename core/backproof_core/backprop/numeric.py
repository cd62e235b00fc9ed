"""Gradients from the loss value alone: the witnesses that know nothing of either form.

Both run in complex128 or float64 whatever the network's type, move one parameter at a time and run the layers from that
parameter's on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backproof_core import loss as losses
from backproof_core.backprop.gradients import Gradients, LayerGradient
from backproof_core.errors import UnknownName
from backproof_core.layer import Layer
from backproof_core.loss import Loss, Mask
from backproof_core.network import Network, Pass, run_forward
from backproof_core.vec import Array

COMPLEX_STEP = 1e-20  # no difference is taken, so nothing cancels
STEPS = (2.0**-10, 2.0**-13, 2.0**-16, 2.0**-19)  # the first balances truncation h⁴ against rounding u/h


@dataclass(frozen=True, slots=True, eq=False)
class Witness:
    """Gradients by a witness; unreliable marks the entries for which the witness's own method means nothing.

    step is the smallest h of its differences, None for the complex step, which takes none that matters.
    """

    name: str
    gradients: Gradients
    unreliable: Gradients
    step: float | None
    notes: tuple[str, ...]


def complex_step(net: Network, X: npt.ArrayLike, Y: npt.ArrayLike, *, loss: Loss | str) -> Witness:
    """∂loss/∂w = Im loss(w + ih)/h for every parameter, h = 1e-20.  Squire and Trapp 1998."""
    work = _Work.of(net, X, Y, loss)

    def derivative(l: int, block: Array, index: tuple[int, ...]) -> float:
        ((value, _),) = work.values(l, block, index, [1j * COMPLEX_STEP])
        return float(value.imag / COMPLEX_STEP)

    gradients = work.each(derivative)
    return Witness("complex_step", gradients, _none_of(gradients), None, ())


def central_difference(net: Network, X: npt.ArrayLike, Y: npt.ArrayLike, *, loss: Loss | str) -> Witness:
    """The central difference of fourth order, [8(f(w+h) − f(w−h)) − (f(w+2h) − f(w−2h))]/12h, for every parameter w.

    h is 2⁻¹⁰, or the first of 2⁻¹³, 2⁻¹⁶, 2⁻¹⁹ for which no kinked activation changes side between those points. Where
    one does even then the difference means nothing: such entries are marked unreliable and counted in the notes.
    Fornberg 1988.
    """
    work = _Work.of(net, X, Y, loss)
    crossed: set[tuple[int, int, tuple[int, ...]]] = set()
    used = {STEPS[0]}

    def derivative(l: int, block: Array, index: tuple[int, ...]) -> float:
        for h in STEPS:
            (a, first), (b, _), (c, _), (d, last) = work.values(l, block, index, [2 * h, h, -h, -2 * h])
            if not any((one != two).any() for one, two in zip(first, last)):
                break
        else:
            crossed.add((l, block.ndim, index))
        used.add(h)
        return float((8 * (b - c) - (a - d)).real / (12 * h))

    def marked(l: int, block: Array, index: tuple[int, ...]) -> float:
        return float((l, block.ndim, index) in crossed)

    gradients = work.each(derivative)
    return Witness("central_difference", gradients, work.each(marked), min(used), _kink_notes(crossed))


WITNESSES: dict[str, Callable[..., Witness]] = {f.__name__: f for f in (complex_step, central_difference)}


def numeric(
    net: Network, X: npt.ArrayLike, Y: npt.ArrayLike, *, loss: Loss | str, witness: str = "complex_step"
) -> Gradients:
    """The gradients by a witness, complex_step or central_difference; raises UnknownName and what evaluate raises."""
    if witness not in WITNESSES:
        raise UnknownName("witness", witness, WITNESSES, where=("witnesses",))
    return WITNESSES[witness](net, X, Y, loss=loss).gradients


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """A complex128 copy of a network, its forward pass, targets and loss."""

    layers: tuple[Layer, ...]
    run: Pass
    Y: Array
    loss: Loss

    @classmethod
    def of(cls, net: Network, X: npt.ArrayLike, Y: npt.ArrayLike, loss: Loss | str) -> "_Work":
        known = losses.named(loss) if isinstance(loss, str) else loss
        known.check_last(net.last)
        rows = net.rows_of(X)
        targets, _ = known.prepare_targets(net.targets_of(Y, len(rows)))
        layers = tuple(
            Layer(_complex(layer.W), None if layer.b is None else _complex(layer.b), layer.activation)
            for layer in net.layers
        )
        with np.errstate(all="ignore"):
            return cls(layers, run_forward(layers, _complex(rows)), targets.astype(np.float64), known)

    def each(self, derivative: Callable[[int, Array, tuple[int, ...]], float]) -> Gradients:
        """The derivative for every entry of every parameter, in the parameters' shapes."""
        with np.errstate(all="ignore"):
            return Gradients(
                tuple(
                    LayerGradient(
                        W=_filled(l, layer.W, derivative),
                        b=None if layer.b is None else _filled(l, layer.b, derivative),
                    )
                    for l, layer in enumerate(self.layers)
                )
            )

    def values(
        self, l: int, block: Array, index: tuple[int, ...], steps: list[complex]
    ) -> Iterator[tuple[np.complex128, list[Mask]]]:
        """The loss with each step added to one entry of a parameter of layer l, and the sides of its kinks."""
        kept = block[index]
        for step in steps:
            block[index] = kept + step
            run = run_forward(self.layers[l:], self.run.A[l])
            sides = [Z.real > 0 for layer, Z in zip(self.layers[l:], run.Z) if layer.activation.kinked]
            yield np.complex128(self.loss.value(self.layers[-1].activation, run.Z[-1], run.H, self.Y)), sides
        block[index] = kept


def _complex(M: Array) -> Array:
    """A complex128 copy, typed as the real matrices are: every reading of it is analytic."""
    copy: Array = M.astype(np.complex128)
    return copy


def _filled(l: int, block: Array, derivative: Callable[[int, Array, tuple[int, ...]], float]) -> Array:
    return np.array([derivative(l, block, index) for index in np.ndindex(block.shape)]).reshape(block.shape)


def _none_of(gradients: Gradients) -> Gradients:
    return Gradients(tuple(layer.map(np.zeros_like) for layer in gradients.layers))


def _kink_notes(crossed: set[tuple[int, int, tuple[int, ...]]]) -> tuple[str, ...]:
    """One sentence for each block with crossings: how many entries, and the first."""
    notes = []
    for l, ndim in sorted({(l, ndim) for l, ndim, _ in crossed}):
        found = sorted(index for layer, dims, index in crossed if (layer, dims) == (l, ndim))
        path = f"layers.{l}.{'weights' if ndim == 2 else 'bias'}"
        notes.append(
            f"central_difference: a kink lies between the points of {len(found)} entries of {path}, "
            f"the first at {list(found[0])}; the difference means nothing there and is not compared"
        )
    return tuple(notes)
