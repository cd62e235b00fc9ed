"""Whole passes that went another way: by another activation, without a bias, on other rows."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from backproof_core.activation import ACTIVATIONS, Activation
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.ways import Way, admits


def settings(at: Setting) -> Iterator[tuple[Way, tuple[int, ...], Setting]]:
    """The setting that a wrong forward pass, or other rows, make of it: the mistake, its layers, the setting."""
    yield from forwards(at)
    yield from batches(at)


def forwards(at: Setting) -> Iterator[tuple[Way, tuple[int, ...], Setting]]:
    """The forward pass by another activation, or without a bias; nothing where the caller's own pass is known."""
    if any(M is not None for name in ("pre_activations", "activations") for M in at.claim.matrices(name)):
        return
    for layers, other in _other_activations(at):
        made = at.with_activation(layers, other)
        if np.isfinite(made.run.H).all():
            yield Way("wrong_activation", other.name), layers, made
    for layers in _biased(at):
        yield Way("bias_missing"), layers, at.without_bias(layers)


def batches(at: Setting) -> Iterator[tuple[Way, tuple[int, ...], Setting]]:
    """Other rows: those of the step before, or columns taken for rows."""
    before = at.claim.previous
    if before is not None and before.X is not None and before.Y is not None:
        yield Way("stale_batch"), (), at.at_rows(before.X, before.Y)
    N, d = at.run.A[0].shape
    if N == d == at.outputs and N > 1 and admits(at.loss, replace(at, Y=at.Y.T)):
        yield Way("layout_samples"), (), at.at_rows(at.run.A[0].T, at.Y.T)


def _biased(at: Setting) -> list[tuple[int, ...]]:
    """The layers with a bias, one by one and, where there are several, together."""
    found = [l for l in reversed(range(at.depth)) if at.net.layers[l].b is not None]
    return [(l,) for l in found] + ([tuple(found)] if len(found) > 1 else [])


def _other_activations(at: Setting) -> Iterator[tuple[tuple[int, ...], Activation]]:
    by_name: dict[str, list[int]] = {}
    for l in range(at.depth):
        by_name.setdefault(at.activation(l).name, []).append(l)
    for name, layers in by_name.items():
        groups = [(l,) for l in reversed(layers)] + ([tuple(reversed(layers))] if len(layers) > 1 else [])
        for group in groups:
            for other in ACTIVATIONS.values():
                if other.name != name and (at.last not in group or at.loss.admits(other)):
                    yield group, other
