"""Mistakes that stand in no table: each a step of naive.py done in another way, and where the numbers first differ."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from naive import PULLS, Array, Block, Case, Recipe
from planted import derived

Rng = np.random.Generator
Changed = Callable[[Array], Array]
SCALED = ("time", "factor", "ratio")  # words of a pattern


@dataclass(frozen=True)
class Strange:
    """A mistake in a layer: the quantity first wrong, its only wrong block, words of which the pattern has one."""

    edit: Callable[[Recipe], None]
    layer: int
    quantity: str
    block: str = ""
    pattern: tuple[str, ...] = ()


Maker = Callable[[Case, Rng], Strange | None]


def any_layer(case: Case, rng: Rng) -> int:
    return int(rng.integers(case.depth))


def last(case: Case, rng: Rng) -> int | None:
    return case.depth - 1


def one_of(layers: list[int], rng: Rng) -> int | None:
    return int(rng.choice(layers)) if layers else None


def smooth(case: Case, rng: Rng) -> int | None:
    return one_of([l for l in derived(case) if case.names[l] in ("sigmoid", "tanh", "softplus")], rng)


def leaky(case: Case, rng: Rng) -> int | None:
    return one_of([l for l in derived(case) if case.names[l] == "leaky_relu"], rng)


def biased(case: Case, rng: Rng) -> int | None:
    return one_of(case.biased, rng)


def hidden(case: Case, rng: Rng) -> int | None:
    return one_of([l for l in range(case.depth - 1) if case.shape(l)[1] > 1], rng)


def above_rows(case: Case, rng: Rng) -> int | None:
    return one_of([l for l in range(1, case.depth) if case.shape(l)[0] > 1], rng)


def tall(case: Case, rng: Rng) -> int | None:
    return one_of([l for l in range(case.depth) if case.shape(l)[0] > 2], rng)


def wide(case: Case, rng: Rng) -> int | None:
    return one_of([l for l in range(case.depth) if case.shape(l)[1] > 2], rng)


def several_classes(case: Case, rng: Rng) -> int | None:
    return case.depth - 1 if case.shape(case.depth - 1)[1] > 1 else None


Where = Callable[[Case, Rng], int | None]


def weights(f: Callable[[Array, Rng], Array], *words: str, where: Where = any_layer) -> Maker:
    """∇W of a layer, changed."""

    def make(case: Case, rng: Rng) -> Strange | None:
        l, seed = where(case, rng), int(rng.integers(2**31))
        change = lambda M: f(M, np.random.default_rng(seed)).astype(M.dtype)  # noqa: E731
        return l if l is None else Strange(lambda r: r.on_W.append((1, l, change)), l, "gradients", "weights", words)

    return make


def bias(f: Changed, *words: str) -> Maker:
    """∇b of a layer, made from δ in some other way."""

    def make(case: Case, rng: Rng) -> Strange | None:
        l = biased(case, rng)
        return l if l is None else Strange(lambda r: r.bias.__setitem__(l, f), l, "gradients", "bias", words)

    return make


def delta(f: Changed, where: Where = any_layer) -> Maker:
    """δ of a layer, changed."""

    def make(case: Case, rng: Rng) -> Strange | None:
        l = where(case, rng)
        return l if l is None else Strange(lambda r: r.on_delta.setdefault(l, []).append(f), l, "deltas")

    return make


def pulled(f: Callable[[Array, Array, Array, Array], Array], where: Where = smooth) -> Maker:
    """δ pulled through an activation by f(Z, A, σ'(Z), M)."""

    def make(case: Case, rng: Rng) -> Strange | None:
        l = where(case, rng)
        if l is None:
            return None
        rule = PULLS[case.names[l]]
        return Strange(
            lambda r: r.pulls.__setitem__(l, lambda Z, A, M: f(Z, A, rule(Z, A, np.ones_like(M)), M)), l, "deltas"
        )

    return make


def forward(quantity: str, f: Callable[[Array, Rng], Array], where: Where) -> Maker:
    """Z or A of a layer, changed, and everything after it computed from that."""

    def make(case: Case, rng: Rng) -> Strange | None:
        l, seed = where(case, rng), int(rng.integers(2**31))
        if l is None:
            return None
        change = lambda M: f(M, np.random.default_rng(seed)).astype(M.dtype)  # noqa: E731
        at = "on_Z" if quantity == "pre_activations" else "on_A"
        return Strange(lambda r: getattr(r, at).__setitem__(l, change), l, quantity)

    return make


def inputs(f: Changed) -> Maker:
    """What stands for A_{l−1} in ∇W_l."""

    def make(case: Case, rng: Rng) -> Strange | None:
        l = any_layer(case, rng)
        return Strange(lambda r: r.inputs.__setitem__(l, lambda Z, A: f(A[l])), l, "gradients", "weights")

    return make


def everything(c: float) -> Maker:
    """All gradients times a number that has no name."""

    def make(case: Case, rng: Rng) -> Strange | None:
        def edit(r: Recipe) -> None:
            for l in range(case.depth):
                r.on_W.append((2, l, lambda M: M * M.dtype.type(c)))
                r.on_b.append((2, l, lambda M: M * M.dtype.type(c)))

        return Strange(edit, case.depth - 1, "gradients", pattern=SCALED)

    return make


def bias_twice(case: Case, rng: Rng) -> Strange | None:
    l = biased(case, rng)
    if l is None:
        return None
    b = case.point.net.layers[l].b
    assert b is not None
    return Strange(lambda r: r.on_Z.__setitem__(l, lambda Z: Z + b), l, "pre_activations")


def other_momentum(case: Case, rng: Rng) -> Strange | None:
    """v = 0.37·velocity + g, where μ was sent as another number."""

    def plus(found: list[tuple[Array, Block]]) -> list[tuple[Array, Block]]:
        c = case.dtype.type(0.37)
        pairs = zip(found, case.velocity)
        return [(W + c * V, b if b is None or v is None else b + c * v) for (W, b), (V, v) in pairs]

    return Strange(lambda r: r.on_all.append((4, plus)), case.depth - 1, "gradients")


def smoothed(case: Case, rng: Rng) -> Strange | None:
    def edit(r: Recipe) -> None:
        r.Y = (r.Y * 0.8 + 0.07).astype(case.dtype)

    return Strange(edit, case.depth - 1, "deltas")


def sign_decay(case: Case, rng: Rng) -> Strange | None:
    l = any_layer(case, rng)
    W = case.point.net.layers[l].W
    return weights(lambda M, _: M + 0.05 * np.sign(W), where=lambda *_: l)(case, rng)


def upside_down(case: Case, rng: Rng) -> Strange | None:
    l = above_rows(case, rng)
    if l is None:
        return None
    return Strange(lambda r: r.through.__setitem__(l, lambda D, W: D @ W[::-1].T), l - 1, "deltas")


def entry(M: Array, rng: Rng, by: float) -> Array:
    M = M.copy()
    M[tuple(rng.integers(n) for n in M.shape)] += by * np.abs(M).max()
    return M


def without(M: Array, *at: slice | int) -> Array:
    M = M.copy()
    M[at] = 0
    return M


def swapped(M: Array) -> Array:
    return M[[1, 0, *range(2, len(M))]]


def first_twice(D: Array) -> Array:
    return np.concatenate([2 * D[:1], D[1:]])


def layer_norm(Z: Array) -> Array:
    return (Z - Z.mean(axis=1, keepdims=True)) / (Z.std(axis=1, keepdims=True) + 0.1)


def dropout(A: Array, rng: Rng) -> Array:
    mask = rng.random(A.shape) < 0.6
    mask.flat[0] = False
    return A * mask / 0.6


def clipped(M: Array) -> Array:
    return np.clip(M, -0.6 * np.abs(M).max(), 0.6 * np.abs(M).max())


def noise(M: Array, rng: Rng) -> Array:
    return M + rng.normal(0, 0.02, M.shape) * np.abs(M).max()


STRANGE: dict[str, Maker] = {
    "factor 3": everything(3),
    "factor 0.9": everything(0.9),
    "factor -0.7": everything(-0.7),
    "factor 3 on one layer's weights": weights(lambda M, _: 3 * M, *SCALED),
    "cosine for the derivative": pulled(lambda Z, A, S, M: M * np.cos(Z)),
    "derivative squared": pulled(lambda Z, A, S, M: M * S * S),
    "square root of the derivative": pulled(lambda Z, A, S, M: M * np.sqrt(S)),
    "derivative 1 - a": pulled(lambda Z, A, S, M: M * (1 - A)),
    "wrong slope of a leaky relu": pulled(lambda Z, A, S, M: M * np.where(Z > 0, 1, 0.23), leaky),
    "noise of 1e-3 in one entry": weights(lambda M, rng: entry(M, rng, 1e-3), "entr"),
    "half as much again in one entry": weights(lambda M, rng: entry(M, rng, 0.5), "entr"),
    "noise everywhere": weights(noise),
    "a pair of rows swapped": weights(lambda M, _: swapped(M), "row", "column", "entr", where=tall),
    "a pair of columns swapped": weights(lambda M, _: swapped(M.T).T, "row", "column", "entr", where=wide),
    "rows shifted": weights(lambda M, _: np.roll(M, 1, axis=0), where=tall),
    "clipped": weights(lambda M, _: clipped(M)),
    "absolute values": weights(lambda M, _: np.abs(M)),
    "rounded to 2 decimals": weights(lambda M, _: np.round(M, 2)),
    "half precision": weights(lambda M, _: M.astype(np.float16)),
    "a column forgotten": weights(lambda M, _: without(M, slice(None), -1), "column", "entr", where=wide),
    "a row forgotten": weights(lambda M, _: without(M, 0), "row", "entr", where=tall),
    "a not-a-number in one entry": weights(lambda M, rng: entry(M, rng, np.nan), "entr", "finite"),
    "normalised": weights(lambda M, _: M / np.sqrt((M * M).sum()), *SCALED),
    "bias gradient times 0.7": bias(lambda D: D.dtype.type(0.7) * D.sum(axis=0), *SCALED),
    "bias gradient the largest row": bias(lambda D: np.abs(D).max(axis=0)),
    "bias gradient squared": bias(lambda D: 3 * D.sum(axis=0) ** 2),
    "bias added twice": bias_twice,
    "layer norm": forward("pre_activations", lambda Z, _: layer_norm(Z), wide),
    "dropout left in": forward("activations", dropout, hidden),
    "gradient of one class only": delta(lambda D: without(D, slice(None), slice(1, None)), several_classes),
    "delta squared": delta(lambda D: 2 * D * np.abs(D)),
    "sign of the error": delta(np.sign, last),
    "first instance twice": delta(first_twice, last),
    "first instance left out": delta(lambda D: without(D, 0), last),
    "labels smoothed": smoothed,
    "momentum with another coefficient": other_momentum,
    "decay by the sign of the weights": sign_decay,
    "weights upside down on the way back": upside_down,
    "input centred": inputs(lambda A: A - A.mean(axis=0)),
    "inputs of the rows shifted": inputs(lambda A: np.roll(A, 1, axis=0)),
    "sine beside the activation": forward("activations", lambda A, _: np.sin(3 * A) + A, hidden),
}
