"""Our own ways to compute the gradient, compared with one another before a caller's is judged by it.

The other form is compared entry by entry. Forward mode, complex step and central differences are asked for derivatives
along directions only, so that their price does not grow with the parameters: eight random ones for each block, and its
worst entry. A disagreement is measured against the block's size, or against its rounding errors where these are more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from backproof_core.backprop import matched
from backproof_core.backprop.cost import predict_cost
from backproof_core.backprop.gradients import Gradients
from backproof_core.judgement.bounds import Bounds
from backproof_core.judgement.bounds import bounds as bounds_at
from backproof_core.judgement.directions import Start, Way, central_difference, complex_step, forward_mode
from backproof_core.judgement.otherform import dense, jacobian, rows_of
from backproof_core.judgement.report import Index, Testimony
from backproof_core.loss import Loss
from backproof_core.network import Network, Pass
from backproof_core.vec import Array

DIRECTIONS = 8
TOLERANCE, OF_DIFFERENCES = 1e-9, 2e-6
ALIVE = 32 << 20  # bytes of matrices of moved units
MOST_FLOPS = 1_000_000_000  # beyond that, the witnesses are asked at fewer rows,
AT_ALL_ROWS = ("complex_step", "forward_mode")  # and these along one direction at all of them
MEMORY = 4  # writing a Jacobian is slower than computing it

ROUTES = {"jacobian": jacobian, "dense": dense}
WAYS: dict[str, tuple[Way, float]] = {
    "complex_step": (complex_step, TOLERANCE),
    "central_difference": (central_difference, OF_DIFFERENCES),
    "forward_mode": (forward_mode, TOLERANCE),
}


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Where the witnesses are asked: some rows or all, the matched gradient there, its rounding errors."""

    net: Network
    run: Pass
    Y: Array
    loss: Loss
    ours: Gradients
    bounds: Bounds
    worst: Mapping[str, Index]
    seed: int
    directions: int = DIRECTIONS


def testify(
    net: Network,
    X: Array,
    Y: Array,
    run: Pass,
    ours: Gradients,
    *,
    loss: Loss,
    bounds: Bounds,
    worst: Mapping[str, Index],
    seed: int = 0,  # noqa: PT028 (its name begins like a test's)
    budget: int,
) -> tuple[tuple[Testimony, ...], tuple[str, ...]]:
    """How far each way to compute the gradient of a float64 network is from ours, the matched one, and notes.

    Y are targets as the loss prepared them, run is the pass on X, bounds are those of float64; worst names an entry of
    each block, by its path, that is looked at by itself. A way agrees where its relative error is at most 1e-9, of
    central differences 2e-6; what rounding explains, or crosses a kink, is no disagreement. A witness that would not
    fit the budget is left out, and a note says so.
    """
    with np.errstate(all="ignore"):
        whole = Asked(net, run, Y, loss, ours, bounds, worst, seed)
        asked, notes = _some_rows(whole)
        found = [Testimony("matched", 0.0, agrees=True)]
        for name, route in ROUTES.items():
            other = route(asked.net, asked.run, asked.Y, loss=loss, budget=budget)
            if other is not None:
                found.append(_testimony(name, _furthest(asked, other), TOLERANCE))
            elif name == "jacobian":
                notes.append("jacobian: left out, since one row of it does not fit the budget")
        probed, left_out = _probed(asked, WAYS)
        if asked is not whole:
            at_all, _ = _probed(replace(whole, directions=1), {name: WAYS[name] for name in AT_ALL_ROWS})
            probed = {name: float(np.maximum(error, at_all.get(name, 0.0))) for name, error in probed.items()}
        found += [_testimony(name, error, WAYS[name][1]) for name, error in probed.items()]
        return tuple(found), tuple(notes + _kink_notes(run, net) + left_out)


def _testimony(name: str, error: float, tolerance: float) -> Testimony:
    return Testimony(name, error, agrees=bool(error <= tolerance))


# ---------------------------------------------------------------- rows


def _some_rows(asked: Asked) -> tuple[Asked, list[str]]:
    """The same, or at so few rows, drawn by the seed, that it takes no more than MOST_FLOPS."""
    N = len(asked.Y)
    few = max(1, min(N, int(N * MOST_FLOPS / _flops(asked.net, asked.loss, N))))
    if few == N:
        return asked, []
    rows = np.sort(np.random.Generator(np.random.PCG64(asked.seed)).choice(N, size=few, replace=False))
    run, Y = rows_of(asked.run, rows), asked.Y[rows]
    ours = matched.backward(asked.net.layers, run, Y, asked.loss).gradients
    limit = bounds_at(asked.net, run, Y, loss=asked.loss, dtype="float64")
    note = f"the network is large: its gradient was computed in other ways for {few} of the {N} rows"
    return replace(asked, run=run, Y=Y, ours=ours, bounds=limit), [note]


def _flops(net: Network, loss: Loss, rows: int) -> int:
    """About what all the witnesses take."""
    full = predict_cost(net, rows, loss=loss, form="vectorized", route="jacobian").flops
    above = [sum(layer.W.size for layer in net.layers[l + 1 :]) for l in range(len(net.layers))]
    once = sum(layer.W.size for layer in net.layers) * (DIRECTIONS + 1)
    return MEMORY * full + 2 * rows * (once + 2 * (DIRECTIONS + 1) * (1 + 4 + 8) * sum(above))


def _furthest(asked: Asked, other: Gradients) -> float:
    """The relative error of the block that is furthest off."""
    blocks = zip(asked.ours.blocks(), other.blocks(), asked.bounds.gradients.blocks())
    return _largest(
        _relative(np.abs(one - two).max(), np.abs(one).max(), limit.max(), TOLERANCE)
        for (_, one), (_, two), (_, limit) in blocks
    )


def _relative(apart: Array, scale: Array, rounding: Array, tolerance: float) -> Array:
    """The distance over the scale, or over what makes rounding errors tolerable where they are more.

    0 where rounding has no bound, but the gradient is finite: what is found there speaks neither for it nor against it.
    """
    size = np.maximum(scale, rounding / tolerance)
    nothing = (apart == 0) | (np.isinf(size) & np.isfinite(scale))
    return np.where(nothing, 0.0, apart / np.where(size > 0, size, np.finfo(np.float64).tiny))


def _largest(errors: Iterator[Array]) -> float:
    """The largest error; NaN if one is."""
    return float(np.max([np.max(e, initial=0.0) for e in errors]))


# ---------------------------------------------------------------- along directions


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What the matched form gives along directions D of Z_l: ⟨∇, V⟩, the size of a block, its rounding errors."""

    l: int
    D: Array
    along: Array
    scale: Array
    rounding: Array


def _probed(asked: Asked, ways: Mapping[str, tuple[Way, float]]) -> tuple[dict[str, float], list[str]]:
    """The relative error of each way, and notes on directions that were left out."""
    errors: dict[str, list[Array]] = {name: [np.zeros(1)] for name in ways}
    crossed = asked_along = 0
    for expected in _directions(asked):
        at = Start(asked.net.layers, asked.run, asked.Y, asked.loss, expected.l, expected.D, asked.bounds.loss_value)
        for name, (way, tolerance) in ways.items():
            found = way(at)
            rounding = expected.rounding + found.uncertain
            apart = np.where(found.crossed, 0.0, np.abs(found.along - expected.along))
            errors[name].append(_relative(apart, expected.scale, rounding, tolerance))
            crossed += int(found.crossed.sum())
        asked_along += len(expected.along)
    notes = [
        f"central_difference: {crossed} of {asked_along} directions cross a kink of an activation and are left out"
    ]
    return {name: _largest(iter(found)) for name, found in errors.items()}, notes if crossed else []


def _directions(asked: Asked) -> Iterator[Expected]:
    """For each block of parameters its directions, in parts that keep the memory small."""
    rng = np.random.Generator(np.random.PCG64(asked.seed))
    limits = dict(asked.bounds.gradients.blocks())
    size = max(1, ALIVE // (8 * 8 * len(asked.Y) * max(asked.net.sizes)))  # eight points each for differences
    for path, G in asked.ours.blocks():
        l = int(path.split(".")[1])
        vectors = [rng.choice([-1.0, 1.0], size=G.shape) for _ in range(asked.directions)]
        if path in asked.worst:
            vectors.append(np.zeros(G.shape))
            vectors[-1][asked.worst[path]] = 1.0
        for k in range(0, len(vectors), size):
            yield _expected(asked, l, G, limits[path], vectors[k : k + size])


def _expected(asked: Asked, l: int, G: Array, limit: Array, vectors: Sequence[Array]) -> Expected:
    A = asked.run.A[l]
    return Expected(
        l,
        np.stack([A @ V if G.ndim == 2 else np.broadcast_to(V, (len(A), len(V))) for V in vectors]),
        np.array([float((G * V).sum()) for V in vectors]),
        np.array([_size(G, V) for V in vectors]),
        np.array([float(limit[V != 0].sum()) for V in vectors]),  # V is of 1, −1 and 0
    )


def _size(G: Array, V: Array) -> float:
    """How large ⟨∇, V⟩ may be expected to be: the length of ∇ for random signs, its largest entry for one entry."""
    return float(np.linalg.norm(G) if np.count_nonzero(V) > 1 else np.abs(G).max())


def _kink_notes(run: Pass, net: Network) -> list[str]:
    """How many pre-activations are 0 where that is a kink."""
    notes = []
    for name in sorted({layer.activation.name for layer in net.layers if layer.activation.kinked}):
        count = sum(int((Z == 0).sum()) for layer, Z in zip(net.layers, run.Z) if layer.activation.name == name)
        if count:
            sit = "1 entry sits" if count == 1 else f"{count} entries sit"
            notes.append(f"{sit} on a {name} kink; any slope between its sides is legal there")
    return notes
