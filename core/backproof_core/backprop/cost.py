"""What an evaluation will cost, from its shapes alone: floating-point operations and peak bytes, before anything runs.

With a = N·d_L, b = N·d_l, c = N·d_{l−1}, p = d_{l−1}d_l, a product of the dense chain holds its left factor, its right
factor and its result; the peak is the largest such sum over the chain.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from backproof_core.activation import Elementwise
from backproof_core.errors import TooLargeForForm, UnknownName, in_bytes
from backproof_core.loss import Loss
from backproof_core.network import Network

FORMS = ("matched", "vectorized")
ROUTES = ("dense", "row")
DEFAULT_BUDGET = 2 << 30
AUTO_DENSE_BYTES = 64 << 20  # `auto` takes the literal route up to here


@dataclass(frozen=True, slots=True)
class Cost:
    """Predicted peak bytes and floating-point operations of one evaluation of a form."""

    peak_bytes: int
    flops: int


def predict_cost(net: Network, rows: int, *, loss: Loss, form: str, route: str | None = None) -> Cost:
    """The cost of the backward pass of a form, the vectorised one by a route, on that many rows.

    Raises UnknownName for a form or a route that does not exist.
    """
    check_form(form)
    if form == "vectorized" and check_route(route or "dense") == "dense":
        products = list(_dense_products(net, rows, loss))
        entries = max((held + m * k + k * n + m * n for held, m, k, n in products), default=0)
        seed_entries = (rows * net.sizes[-1]) ** 2
        flops = sum(2 * m * k * n for _, m, k, n in products)
        return Cost(net.dtype.itemsize * max(entries, seed_entries), flops)
    return _matched(net, rows)


def choose_route(net: Network, rows: int, *, loss: Loss, route: str = "auto", budget: int = DEFAULT_BUDGET) -> str:
    """The route to take: the one asked for, or for `auto` dense while it fits 64 MiB, else row.

    Raises TooLargeForForm where it would exceed the budget.
    """
    if route == "auto":
        dense = predict_cost(net, rows, loss=loss, form="vectorized", route="dense")
        route = "dense" if dense.peak_bytes <= min(AUTO_DENSE_BYTES, budget) else "row"
    check_budget(net, rows, loss=loss, form="vectorized", route=check_route(route), budget=budget)
    return route


def check_budget(net: Network, rows: int, *, loss: Loss, form: str, route: str | None, budget: int) -> Cost:
    """The predicted cost; raises TooLargeForForm, saying what would fit, where its bytes exceed the budget."""
    cost = predict_cost(net, rows, loss=loss, form=form, route=route)
    if cost.peak_bytes > budget:
        fits = _what_fits(net, rows, loss, form, route, budget)
        raise TooLargeForForm(form, route or "matched", predicted_bytes=cost.peak_bytes, budget_bytes=budget, fits=fits)
    return cost


def check_form(form: str) -> str:
    """The form; raises UnknownName where there is no such form."""
    if form not in FORMS:
        raise UnknownName("form", form, FORMS, where=("form",))
    return form


def check_route(route: str) -> str:
    """The route; raises UnknownName where there is no such route."""
    if route not in ROUTES:
        raise UnknownName("route", route, ("auto", *ROUTES), where=("route",))
    return route


def _what_fits(net: Network, rows: int, loss: Loss, form: str, route: str | None, budget: int) -> list[str]:
    """In words: the other forms and routes that fit, and the most rows for which this one does."""
    fits = []
    row_bytes = _matched(net, rows).peak_bytes
    if form == "vectorized" and route == "dense" and row_bytes <= budget:
        fits += [f"route 'row' ({in_bytes(row_bytes)})", f"form 'matched' ({in_bytes(row_bytes)})"]
    few, many = 0, rows
    while many - few > 1:
        middle = (few + many) // 2
        cost = predict_cost(net, middle, loss=loss, form=form, route=route)
        few, many = (middle, many) if cost.peak_bytes <= budget else (few, middle)
    return fits + ([f"the first {few} of the {rows} rows"] if few else [])


def _matched(net: Network, rows: int) -> Cost:
    """The matched form, and the row route, which evaluates the same products."""
    kept, peak, flops = 0, 0, 0
    for l, layer in reversed(list(enumerate(net.layers))):
        delta = rows * layer.d_out
        peak = max(peak, kept + 2 * delta)
        kept += delta + sum(block.size for _, block in layer.blocks())
        flops += (2 if l == 0 else 4) * rows * layer.d_in * layer.d_out
    return Cost(net.dtype.itemsize * max(peak, kept), flops)


def _dense_products(net: Network, rows: int, loss: Loss) -> Iterator[tuple[int, int, int, int]]:
    """The products (m×k)·(k×n) of the dense chain, each with the entries that are held beside it."""
    a = rows * net.sizes[-1]
    if net.last.name != loss.folded_with:
        yield from _jacobian_products(net, len(net.layers) - 1, a * a, a)
        yield 0, a, a, a
    elif not isinstance(net.last, Elementwise):
        yield from ((0, a, a, a), (a * a, a, a, a))
    for l in range(len(net.layers) - 1, -1, -1):
        layer = net.layers[l]
        b, c, p = rows * layer.d_out, rows * layer.d_in, layer.d_in * layer.d_out
        yield 0, a, b, p
        if layer.b is not None:
            yield a * p, a, b, layer.d_out
        if l > 0:
            yield 0, a, b, c
            yield from _jacobian_products(net, l - 1, a * c, c)
            yield 0, a, c, c


def _jacobian_products(net: Network, l: int, held: int, m: int) -> Iterator[tuple[int, int, int, int]]:
    """The products within Dσ_l, of m rows: none for Diag, two for the softmax's D − D(1ₖ1ₖᵀ ⊗ I)D."""
    if not isinstance(net.layers[l].activation, Elementwise):
        yield from ((held, m, m, m), (held, m, m, m))
