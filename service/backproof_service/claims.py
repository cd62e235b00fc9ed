"""A caller's own numbers, from the wire's lists to the core's Claim."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from backproof_core import Network
from backproof_core.errors import BackproofError, InvalidValue, ShapeMismatch
from backproof_core.judgement import Claim, LayerClaim, Previous
from backproof_core.layer import Layer
from backproof_service import convert
from backproof_service.http.problems import Problem, at, invalid, of_core
from backproof_service.store.jobs import UnknownDataset
from backproof_service.wire.check import CheckRequest, PreviousStep
from backproof_service.wire.judged import JudgedLayer
from backproof_service.wire.layout import Layout
from backproof_service.wire.numbers import Array

Sent = Sequence[JudgedLayer | Array | None] | None


def claim(request: CheckRequest, load: convert.LoadDataset, net: Network) -> Claim:
    """The caller's numbers in the core's convention; raises where the step before does not fit the network."""
    layout = request.layout
    return Claim(
        loss_value=request.loss_value,
        pre_activations=_matrices(request.pre_activations, layout),
        activations=_matrices(request.activations, layout),
        deltas=_matrices(request.deltas, layout),
        gradients=_layers(request.gradients, layout),
        updated_weights=_layers(request.updated_weights, layout),
        learning_rate=request.learning_rate,
        weight_decay=request.weight_decay,
        momentum=request.momentum,
        previous=None if request.previous is None else _previous(request.previous, load, net, layout),
        dtype=request.dtype,
    )


def _matrices(sent: Sequence[Array | None] | None, layout: Layout) -> tuple[Array | None, ...] | None:
    return None if sent is None else tuple(None if M is None else _turned(M, layout.turn_samples) for M in sent)


def _layers(sent: Sent, layout: Layout) -> tuple[LayerClaim, ...] | None:
    return None if sent is None else tuple(_layer(each, layout) for each in sent)


def _layer(sent: JudgedLayer | Array | None, layout: Layout) -> LayerClaim:
    W, b = (sent.weights, sent.bias) if isinstance(sent, JudgedLayer) else (sent, None)
    return LayerClaim(None if W is None else _turned(W, layout.turn_weights), b)


def _turned(M: Array, turn: Callable[[Array], Array]) -> Array:
    """The block in the core's convention; what is no matrix stays as it is, it has the wrong shape anyway."""
    return np.ascontiguousarray(turn(M)) if M.ndim == 2 else M


# ---------------------------------------------------------------- the step before


def _previous(sent: PreviousStep, load: convert.LoadDataset, net: Network, layout: Layout) -> Previous:
    """The step before, which has to fit the network: it is no claim but what the claim is explained by."""
    X, Y = _rows(sent, load, net, layout) or (None, None)
    lists = {name: _layers(getattr(sent, name), layout) for name in ("gradients", "velocity")}
    for name, found in lists.items():
        for l, layer in enumerate(found or ()):
            _check_fits(layer, net.layers[l], "previous", name, l)
    return Previous(X, Y, lists["gradients"], lists["velocity"])


def _rows(sent: PreviousStep, load: convert.LoadDataset, net: Network, layout: Layout) -> tuple[Array, Array] | None:
    if sent.data is None:
        return None
    with below_previous(sent):
        X, Y = convert.data(sent.data, load, net, layout)
        return X, net.targets_of(Y, len(net.rows_of(X))).astype(np.float64, copy=False)


def _check_fits(found: LayerClaim, layer: Layer, *where: str | int) -> None:
    """Refuses a block of another shape than its parameter, and one that is not finite."""
    parameters = dict(layer.blocks())
    for name, M in found.blocks():
        need = parameters[name].shape
        if M.shape != need:
            given, wanted = ("×".join(map(str, shape)) for shape in (M.shape, need))
            words = ", counted as inputs × outputs," if name == "weights" else ""
            raise ShapeMismatch(f"{name}{words} is {given}; the parameter is {wanted}", where=where)
        if not np.isfinite(M).all():
            raise InvalidValue(
                f"{name} holds what is not finite; it is not judged, so send it right or leave it out", where=where
            )


@contextmanager
def below_previous(sent: PreviousStep) -> Iterator[None]:
    """Turns what is wrong with the data of the step before into a problem that points there."""
    try:
        yield
    except UnknownDataset as error:
        detail = f"{error} Upload it to /datasets first; GET /datasets lists those there are."
        raise _below(invalid(detail, "data", "dataset", code="unknown_dataset")) from None
    except BackproofError as error:
        raise _below(of_core(error, sent)) from None
    except Problem as error:
        raise _below(error) from None


def _below(found: Problem) -> Problem:
    error = found.errors[0]
    place = error["pointer"].replace("#", "#/previous", 1)
    return Problem(found.status, found.code, at(place, error["detail"]), errors=[{**error, "pointer": place}])
