"""What an evaluation will cost, from its shapes alone: floating-point operations and peak bytes, before anything runs.

Of the dense route these are read off the program that it runs: the matrices of a Jacobian's size that are alive at a
product. With a = N·d_L, b = N·d_l, c = N·d_{l−1}, p = d_{l−1}d_l, its products take a² + 2ab, 2ab + b², ab + bp + ap.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backproof_core.activation import Elementwise
from backproof_core.backprop.gradients import alive_at_peak
from backproof_core.backprop.routes import routes_of
from backproof_core.errors import TooLargeForForm, UnknownName, in_bytes
from backproof_core.loss import Loss
from backproof_core.network import Network

FORMS = ("matched", "vectorized")
ROUTES = ("dense", "row", "jacobian")
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
    if check_form(form) == "matched":
        return _matched(net, rows, loss)
    return _ROUTES[check_route(route or "dense")](net, rows, loss)


def predict_jacobians(net: Network, rows: int, *, loss: Loss) -> Cost:
    """The cost of all Jacobians, kept together."""
    kept = [rows * net.sizes[-1] * sum(block.size for _, block in layer.blocks()) for layer in net.layers]
    return _blocks(net, rows, loss, kept)


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


def check_jacobians(net: Network, rows: int, *, loss: Loss, budget: int) -> Cost:
    """The predicted cost of all Jacobians; raises TooLargeForForm where its bytes exceed the budget."""
    cost = predict_jacobians(net, rows, loss=loss)
    if cost.peak_bytes > budget:
        others = _others_that_fit(net, rows, loss, budget, without=())
        fits = [f"the gradients alone by {words}" for words in others] + _fewer_rows(
            rows, budget, lambda few: predict_jacobians(net, few, loss=loss)
        )
        raise TooLargeForForm("vectorized", "jacobian", predicted_bytes=cost.peak_bytes, budget_bytes=budget, fits=fits)
    return cost


def _what_fits(net: Network, rows: int, loss: Loss, form: str, route: str | None, budget: int) -> list[str]:
    """In words: the other forms and routes that fit, and the most rows for which this one does."""
    others = _others_that_fit(net, rows, loss, budget, without=(form, route))
    return others + _fewer_rows(rows, budget, lambda few: predict_cost(net, few, loss=loss, form=form, route=route))


def _others_that_fit(net: Network, rows: int, loss: Loss, budget: int, *, without: tuple[str | None, ...]) -> list[str]:
    """Each form and route that fits, with its bytes, the cheapest first."""
    ways: list[tuple[str, str | None]] = [
        ("vectorized", "row"),
        ("vectorized", "jacobian"),
        ("vectorized", "dense"),
        ("matched", None),
    ]
    found = []
    for form, route in ways:
        taken = predict_cost(net, rows, loss=loss, form=form, route=route).peak_bytes
        if (form, route) != without and taken <= budget:
            found.append((f"route {route!r}" if route else f"form {form!r}") + f" ({in_bytes(taken)})")
    return found


def _fewer_rows(rows: int, budget: int, cost: Callable[[int], Cost]) -> list[str]:
    """In words: the most rows whose cost fits, if any."""
    few, many = 0, rows
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (middle, many) if cost(middle).peak_bytes <= budget else (few, middle)
    return [f"the first {few} of the {rows} rows"] if few else []


def _matched(net: Network, rows: int, loss: Loss) -> Cost:
    """The matched form, and the row route, which evaluates the same products."""
    sizes = [(rows * layer.d_out, sum(block.size for _, block in layer.blocks())) for layer in net.layers]
    peak = alive_at_peak(reversed(sizes), loss.matrices(net.last))
    flops = sum((2 if l == 0 else 4) * rows * layer.W.size for l, layer in enumerate(net.layers))
    return Cost(net.dtype.itemsize * peak, flops)


def _dense(net: Network, rows: int, loss: Loss) -> Cost:
    """The products of the program that the dense route runs, from their shapes."""
    found = routes_of(net.layers, loss)
    flops, entries = found.dense_work.at(found.of.sizes(rows, net.sizes))
    return Cost(net.dtype.itemsize * entries, flops)


def _jacobian(net: Network, rows: int, loss: Loss) -> Cost:
    """The jacobian route to deltas and gradients, which keeps these and no Jacobian."""
    return _blocks(net, rows, loss, [rows * a.d_out + sum(block.size for _, block in a.blocks()) for a in net.layers])


def _blocks(net: Network, rows: int, loss: Loss, kept: Sequence[int]) -> Cost:
    """What carries the blocks of Δ_l and writes the Jacobians, with what is kept of each layer afterwards.

    With g = N·d_L·d_l: a product needs its left blocks and itself, a difference one matrix more; J has g·d_{l−1}.
    """
    folded, entrywise = net.last.name == loss.folded_with, [isinstance(a.activation, Elementwise) for a in net.layers]
    alive = rows * sum(a.d_out for a, one in zip(net.layers[:-1], entrywise) if one)  # S_l
    alive += 0 if folded else rows * net.sizes[-1] * (2 if entrywise[-1] else 1)  # ∂E/∂H and S_L
    rd, above, affine, peak, flops = rows * net.sizes[-1], rows * net.sizes[-1] ** 2, 0, 0, 0
    for l, layer in reversed(list(enumerate(net.layers))):
        g, difference = rd * layer.d_out, not entrywise[l] or (folded and l == len(net.layers) - 1)
        peak = max(peak, alive + g + max(above, (2 if difference else 1) * g, g * layer.d_in, kept[l]))
        flops += affine + 2 * g + 3 * g * layer.d_in
        alive, above, affine = alive + kept[l], g, 2 * g * layer.d_in
    return Cost(net.dtype.itemsize * max(peak, alive), flops)


_ROUTES: dict[str, Callable[[Network, int, Loss], Cost]] = {"dense": _dense, "row": _matched, "jacobian": _jacobian}
