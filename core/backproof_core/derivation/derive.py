"""The front: the derivation of one gradient of a network, with numbers where data is given."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backproof_core import loss as losses
from backproof_core.algebra.sizes import Sizes
from backproof_core.backprop.architecture import architecture_of
from backproof_core.backprop.cost import DEFAULT_BUDGET
from backproof_core.check.rounding import rounding_scale
from backproof_core.derivation.facts import Fact
from backproof_core.derivation.numbers import dense_bytes, mismatches, residuals, values
from backproof_core.derivation.proof import Proof, prove
from backproof_core.errors import TooLargeForForm, UnknownName
from backproof_core.loss import Loss
from backproof_core.network import Network
from backproof_core.vec import Array

LINE_BYTES = 64 << 20  # of the factors of one line; more rows than fit are left out
RESIDUAL = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Derivation:
    """A proof that the vectorised gradient of a parameter is the matched one.

    mismatches counts, in each line, the entries that differ from the first line modulo 2⁶¹ − 1. With data, residuals
    says how far each line is from the first in float64, facts whether each fact holds there, and sizes what the names
    of sizes stand for. equal: the last line is the matched form node by node, no entry differs modulo p, and on the
    data every fact holds and every line is within 1e-12 of the first, or within what rounding explains.
    """

    parameter: str
    proof: Proof
    mismatches: tuple[int, ...]
    facts: tuple[tuple[Fact, bool | None], ...]
    sizes: Sizes | None
    rows_used: int | None
    residuals: tuple[float, ...] | None
    equal: bool


def derive(
    net: Network,
    loss: Loss | str,
    parameter: str,
    X: npt.ArrayLike | None = None,
    Y: npt.ArrayLike | None = None,
    *,
    budget: int = DEFAULT_BUDGET,
) -> Derivation:
    """The derivation of the gradient by a parameter, as layers.0.weights; with rows X and targets Y also its numbers.

    Of the rows, the first that fit 64 MiB a line are used, and at least one. Raises UnknownName for a parameter that
    the network does not have, InadmissiblePair, what evaluate raises for data, and TooLargeForForm where the lines of
    a single row exceed the budget.
    """
    known = losses.named(loss) if isinstance(loss, str) else loss
    known.check_last(net.last)
    form = architecture_of(net.layers, known)
    proof = prove(form, *block_of(net, parameter))
    if X is None or Y is None:
        facts = tuple((fact, None) for fact in proof.facts)
        return Derivation(parameter, proof, mismatches(proof), facts, None, None, None, _proved(proof))
    net = net.astype("float64")
    rows = net.rows_of(X)
    targets, _ = known.prepare_targets(net.targets_of(Y, len(rows)))
    used = _rows_that_fit(proof, net, len(rows), budget)
    return _with_numbers(parameter, proof, net, rows[:used], targets[:used])


def _proved(proof: Proof) -> bool:
    """Whether the last line is the matched form and no line differs from the first modulo p."""
    return proof.complete and not any(mismatches(proof))


def _with_numbers(parameter: str, proof: Proof, net: Network, X: Array, Y: Array) -> Derivation:
    form, run = proof.form, net.forward(X)
    env = values(form, net, run, Y)
    with np.errstate(all="ignore"):
        facts = tuple((fact, fact.holds(env)) for fact in proof.facts)
    found = residuals(proof, env)
    scales = rounding_scale(net, run, Y, loss=form.loss).blocks()
    allowed = (64 + len(X)) * 2.0**-53 * float(dict(scales)[parameter].max())
    close = all(residual.max_rel <= RESIDUAL or residual.max_abs <= allowed for residual in found)
    equal = _proved(proof) and close and all(holds for _, holds in facts)
    told = tuple(residual.max_rel for residual in found)
    return Derivation(parameter, proof, mismatches(proof), facts, env.sizes, len(X), told, equal)


def _rows_that_fit(proof: Proof, net: Network, rows: int, budget: int) -> int:
    """The most of the first rows whose lines fit; raises TooLargeForForm where not even one fits the budget."""

    def taken(n: int) -> int:
        return dense_bytes(proof.start.term, proof.form.sizes(n, net.sizes))

    if taken(1) > budget:
        fits = ["the derivation without data, whose sizes are symbols"]
        raise TooLargeForForm(
            "vectorized", "dense", predicted_bytes=taken(1), budget_bytes=budget, fits=fits, where=("data",)
        )
    few, many = 1, rows + 1
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (middle, many) if taken(middle) <= min(LINE_BYTES, budget) else (few, middle)
    return few


def block_of(net: Network, parameter: str) -> tuple[int, str]:
    """The layer, from 1, and weights or bias; raises UnknownName for what the network does not have."""
    paths = [path for path, _ in net.blocks()]
    if parameter not in paths:
        raise UnknownName("parameter", parameter, paths, where=("parameter",))
    _, layer, block = parameter.split(".")
    return int(layer) + 1, block
