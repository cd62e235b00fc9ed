"""The step that was sent: W′ = W − r·(g + λW), with a velocity W′ = W − r·(μv + g + λW), λ on weights only."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from backproof_core.backprop.gradients import Gradients, LayerGradient
from backproof_core.errors import InvalidValue
from backproof_core.judgement.bounds import Bounds
from backproof_core.judgement.claim import Claim, LayerClaim
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.targets import Target
from backproof_core.judgement.uses import FACTOR, Use, Uses
from backproof_core.judgement.ways import Way, constants, turned
from backproof_core.vec import Array


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One updated block: the caller's, what the step makes of ours and of the caller's own gradient, and the bound."""

    layer: int
    name: str
    yours: Array
    ours: Array
    from_yours: Array
    limit: float

    @property
    def path(self) -> str:
        return f"layers.{self.layer}.{self.name}"

    @property
    def follows(self) -> bool:
        """Whether it is the right step by the caller's own gradient."""
        return Target.of(self.yours, self.from_yours, self.limit).is_right


def check_rate(claim: Claim) -> None:
    """Nothing; raises InvalidValue where a step cannot be judged for want of its rate."""
    if claim.updated_weights is not None and not claim.learning_rate:
        raise InvalidValue(
            "updated_weights can only be judged with the learning_rate of the step; send a rate that is not 0, "
            "or send the gradients instead",
            where=("learning_rate",),
        )


def steps(at: Setting, ours: Gradients, bounds: Bounds, unit: float) -> Iterator[Step]:
    """Every updated block that was sent."""
    rate = at.claim.learning_rate or 1.0
    gradients = at.claim.gradients or (LayerClaim(),) * at.depth
    for l, sent in reversed([*enumerate(at.claim.layers("updated_weights"))]):
        own, right, limits = dict(gradients[l].blocks()), dict(ours.layers[l].blocks()), bounds.gradients.layers[l]
        for name, yours in sent.blocks():
            P = dict(at.net.layers[l].blocks()).get(name)
            if P is None:
                continue
            g = own.get(name, right[name])
            g = g if g.shape == P.shape and np.isfinite(g).all() else right[name]
            rest = _besides(at, l, name, P)
            limit = abs(rate) * float(dict(limits.blocks())[name].max()) + 4 * unit * float(np.abs(P).max(initial=0.0))
            yield Step(l, name, yours, P - rate * (right[name] + rest), P - rate * (g + rest), limit)


def _besides(at: Setting, l: int, name: str, P: Array) -> Array:
    """What the step adds to the gradient: λW and μv, where they were sent."""
    rest = np.zeros_like(P)
    if name == "weights" and at.claim.weight_decay:
        rest = rest + at.claim.weight_decay * P
    before = at.previous("velocity")
    if at.claim.momentum and l < len(before):
        v = before[l].W if name == "weights" else before[l].b
        if v is not None and v.shape == P.shape:
            rest = rest + at.claim.momentum * v
    return rest


def as_gradients(at: Setting) -> tuple[LayerClaim, ...]:
    """The gradients that the steps were made by, where none were sent: (W − W′)/r without what else is in a step."""
    rate = at.claim.learning_rate or 1.0
    found = []
    for l, sent in enumerate(at.claim.layers("updated_weights")):
        blocks = {}
        for name, yours in sent.blocks():
            P = dict(at.net.layers[l].blocks()).get(name)
            if P is not None and P.shape == yours.shape:
                blocks[name] = (P - yours) / rate - _besides(at, l, name, P)
        found.append(LayerClaim(blocks.get("weights"), blocks.get("bias")))
    return tuple(found)


def widened(at: Setting, bounds: Bounds, unit: float) -> Bounds:
    """The bounds of gradients that were found from a step: W − W′ loses what W rounds."""
    rate = abs(at.claim.learning_rate or 1.0)
    layers = []
    for layer, limits in zip(at.net.layers, bounds.gradients.layers):
        lost = {name: 4 * unit * float(np.abs(P).max(initial=0.0)) / rate for name, P in layer.blocks()}
        layers.append(
            LayerGradient(limits.W + lost["weights"], None if limits.b is None else limits.b + lost.get("bias", 0.0))
        )
    return replace(bounds, gradients=Gradients(tuple(layers)))


def explained(at: Setting, ours: Gradients, bounds: Bounds, unit: float) -> Iterator[Uses]:
    """What explains the steps that are not made by the caller's own gradients; nothing where all are."""
    factors = constants(at)
    choices = [[*_of_step(at, step, factors)] for step in steps(at, ours, bounds, unit) if not step.follows]
    for chosen in product(*choices):
        yield tuple(use for uses in chosen for use in uses)


def _of_step(at: Setting, step: Step, factors: dict[str, float]) -> Iterator[Uses]:
    """Ways to make one step wrongly: with a factor, with the decay twice, with the gradient turned around."""
    P = dict(at.net.layers[step.layer].blocks())[step.name]
    target = Target.of(step.yours, step.from_yours, step.limit)
    move = step.from_yours - P
    decay = at.claim.weight_decay or 0.0
    made: list[tuple[Uses, Array]] = [((), move)]
    if step.name == "weights" and decay:
        doubled = Use(Way("weight_decay_doubled"), "step", step.layer, decay)
        made.append(((doubled,), move - (at.claim.learning_rate or 1.0) * decay * P))
    if step.name == "weights":
        made += [((Use(way, "step", step.layer),), M) for way, M in turned(move) if M.shape == P.shape]
    for uses, M in made:
        if uses and target.residual(P + M) is not None:
            yield uses
        for name, c in factors.items():
            if target.residual(P + c * M) is not None:
                yield (*uses, Use(Way(FACTOR, name), "step", step.layer, c))
