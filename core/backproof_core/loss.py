"""Losses: a value, its slope ∂E/∂H and what its targets must be are one value.

The scalar loss is the sum of the entries of a matrix-valued error E. The two cross-entropies are computed from the last
pre-activation Z_L, never as the logarithm of a rounded probability; each has one last activation with which
δ_L = (H − Y)/N (folded_with), and is admitted with every activation whose logarithms it needs.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backproof_core.activation import ACTIVATIONS, Activation, Function
from backproof_core.errors import InadmissiblePair, InvalidValue, UnknownName, Where
from backproof_core.vec import Array

Slope = Callable[[Array, Array], Array]
Value = Callable[[Activation, Array, Array, Array], np.number]
Mask = npt.NDArray[np.bool_]
Hits = Callable[[Array, Array], Mask]


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss by its value(σ_L, Z_L, H, Y), slope(H, Y) = ∂E/∂H, and requirements.

    slope_bound is |∂E/∂H| with every difference a sum; hits(H, Y) marks what counts as right, for the accuracy.
    """

    name: str
    value: Value
    slope: Slope
    slope_bound: Slope
    averages: bool  # divides by the rows: values of batches then weigh by their rows, else they add
    logarithms: Callable[[Activation], tuple[Function | None, ...]] = lambda activation: ()
    folded_with: str | None = None
    check_targets: Callable[[Array], Array] = lambda Y: Y
    hits: Hits | None = None

    def admits(self, last: Activation) -> bool:
        """Whether the loss is defined on the outputs of that last activation."""
        return None not in self.logarithms(last)

    def check_last(self, last: Activation) -> None:
        """Nothing; raises InadmissiblePair, with the activations that would do, where the pair is not defined."""
        if not self.admits(last):
            valid = ", ".join(a.name for a in ACTIVATIONS.values() if self.admits(a))
            raise InadmissiblePair(
                f"{self.name} takes logarithms of the outputs, which {last.name} lets be 0 or negative; "
                f"its last activation must be one of: {valid}",
                where=("loss",),
            )

    def delta(self, last: Activation, Z: Array, H: Array, Y: Array) -> Array:
        """δ_L, N×d_L: (H − Y)/N for the folded pair, else the slope pulled back through σ_L."""
        if last.name == self.folded_with:
            V = H - Y
            return np.divide(V, len(H), out=V)
        return last.pullback(Z, H, self.slope(H, Y))

    def matrices(self, last: Activation) -> int:
        """How many matrices of its shape are alive while δ_L is made, itself among them."""
        return 1 if last.name == self.folded_with else 2

    def delta_bound(self, last: Activation, Z: Array, H: Array, Y: Array) -> Array:
        """|δ_L| with every difference a sum: the scale of its rounding errors."""
        if last.name == self.folded_with:
            return (np.abs(H) + np.abs(Y)) / len(H)
        return last.pullback_bound(Z, H, self.slope_bound(H, Y))

    def prepare_targets(self, Y: Array) -> tuple[Array, list[str]]:
        """Targets as the loss computes with them, and notes on what was changed; raises InvalidValue."""
        with np.errstate(all="ignore"):
            prepared = self.check_targets(Y)
        changed = np.abs(prepared - Y).max(initial=0.0)
        note = f"target rows were divided by their sums, which changed a number by up to {changed:.2g}"
        return prepared, [note] if changed > 1e-12 else []


def _inner(Y: Array, logarithm: Array) -> np.number:
    """1ᵀ vec(Y∘ln(·)), with 0·(−∞) = 0: a softmax of one output has ln(1 − 1)."""
    found: np.number = np.dot(Y.ravel(), logarithm.ravel())
    if np.isnan(found):
        found = np.where(Y == 0, 0, Y * np.where(Y == 0, 0, logarithm)).sum()
    return found


def _logs(*found: Function | None) -> tuple[Function, ...]:
    """The logarithms, which an admissible pair is known to have."""
    return tuple(f for f in found if f is not None)


def _cross_entropy(last: Activation, Z: Array, H: Array, Y: Array) -> np.number:
    (log,) = _logs(last.log)
    value: np.number = -_inner(Y, log(Z)) / len(Y)
    return value


def _binary_cross_entropy(last: Activation, Z: Array, H: Array, Y: Array) -> np.number:
    log, log_complement = _logs(last.log, last.log_complement)
    value: np.number = -(_inner(Y, log(Z)) + _inner(1 - Y, log_complement(Z))) / len(Y)
    return value


def _binary_cross_entropy_slope(H: Array, Y: Array) -> Array:
    """((1 − Y)/(1 − H) − Y/H)/N, with two matrices alive."""
    G = _positive(1 - H)
    np.divide(1 - Y, G, out=G)
    of_ones = _positive(H)
    np.divide(Y, of_ones, out=of_ones)
    G -= of_ones
    G /= len(H)
    return G


def _positive(H: Array) -> Array:
    """H kept off 0, so that a quotient by an underflowed probability is finite."""
    return np.maximum(H, np.finfo(H.dtype).tiny)


def _sum_of_squares(last: Activation, Z: Array, H: Array, Y: Array) -> np.number:
    v = (H - Y).ravel()
    found: np.number = np.dot(v, v)
    return found


def _require(ok: Mask | np.bool, message: str, Y: Array, told: Callable[[Array], str] = lambda row: "") -> None:
    """Nothing; raises InvalidValue at the first row of Y that is not ok."""
    if not ok.all():
        row = int(np.argmin(ok))
        shown = ", ".join(f"{y:.6g}" for y in Y[row][:8]) + (", …" if Y.shape[1] > 8 else "")
        raise InvalidValue(f"{message}; row {row} is [{shown}]{told(Y[row])}", where=("y", row))


def _its_sum(row: Array) -> str:
    return f", which sums to {row.sum():.6g}"


def _distributions(Y: Array) -> Array:
    sums: Array = Y.sum(axis=1, keepdims=True)
    ok = np.all(Y >= 0, axis=1) & (np.abs(sums[:, 0] - 1) <= 1e-6)
    _require(
        ok, "cross_entropy needs targets that are distributions: each row ≥ 0 and summing to 1 within 1e-6", Y, _its_sum
    )
    return Y / sums


def _probabilities(Y: Array) -> Array:
    _require(np.all((Y >= 0) & (Y <= 1), axis=1), "binary_cross_entropy needs targets within [0, 1]", Y)
    return Y


half_sse = Loss(
    "half_sse",
    value=lambda last, Z, H, Y: 0.5 * _sum_of_squares(last, Z, H, Y),
    slope=lambda H, Y: H - Y,
    slope_bound=lambda H, Y: np.abs(H) + np.abs(Y),
    averages=False,
)
sse = Loss(
    "sse",
    value=_sum_of_squares,
    slope=lambda H, Y: 2 * (H - Y),
    slope_bound=lambda H, Y: 2 * (np.abs(H) + np.abs(Y)),
    averages=False,
)
mse = Loss(
    "mse",
    value=lambda last, Z, H, Y: _sum_of_squares(last, Z, H, Y) / H.size,
    slope=lambda H, Y: 2 * (H - Y) / H.size,
    slope_bound=lambda H, Y: 2 * (np.abs(H) + np.abs(Y)) / H.size,
    averages=True,
)
binary_cross_entropy = Loss(
    "binary_cross_entropy",
    value=_binary_cross_entropy,
    slope=_binary_cross_entropy_slope,
    slope_bound=lambda H, Y: ((1 - Y) / _positive(1 - H) + Y / _positive(H)) / len(H),
    averages=True,
    logarithms=lambda last: (last.log, last.log_complement),
    folded_with="sigmoid",
    check_targets=_probabilities,
    hits=lambda H, Y: (H > 0.5) == (Y > 0.5),
)
cross_entropy = Loss(
    "cross_entropy",
    value=_cross_entropy,
    slope=lambda H, Y: -Y / _positive(H) / len(H),
    slope_bound=lambda H, Y: Y / _positive(H) / len(H),
    averages=True,
    logarithms=lambda last: (last.log,),
    folded_with="softmax",
    check_targets=_distributions,
    hits=lambda H, Y: H.argmax(axis=1) == Y.argmax(axis=1),
)

LOSSES: dict[str, Loss] = {loss.name: loss for loss in (half_sse, sse, mse, binary_cross_entropy, cross_entropy)}


def named(name: str, *, where: Where = ("loss",)) -> Loss:
    """The loss of that name; raises UnknownName with the valid ones."""
    if name not in LOSSES:
        raise UnknownName("loss", name, LOSSES, where=where)
    return LOSSES[name]


def admissible_pairs() -> list[tuple[str, str]]:
    """All (loss, last activation) that are defined, by name."""
    return [(loss.name, a.name) for loss in LOSSES.values() for a in ACTIVATIONS.values() if loss.admits(a)]
