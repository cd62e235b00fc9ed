"""Backpropagation over HTTP, under the names of the core: deltas, gradient, jacobian, numeric."""

from __future__ import annotations

from backproof.arrays import Matrix, Rows
from backproof.choice import chosen
from backproof.client import Client
from backproof.network import Network
from backproof.results import FormResult, Gradients, LayerGradient


def gradient(
    net: Network,
    x: Rows,
    y: Rows,
    *,
    loss: str,
    form: str = "matched",
    route: str | None = None,
    dtype: str | None = None,
    client: Client | None = None,
) -> Gradients:
    """The gradient of the loss by one form, layer by layer, each block with its parameter's shape."""
    return Gradients(one_form(net, x, y, loss, form, "gradients", route, dtype, client).gradients)


def deltas(
    net: Network,
    x: Rows,
    y: Rows,
    *,
    loss: str,
    form: str = "matched",
    route: str | None = None,
    dtype: str | None = None,
    client: Client | None = None,
) -> tuple[Matrix, ...]:
    """The δ_1 … δ_L of one form, each N × d_l."""
    return one_form(net, x, y, loss, form, "deltas", route, dtype, client).deltas


def jacobian(
    net: Network, x: Rows, y: Rows, *, loss: str, dtype: str | None = None, client: Client | None = None
) -> tuple[LayerGradient, ...]:
    """The Jacobian of vec E for each parameter: N·d_L rows, one column for each entry, both in `vec` order."""
    return one_form(net, x, y, loss, "vectorized", "jacobian", None, dtype, client).jacobian


def numeric(
    net: Network,
    x: Rows,
    y: Rows,
    *,
    loss: str,
    witness: str = "complex_step",
    client: Client | None = None,
) -> Gradients:
    """The gradient without backpropagation, by a witness: complex_step or central_difference."""
    with chosen(client) as service:
        found = service.gradients(net, loss=loss, data=(x, y), forms=["matched"], witnesses=[witness])
    return Gradients(found.witnesses[witness].gradients)


def one_form(
    net: Network,
    x: Rows,
    y: Rows,
    loss: str,
    form: str,
    include: str,
    route: str | None,
    dtype: str | None,
    client: Client | None,
) -> FormResult:
    """What the service finds by one form alone."""
    with chosen(client) as service:
        found = service.gradients(
            net, loss=loss, data=(x, y), forms=[form], include=[include], route=route, dtype=dtype
        )
    return found.forms[form]
