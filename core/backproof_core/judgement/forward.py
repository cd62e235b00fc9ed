"""What was sent of the forward pass, followed from the inputs up: where it first goes wrong, and what follows."""

from dataclasses import dataclass, field, replace

import numpy as np

from backproof_core.activation import ACTIVATIONS
from backproof_core.judgement import ways
from backproof_core.judgement.bounds import Bounds
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.targets import Target
from backproof_core.judgement.uses import FACTOR, Use, Uses
from backproof_core.judgement.ways import Way
from backproof_core.network import Pass
from backproof_core.vec import Array


@dataclass(slots=True)
class Forward:
    """The caller's forward pass: caches to go on from, the roots of what is wrong, explained, and what follows.

    A root is a quantity that is wrong although what it is made of is right, or is the caller's own.
    """

    Z: list[Array] = field(default_factory=list)
    A: list[Array] = field(default_factory=list)
    roots: list[tuple[str, int | None, list[Uses]]] = field(default_factory=list)
    following: list[tuple[str, int | None]] = field(default_factory=list)

    @property
    def run(self) -> Pass:
        return Pass(tuple(self.Z), tuple(self.A))


def follow(at: Setting, bounds: Bounds) -> Forward:
    """The caller's forward pass from X up; what was not sent is computed from what was."""
    found = Forward(A=[at.run.A[0]])
    depth = range(at.depth)
    sent_Z = at.claim.pre_activations or tuple(None for _ in depth)
    sent_A = at.claim.activations or tuple(None for _ in depth)
    with np.errstate(all="ignore"):
        for l in depth:
            Z = at.net.layers[l].affine(found.A[-1])
            limit = float(bounds.Z[l].max(initial=0.0))
            found.Z.append(_next(found, "pre_activations", l, sent_Z[l], Z, at.run.Z[l], limit, _of_Z(at, l, found)))
            A = at.activation(l)(found.Z[-1])
            limit = float(bounds.A[l].max(initial=0.0))
            of_A = _of_A(at, l, found)
            found.A.append(_next(found, "activations", l, sent_A[l], A, at.run.A[l + 1], limit, of_A))
        _loss_value(at, found, bounds.loss_value)
    return found


def _next(
    found: Forward,
    quantity: str,
    l: int,
    sent: Array | None,
    expected: Array,
    ours: Array,
    limit: float,
    wrong: list[tuple[Uses, Array]],
) -> Array:
    """The matrix to go on from: the caller's where it was sent and can be used."""
    if sent is None:
        return expected
    if sent.shape != expected.shape or not np.isfinite(sent).all():
        explained = [uses for uses, M in wrong if Target.of(sent, M, limit).is_right]
        found.roots.append((quantity, l, explained))
        return sent if explained else expected
    if sent.shape == ours.shape and Target.of(sent, ours, limit).is_right:
        return sent
    if Target.of(sent, expected, limit).residual(expected) is not None:
        found.following.append((quantity, l))
    else:
        target = Target.of(sent, expected, limit)
        found.roots.append((quantity, l, [uses for uses, M in wrong if target.residual(M) is not None]))
    return sent


def _of_Z(at: Setting, l: int, found: Forward) -> list[tuple[Uses, Array]]:
    """Z_l computed wrongly from what came before: without the bias, through Wᵀ."""
    layer, A = at.net.layers[l], found.A[-1]
    made: list[tuple[Uses, Array]] = []
    before = at.claim.previous
    if l == 0 and before is not None and before.X is not None and before.Y is not None:
        made.append(((Use(Way("stale_batch"), "setting", None),), layer.affine(before.X)))
    if layer.b is not None:
        made.append(((Use(Way("bias_missing"), "setting", l),), A @ layer.W))
    if layer.d_in == layer.d_out:
        turned = replace(layer, W=np.ascontiguousarray(layer.W.T))
        made.append(((Use(Way("layout_weights"), "setting", l),), turned.affine(A)))
    return made


def _of_A(at: Setting, l: int, found: Forward) -> list[tuple[Uses, Array]]:
    """A_l by another activation."""
    others = [a for a in ACTIVATIONS.values() if a.name != at.activation(l).name]
    return [((Use(Way("wrong_activation", a.name), "setting", l),), a(found.Z[-1])) for a in others]


def _loss_value(at: Setting, found: Forward, limit: float) -> None:
    """Whether the loss value is right, follows, or is another loss or a multiple."""
    sent = at.claim.loss_value
    if sent is None:
        return
    ours = _value(at, at.run)
    if abs(sent - ours) <= limit:
        return
    expected = _value(at, found.run)
    if any(abs(sent - value) <= limit + 1e-6 * abs(value) for value in _of_outputs(at, found.A[-1])):
        found.following.append(("loss_value", None))
        return
    near = max(limit, 1e-12 * abs(expected)) if expected != ours else limit
    if abs(sent - expected) <= near:
        found.following.append(("loss_value", None))
        return
    uses: list[Uses] = []
    for loss in ways.losses_but(at):
        value = float(loss.value(at.net.last, found.Z[-1], found.A[-1], at.Y))
        if _close(sent, value, near, expected):
            uses.append((Use(Way("wrong_loss", loss.name), "loss", None),))
    for name, c in ways.constants(at).items():
        if _close(sent, c * expected, near * max(c, 1), expected):
            uses.append((Use(Way(FACTOR, name), "loss", None, c),))
    found.roots.append(("loss_value", None, uses))


def _of_outputs(at: Setting, H: Array) -> list[float]:
    """The cross-entropies as most write them, by A_L, where that is the caller's own: ours go by Z_L."""
    sent = at.claim.matrices("activations")
    if not sent or sent[-1] is None or not (H > 0).all():
        return []
    if at.loss.name == "cross_entropy":
        return [float(-(at.Y * np.log(H)).sum() / len(H))]
    if at.loss.name == "binary_cross_entropy" and (H < 1).all():
        return [float(-(at.Y * np.log(H) + (1 - at.Y) * np.log(1 - H)).sum() / len(H))]
    return []


def _close(sent: float, value: float, limit: float, expected: float) -> bool:
    return abs(sent - value) <= min(limit + 1e-12 * abs(value), 0.05 * abs(sent - expected))


def _value(at: Setting, run: Pass) -> float:
    return float(at.loss.value(at.net.last, run.Z[-1], run.H, at.Y))
