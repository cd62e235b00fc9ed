"""What merely follows: a wrong block that a right computation makes of the caller's own wrong numbers further up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from backproof_core.backprop.gradients import Backward
from backproof_core.judgement.bounds import Bounds
from backproof_core.judgement.forward import Forward
from backproof_core.judgement.report import WRONG, Block
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.targets import Target
from backproof_core.judgement.updating import steps
from backproof_core.judgement.uses import Uses
from backproof_core.vec import Array

RECOVERED = 1e-8  # of the block, that a δ found again from it may leave
SITES = {"gradients": ("weights", "bias"), "deltas": ("delta", "pull", "send")}


def place(block: Block) -> str:
    """Where a block stands in the request: loss_value, activations.1, gradients.0.weights."""
    where = block.parameter.removeprefix("layers.")
    return f"{block.quantity}.{where}" if where else block.quantity


def with_following(
    judged: Sequence[Block], at: Setting, path: Forward, uses: Uses, right: Backward, limits: Bounds
) -> tuple[Block, ...]:
    """The blocks, those that follow with the place of what they follow from."""
    wrong = {place(block): block for block in judged if block.verdict == WRONG}
    first = next(iter(wrong), "")
    follows = dict.fromkeys((f"{q}.{l}" if l is not None else q for q, l in path.following), first)
    if path.run.H.shape == at.run.H.shape and all(len(A) == at.rows for A in path.A):
        follows |= _Chain(at, path, wrong, right, limits, first).followed()
    local = {(use.site, use.layer) for use in uses}
    for name, block in wrong.items():
        if uses and name != first and block.quantity in SITES and name not in follows:
            parts = SITES[block.quantity] if block.quantity == "deltas" else (block.parameter.rsplit(".", 1)[-1],)
            if not any((site, block.layer) in local for site in parts):
                follows[name] = first
    return tuple(
        replace(block, follows=follows[place(block)]) if _is_follower(place(block), wrong, follows, first) else block
        for block in judged
    )


def _is_follower(name: str, wrong: Mapping[str, Block], follows: Mapping[str, str], first: str) -> bool:
    return name in wrong and name != first and name in follows and follows[name] != name


@dataclass(slots=True)
class _Chain:
    """The right backward pass by the caller's own numbers: its caches, then its deltas where there are any."""

    at: Setting
    path: Forward
    wrong: Mapping[str, Block]
    right: Backward
    limits: Bounds
    source: str  # the nearest wrong block further up

    def followed(self) -> dict[str, str]:
        """The wrong blocks that follow, each with what from."""
        found: dict[str, str] = {}
        there = self.at.with_run(self.path.run)
        delta = there.seed()
        for l in reversed(range(self.at.depth)):
            delta = self.deltas(l, delta, found)
            delta = self.gradients(l, delta, found)
            if l > 0:
                delta = there.pull(l - 1, delta @ self.at.net.layers[l].W.T)
        for step in steps(self.at, self.right.gradients, self.limits, 2.0**-24):
            name = f"updated_weights.{step.layer}.{step.name}"
            of = f"gradients.{step.layer}.{step.name}"
            if name in self.wrong and step.follows:
                found[name] = of if of in self.wrong else self.source
        return found

    def deltas(self, l: int, expected: Array, found: dict[str, str]) -> Array:
        """The δ_l to go on with: the caller's where it was sent; it follows where it is what was expected."""
        sent = self.at.claim.deltas
        yours = sent[l] if sent else None
        name = f"deltas.{l}"
        if yours is None or yours.shape != expected.shape or not np.isfinite(yours).all():
            return expected
        if name in self.wrong:
            if _near(yours, expected, self.limits.deltas[l]):
                found[name] = self.source
            self.source = name
        return yours

    def gradients(self, l: int, delta: Array, found: dict[str, str]) -> Array:
        """δ_l as it is, or as the caller's gradients say where no δ_l was sent; what follows from it is noted."""
        sent = self.at.claim.layers("gradients")
        if not sent:
            return delta
        A = self.path.A[l]
        off = [name for name, _ in sent[l].blocks() if f"gradients.{l}.{name}" in self.wrong]
        self._note(l, off, A, delta, found)
        unexplained = [name for name in off if f"gradients.{l}.{name}" not in found]
        own = self.at.claim.deltas is not None and self.at.claim.deltas[l] is not None
        if not unexplained or own or len(off) < len(sent[l].blocks()):
            return delta
        behind = _behind(A, sent[l].W, sent[l].b, delta.shape)
        if behind is None:
            return delta
        self.source = f"gradients.{l}.{unexplained[0]}"
        for name in unexplained[1:]:
            found[f"gradients.{l}.{name}"] = self.source
        return behind

    def _note(self, l: int, off: list[str], A: Array, delta: Array, found: dict[str, str]) -> None:
        made = {"weights": A.T @ delta, "bias": delta.sum(axis=0)}
        blocks, limits = (
            dict(self.at.claim.layers("gradients")[l].blocks()),
            dict(self.limits.gradients.layers[l].blocks()),
        )
        for name in off:
            if _near(blocks[name], made[name], limits[name]):
                found[f"gradients.{l}.{name}"] = self.source


def _near(yours: Array, expected: Array, limit: Array) -> bool:
    return Target.of(yours, expected, float(limit.max(initial=0.0))).residual(expected) is not None


def _behind(A: Array, W: Array | None, b: Array | None, shape: tuple[int, ...]) -> Array | None:
    """The δ with Aᵀδ = ∇W and 1ᵀδ = ∇b, where there is one and only one."""
    N, d = shape
    if W is None or W.shape != (A.shape[1], d) or not np.isfinite(W).all():
        return None
    rows, wanted = [A.T], [W]
    if b is not None and b.shape == (d,) and np.isfinite(b).all():
        rows.append(np.ones((1, N)))
        wanted.append(b[None])
    system, target = np.vstack(rows), np.vstack(wanted)
    if len(system) < N:
        return None
    if not np.isfinite(system).all():
        return None
    try:
        delta, _, rank, _ = np.linalg.lstsq(system, target, rcond=1e-8)
    except np.linalg.LinAlgError:  # it does not converge for some numbers: then it says nothing
        return None
    left = float(np.abs(system @ delta - target).max())
    found: Array = delta
    return found if rank == N and left <= RECOVERED * float(np.abs(target).max()) else None
