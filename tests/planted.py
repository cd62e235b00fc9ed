"""The mistakes that the judge must name, each planted in the plain program of naive.py as a careless programmer would.

VARIANTS of an id at a case are all the ways to make it there: in one layer, in one block, or in all layers as a loop
does. Nothing here knows how the judge looks for them.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from naive import (
    FUNCTIONS,
    PULLS,
    SLOPES,
    Array,
    Block,
    Case,
    Found,
    Pull,
    Recipe,
    admits,
    change,
    compute,
    is_folded,
)

VISIBLE = {"float64": 1e-6, "float32": 1e-3}  # the smallest relative change that counts as one
SAME = {"float64": 1e-9, "float32": 1e-4}  # within which two ways give the same numbers
SUMS = ("half_sse", "sse")


@dataclass(frozen=True)
class Variant:
    """One way to make a mistake: its edits of the recipe, the layer it is made in, and what has to be sent with it."""

    id: str
    where: str
    layer: int | None
    edit: Callable[[Recipe], None]
    sends: frozenset[str] = frozenset()
    slots: frozenset[object] = frozenset()  # the steps that it replaces: two that replace the same one do not combine
    factor: bool = False  # a bare factor

    def __str__(self) -> str:
        return f"{self.id} ({self.where})"


Variants = Iterator[Variant]


def compose(*edits: Callable[[Recipe], None]) -> Callable[[Recipe], None]:
    def edit(recipe: Recipe) -> None:
        for one in edits:
            one(recipe)

    return edit


def spread(
    name: str,
    layers: list[int],
    step: str,
    edit: Callable[[int], Callable[[Recipe], None]],
    label: str = "",
    sends: frozenset[str] = frozenset(),
) -> Variants:
    """The mistake in each of the layers alone, and in all of them as a loop would make it."""
    for l in layers:
        yield Variant(name, f"{label} layer {l}".strip(), l, edit(l), sends, frozenset({(step, l)}))
    if len(layers) > 1:
        slots = frozenset((step, l) for l in layers)
        yield Variant(name, f"{label} all".strip(), None, compose(*(edit(l) for l in layers)), sends, slots)


# Where each step of a recipe is replaced.


def pull(rule: Pull) -> Callable[[int], Callable[[Recipe], None]]:
    return lambda l: lambda r: r.pulls.__setitem__(l, rule)


def on_W(stage: int, f: Callable[[Array], Array]) -> Callable[[int], Callable[[Recipe], None]]:
    return lambda l: lambda r: r.on_W.append((stage, l, f))


def on_b(stage: int, f: Callable[[Array], Array]) -> Callable[[int], Callable[[Recipe], None]]:
    return lambda l: lambda r: r.on_b.append((stage, l, f))


def on_delta(f: Callable[[Array], Array]) -> Callable[[int], Callable[[Recipe], None]]:
    return lambda l: lambda r: r.on_delta.setdefault(l, []).append(f)


def on_all(stage: int, f: Callable[[list[tuple[Array, Block]]], list[tuple[Array, Block]]]) -> Callable[[Recipe], None]:
    return lambda r: r.on_all.append((stage, f))


def seed(f: Callable[[Array, Array, Array], Array]) -> Callable[[Recipe], None]:
    def edit(recipe: Recipe) -> None:
        recipe.seed = f

    return edit


# Bare factors.


def scaled(name: str, c: float, label: str, case: Case, *, sends: frozenset[str] = frozenset()) -> Variants:
    """The factor c on everything, on a layer, on its weights or its bias alone, and on δ_l and what follows from it."""

    def times(M: Array) -> Array:
        return (M * M.dtype.type(c)).astype(M.dtype)

    layers = list(range(case.depth))
    slots = frozenset({"rows"} if "N" in label else ())  # another batch has another N
    every = [on_W(2, times)(l) for l in layers] + [on_b(2, times)(l) for l in layers]
    yield Variant(name, f"{label} on everything", None, compose(*every), sends, slots, factor=True)
    for l in layers:
        if case.depth > 1:
            both = compose(on_W(2, times)(l), on_b(2, times)(l))
            yield Variant(name, f"{label} on the gradients of layer {l}", l, both, sends, slots, factor=True)
        if l in case.biased:
            yield Variant(name, f"{label} on W of layer {l}", l, on_W(2, times)(l), sends, slots, factor=True)
            yield Variant(name, f"{label} on b of layer {l}", l, on_b(2, times)(l), sends, slots, factor=True)
        yield Variant(name, f"{label} on delta of layer {l}", l, on_delta(times)(l), sends, slots, factor=True)


def sign_flipped(case: Case) -> Variants:
    yield from scaled("sign_flipped", -1.0, "-1", case)


def sizes_of(case: Case) -> tuple[int, int]:
    return len(case.point.X), case.shape(case.depth - 1)[1]


def factor_missing(case: Case) -> Variants:
    if case.point.loss.name in ("sse", "mse"):
        yield from scaled("factor_missing", 0.5, "2 left out", case)


def factor_extra(case: Case) -> Variants:
    N, d = sizes_of(case)
    for c, label in ((2, "2"), (0.5, "1/2"), (N, "N"), (1 / N, "1/N"), (N * d, "N·d"), (1 / (N * d), "1/(N·d)")):
        yield from scaled("factor_extra", c, label, case)


def summed_not_averaged(case: Case) -> Variants:
    N, d = sizes_of(case)
    if case.point.loss.name not in SUMS:
        yield from scaled("summed_not_averaged", N, "N", case)
    if case.point.loss.name == "mse":
        yield from scaled("summed_not_averaged", N * d, "N·d", case)


def averaged_not_summed(case: Case) -> Variants:
    N, d = sizes_of(case)
    if case.point.loss.name in SUMS:
        yield from scaled("averaged_not_summed", 1 / N, "1/N", case)
        yield from scaled("averaged_not_summed", 1 / (N * d), "1/(N·d)", case)


def rate_multiplied_in(case: Case) -> Variants:
    yield next(scaled("rate_multiplied_in", case.rate, "r", case, sends=frozenset({"rate"})))


# Shapes.


def transposed_gradient(case: Case) -> Variants:
    """Turned as it is made, which the steps that follow see, or only as it is sent."""
    layers = list(range(case.depth))
    yield from spread("transposed_gradient", layers, "transposed", on_W(1, lambda G: G.T.copy()))
    yield from spread("transposed_gradient", layers, "transposed", on_W(6, lambda G: G.T.copy()), "sent")


def layout_weights(case: Case) -> Variants:
    def turned(found: list[tuple[Array, Block]]) -> list[tuple[Array, Block]]:
        return [(W.T.copy(), b) for W, b in found]

    yield Variant("layout_weights", "all", None, on_all(6, turned), slots=frozenset({"layout"}))


def row_major_unvec(case: Case) -> Variants:
    def unvec(G: Array) -> Array:
        return G.T.ravel().reshape(G.shape)  # vec stacks columns, reshape fills rows

    yield from spread("row_major_unvec", list(range(case.depth)), "transposed", on_W(1, unvec))


def layers_reversed(case: Case) -> Variants:
    if case.depth > 1:
        yield Variant(
            "layers_reversed", "all", None, on_all(6, lambda found: found[::-1]), slots=frozenset({"reversed"})
        )


def last_instance_only(case: Case) -> Variants:
    """A loop over the rows that assigns where it should add; what it assigns is divided by the rows, or is not."""
    layers = list(range(case.depth))
    if len(case.point.X) == 1:
        return

    def assigned(l: int) -> Callable[[Recipe], None]:
        return lambda r: r.rows.__setitem__(l, slice(-1, None))

    def undivided(l: int) -> Callable[[Recipe], None]:
        def edit(recipe: Recipe) -> None:
            times = lambda M: M * M.dtype.type(len(recipe.X))  # noqa: E731
            assigned(l)(recipe)
            recipe.on_W.append((1, l, times))
            recipe.on_b.append((1, l, times))

        return edit

    divides = case.point.loss.name not in SUMS
    for label, edit in [("", assigned)] + ([("undivided", undivided)] if divides else []):
        for v in spread("last_instance_only", layers, "rows", edit, label):
            yield replace(v, slots=v.slots | {("bias", place[1]) for place in v.slots if isinstance(place, tuple)})


# Derivatives.


def derived(case: Case) -> list[int]:
    """The layers through whose activation δ is pulled: all but a folded last one."""
    folded = is_folded(case.point.loss.name, case.names[-1])
    return list(range(case.depth - 1 if folded else case.depth))


def missing_derivative(case: Case) -> Variants:
    layers = [l for l in derived(case) if case.names[l] != "identity"]
    yield from spread("missing_derivative", layers, "pull", pull(lambda Z, A, M: M.copy()))


def output_derivative_missing(case: Case) -> Variants:
    last = case.depth - 1
    if case.point.loss.name in ("half_sse", "sse", "mse") and case.names[last] != "identity":
        edit = pull(lambda Z, A, M: M.copy())(last)
        yield Variant("output_derivative_missing", "output", last, edit, slots=frozenset({("pull", last)}))


def output_derivative_extra(case: Case) -> Variants:
    last, name = case.depth - 1, case.names[-1]
    if not is_folded(case.point.loss.name, name):
        return
    ways: list[tuple[str, Pull]] = [("its derivative", PULLS[name])]
    if name == "softmax":
        ways.append(("p(1-p)", PULLS["sigmoid"]))
    for label, rule in ways:
        edit = seed(lambda Z, H, Y, rule=rule: rule(Z, H, (H - Y) / len(H)))  # type: ignore[misc]
        yield Variant("output_derivative_extra", label, last, edit, slots=frozenset({"seed", ("pull", last)}))


def derivative_at_activation(case: Case) -> Variants:
    def at(l: int) -> Callable[[Recipe], None]:
        name = case.names[l]
        return pull(lambda Z, A, M: PULLS[name](A, FUNCTIONS[name](A), M))(l)

    yield from spread("derivative_at_activation", derived(case), "pull", at)


def derivative_at_preactivation(case: Case) -> Variants:
    def at(l: int) -> Callable[[Recipe], None]:
        name = case.names[l]
        return pull(lambda Z, A, M: PULLS[name](Z, Z, M))(l)  # the formula in a, fed with z

    layers = [l for l in derived(case) if case.names[l] in ("sigmoid", "tanh", "softmax")]
    yield from spread("derivative_at_preactivation", layers, "pull", at)


def softmax_rule(name: str, rule: Pull, case: Case) -> Variants:
    layers = [l for l in range(case.depth) if case.names[l] == "softmax"]
    yield from spread(name, layers, "pull", pull(rule))  # a last one unfolds δ_L into slope and Jacobian


def softmax_diagonal(case: Case) -> Variants:
    yield from softmax_rule("softmax_diagonal", lambda Z, A, M: M * A * (1 - A), case)


def softmax_sign(case: Case) -> Variants:
    yield from softmax_rule("softmax_sign", lambda Z, A, M: A * (M + (M * A).sum(axis=1, keepdims=True)), case)


def leaky_slope_missing(case: Case) -> Variants:
    layers = [l for l in derived(case) if case.names[l] == "leaky_relu"]
    yield from spread("leaky_slope_missing", layers, "pull", pull(PULLS["relu"]))


def wrong_activation(case: Case) -> Variants:
    for l in range(case.depth):
        for other in FUNCTIONS:
            if other == case.names[l]:
                continue
            if l in derived(case):
                slots = frozenset({("pull", l)})
                at_own = pull(PULLS[other])(l)
                yield Variant("wrong_activation", f"derivative of {other} at a, layer {l}", l, at_own, slots=slots)
                at_z = pull(lambda Z, A, M, other=other: PULLS[other](Z, FUNCTIONS[other](Z), M))(l)  # type: ignore[misc]
                yield Variant("wrong_activation", f"derivative of {other} at z, layer {l}", l, at_z, slots=slots)
            if l < case.depth - 1 or admits(case.point.loss.name, other):
                edit = lambda r, l=l, other=other: r.names.__setitem__(l, other)  # noqa: E731
                slots = frozenset({("pull", l), ("name", l)} | ({"seed"} if l == case.depth - 1 else set()))
                yield Variant("wrong_activation", f"{other} layer {l}", l, edit, slots=slots)


# Products.


def weights_not_transposed(case: Case) -> Variants:
    layers = [l for l in case.square if l > 0]
    yield from spread(
        "weights_not_transposed",
        layers,
        "through",
        lambda l: lambda r: r.through.__setitem__(l, lambda delta, W: delta @ W),
    )


def weights_already_updated(case: Case) -> Variants:
    layers = list(range(1, case.depth))
    for label, sends in (("", frozenset({"rate"})), ("unsent rate", frozenset())):
        yield from spread(
            "weights_already_updated",
            layers,
            "updated",
            lambda l: lambda r: r.updated.__setitem__(l, case.rate),
            label,
            sends,
        )


def input_for_activation(case: Case) -> Variants:
    layers = list(range(1, case.depth))
    yield from spread(
        "input_for_activation",
        layers,
        "input",
        lambda l: lambda r: r.inputs.__setitem__(l, lambda Z, A: Z[l - 1]),
        "Z",
    )
    yield from spread(
        "input_for_activation", layers, "input", lambda l: lambda r: r.inputs.__setitem__(l, lambda Z, A: A[0]), "X"
    )


def activation_for_input(case: Case) -> Variants:
    yield from spread(
        "activation_for_input",
        list(range(case.depth)),
        "input",
        lambda l: lambda r: r.inputs.__setitem__(l, lambda Z, A: A[l + 1]),
    )


# The bias.


def bias_missing(case: Case) -> Variants:
    def forward(l: int) -> Callable[[Recipe], None]:
        return lambda r: r.unbiased.add(l)

    def nowhere(l: int) -> Callable[[Recipe], None]:
        return compose(forward(l), on_b(1, np.zeros_like)(l))

    yield from spread("bias_missing", case.biased, "bias", on_b(1, np.zeros_like), "zero")
    yield from spread("bias_missing", case.biased, "forward bias", forward, "forward")
    yield from spread("bias_missing", case.biased, "bias", nowhere, "nowhere")


def bias_averaged(case: Case) -> Variants:
    def edit(l: int) -> Callable[[Recipe], None]:
        return lambda r: r.bias.__setitem__(l, lambda delta: delta.mean(axis=0))

    for v in spread("bias_averaged", case.biased, "bias", edit):
        yield replace(v, factor=True)


def bias_one_row(case: Case) -> Variants:
    for row in (0, -1):
        yield from spread(
            "bias_one_row",
            case.biased,
            "bias",
            lambda l, row=row: lambda r: r.bias.__setitem__(l, lambda delta: delta[row].copy()),  # type: ignore[misc]
            f"row {row}",
        )


# The loss.


def wrong_loss(case: Case) -> Variants:
    for other in SLOPES:
        if other != case.point.loss.name and admits(other, case.names[-1]):
            edit = lambda r, other=other: setattr(r, "loss", other)  # noqa: E731
            slots = frozenset({"seed", ("pull", case.depth - 1)})
            yield Variant("wrong_loss", other, None, edit, slots=slots, factor=True)


def residual_reversed(case: Case) -> Variants:
    name, last = case.point.loss.name, case.names[-1]
    if is_folded(name, last) or name in ("half_sse", "sse", "mse"):
        yield Variant(
            "residual_reversed",
            "output",
            None,
            on_delta(lambda delta: -delta)(case.depth - 1),
            slots=frozenset({"residual"}),
            factor=True,
        )


# What belongs to a step of training.


def with_weights(case: Case, c: float) -> Callable[[int], Callable[[Recipe], None]]:
    def edit(l: int) -> Callable[[Recipe], None]:
        W = case.point.net.layers[l].W

        def plus(G: Array) -> Array:
            if G.shape != W.shape:
                raise ValueError("no decay can be added to a gradient of another shape")
            return G + (G.dtype.type(c) * W.astype(G.dtype))

        return on_W(3, plus)(l)

    return edit


def weight_decay_included(case: Case) -> Variants:
    layers = list(range(case.depth))
    for label, sends in (("sent", frozenset({"decay"})), ("unsent", frozenset())):
        yield from spread("weight_decay_included", layers, "decay", with_weights(case, case.decay), label, sends)


def weight_decay_doubled(case: Case) -> Variants:
    layers = list(range(case.depth))
    edit = with_weights(case, 2 * case.decay)
    yield from spread("weight_decay_doubled", layers, "decay", edit, "", frozenset({"decay"}))
    once = with_weights(case, case.decay)

    def stepped(l: int) -> Callable[[Recipe], None]:
        return compose(edit(l), *(once(other) for other in layers if other != l))

    sends = frozenset({"decay", "rate", "updated"})
    slots = frozenset(("decay", l) for l in layers)
    for l in layers:
        yield Variant("weight_decay_doubled", f"in updated weights layer {l}", l, stepped(l), sends, slots)
    if case.depth > 1:
        whole = compose(*(edit(l) for l in layers))
        yield Variant("weight_decay_doubled", "in updated weights all", None, whole, sends, slots)


def stale_batch(case: Case) -> Variants:
    def edit(recipe: Recipe) -> None:
        recipe.X, recipe.Y = case.before_X, case.before_Y

    yield Variant("stale_batch", "data", None, edit, frozenset({"data"}), frozenset({"rows"}))
    whole = on_all(4, lambda found: list(case.before))
    yield Variant("stale_batch", "gradients", None, whole, frozenset({"before"}), frozenset({"rows", "gradients"}))


def plus(
    found: list[tuple[Array, Block]], other: tuple[tuple[Array, Block], ...], c: float
) -> list[tuple[Array, Block]]:
    return [(_sum(W, V, c), None if b is None or v is None else _sum(b, v, c)) for (W, b), (V, v) in zip(found, other)]


def _sum(M: Array, other: Array, c: float) -> Array:
    if M.shape != other.shape:
        raise ValueError("no sum of gradients of several shapes")
    return M + M.dtype.type(c) * other.astype(M.dtype)


def accumulated(case: Case) -> Variants:
    edit = on_all(4, lambda found: plus(found, case.before, 1.0))
    yield Variant("accumulated", "all", None, edit, frozenset({"before"}), frozenset({"gradients"}))


def momentum_as_gradient(case: Case) -> Variants:
    edit = on_all(4, lambda found: plus(found, case.velocity, case.momentum))
    yield Variant("momentum_as_gradient", "all", None, edit, frozenset({"velocity"}), frozenset({"gradients"}))


def layout_samples(case: Case) -> Variants:
    """Only what is sent besides the gradients shows it: see claim."""
    yield Variant("layout_samples", "all", None, lambda r: None, frozenset({"columns"}))


PLANTERS: dict[str, Callable[[Case], Variants]] = {
    planter.__name__: planter
    for planter in (
        sign_flipped, transposed_gradient, row_major_unvec, missing_derivative, derivative_at_activation,
        derivative_at_preactivation, weights_not_transposed, weights_already_updated, factor_missing, factor_extra,
        summed_not_averaged, averaged_not_summed, bias_missing, bias_averaged, bias_one_row, wrong_activation,
        output_derivative_extra, output_derivative_missing, softmax_diagonal, softmax_sign, input_for_activation,
        activation_for_input, layers_reversed, last_instance_only, wrong_loss, residual_reversed, leaky_slope_missing,
        layout_weights, layout_samples, weight_decay_included, weight_decay_doubled, rate_multiplied_in, stale_batch,
        accumulated, momentum_as_gradient,
    )
}  # fmt: skip


def plant(case: Case, *variants: Variant, dtype: str | None = None) -> Found:
    """The numbers of the program with those mistakes."""
    recipe = Recipe(case)
    for variant in variants:
        variant.edit(recipe)
    return compute(recipe, dtype or case.dtype)


def combinable(variants: tuple[Variant, ...]) -> bool:
    return all(not (a.slots & b.slots) and a.id != b.id for a, b in itertools.combinations(variants, 2))


def visible(case: Case, *variants: Variant) -> bool:
    """Whether the mistakes change the numbers, are finite, and do not give what some of them give alone."""
    least = VISIBLE[case.dtype.name]
    changing = tuple(v for v in variants if v.id != "layout_samples")
    try:
        whole = plant(case, *changing, dtype="float64").blocks()
    except ValueError:  # shapes that the program's next step cannot take
        return False
    if not all(np.isfinite(M).all() for M in whole):
        return False
    fewer = itertools.chain.from_iterable(itertools.combinations(changing, k) for k in range(len(changing)))
    return all(change(whole, plant(case, *some, dtype="float64").blocks()) >= least for some in fewer)
