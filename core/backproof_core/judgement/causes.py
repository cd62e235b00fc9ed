"""The cause of what is wrong: in the forward pass as it was sent, in the backward pass by it, in the step."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, product

from backproof_core.activation import ACTIVATIONS
from backproof_core.backprop import matched
from backproof_core.backprop.gradients import Backward
from backproof_core.judgement import naming, updating
from backproof_core.judgement.bounds import Bounds
from backproof_core.judgement.explaining import MOST, explain
from backproof_core.judgement.forward import Forward
from backproof_core.judgement.report import Explanation
from backproof_core.judgement.search import Found
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.targets import Targets
from backproof_core.judgement.uses import Uses
from backproof_core.network import Network, Pass

ALTERNATIVES = 8  # explanations of the forward pass that the backward pass is judged under


def explained(
    at: Setting, turned: Uses, path: Forward, limits: Bounds, unit: float
) -> tuple[tuple[Explanation, ...], Uses]:
    """What explains everything that was sent, by its names; and the uses of the first explanation."""
    found: list[Found] = []
    for of_caches, there in _forwards(at, path):
        uses = (*turned, *of_caches)
        of_steps = [*islice(_of_steps(there, limits, unit), ALTERNATIVES)]
        for one in _backward(there, limits, unit, uses):
            found += [Found((*one.uses, *step), one.residual) for step in of_steps or [()]]
    found = [one for one in found if one.uses and len({use.key for use in one.uses}) <= MOST]
    fewest = min((len({use.key for use in one.uses}) for one in found), default=0)
    best = [one for one in found if len({use.key for use in one.uses}) == fewest]
    return naming.explanations(at, best), best[0].uses if best else ()


def _forwards(at: Setting, path: Forward) -> Iterator[tuple[Uses, Setting]]:
    """The caller's caches as they are, under each explanation of what is wrong in them."""
    explained = [choices for _, _, choices in path.roots if choices]
    for chosen in islice(product(*explained), ALTERNATIVES):
        uses = tuple(use for one in chosen for use in one)
        yield uses, _changed(at, uses, path.run)


def _changed(at: Setting, uses: Uses, run: Pass) -> Setting:
    """The caller's caches, with the activations that they were made by and the rows that they belong to."""
    layers = list(at.net.layers)
    for use in uses:
        if use.way.id == "wrong_activation" and use.layer is not None:
            layers[use.layer] = replace(layers[use.layer], activation=ACTIVATIONS[use.way.detail])
    there = replace(at, net=Network(tuple(layers))).with_run(run)
    before = at.claim.previous
    if before is None or before.X is None or before.Y is None or all(use.way.id != "stale_batch" for use in uses):
        return there
    return replace(there, run=Pass(run.Z, (before.X, *run.A[1:])), Y=before.Y)


def _backward(at: Setting, limits: Bounds, unit: float, made: Uses) -> Sequence[Found]:
    """What explains the deltas and gradients, given the caches and what explains these."""
    claim = at.claim
    if claim.gradients is None and claim.updated_weights is not None:
        at = replace(at, claim=replace(claim, gradients=updating.as_gradients(at)))
        limits = updating.widened(at, limits, unit)
    right: Backward = matched.backward(at.net.layers, at.run, at.Y, at.loss)
    return explain(at, Targets.of(at.claim, right.gradients, right.deltas, limits), made)


def _of_steps(at: Setting, limits: Bounds, unit: float) -> Iterator[Uses]:
    """What explains the step, given the caller's own gradients; nothing to explain where they were not sent."""
    if at.claim.gradients is not None and at.claim.updated_weights is not None:
        right = matched.backward(at.net.layers, at.run, at.Y, at.loss)
        yield from updating.explained(at, right.gradients, limits, unit)
