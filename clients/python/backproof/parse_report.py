"""The readers of reports and points: what is not there is None or empty, what is not known is ignored."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from backproof.arrays import Matrix, received_matrix
from backproof.network import Network
from backproof.parse import Json, known, layer, layer_gradient, matrices, number
from backproof.report import (
    Answers,
    BetterPoint,
    Block,
    Explanation,
    FirstWrong,
    GradientReport,
    Hidden,
    Mend,
    Mistake,
    Point,
    Witness,
    Worst,
)


def report(told: Json) -> GradientReport:
    """A report, as POST /gradients/check answers it."""
    return GradientReport(
        verdict=str(told["verdict"]),
        summary=str(told["summary"]),
        parameters=tuple(map(_block, told.get("parameters") or ())),
        first_wrong=_first_wrong(told.get("first_wrong")),
        diagnosis=tuple(map(_explanation, told.get("diagnosis") or ())),
        blindness=_hidden(told.get("blindness")),
        better_point=_better(told.get("better_point")),
        witnesses=tuple(map(_witness, told.get("witnesses") or ())),
        notes=tuple(told.get("notes") or ()),
        blocks=tuple(map(_block, told.get("blocks") or ())),
        dtype=str(told.get("dtype") or "float64"),
        dtype_inferred=bool(told.get("dtype_inferred")),
    )


def point(told: Json) -> Point:
    """A point with its answers, as POST /points tells it."""
    answers = told["answers"]
    return Point(
        network=_network(told),
        loss=str(told["loss"]),
        data=_rows(told["data"]),
        answers=Answers(
            loss_value=float(answers["loss_value"]),
            gradients=tuple(map(layer_gradient, answers.get("gradients") or ())),
            deltas=matrices(answers.get("deltas")),
            activations=matrices(answers.get("activations")),
            pre_activations=matrices(answers.get("pre_activations")),
        ),
        unshowable=_hidden(told.get("unshowable")),
        layout=told.get("layout") or {},
    )


def _block(told: Json) -> Block:
    numbers = {name: number(told.get(name)) for name in ("relative_error", "ratio", "cosine")}
    tolerance, worst = number(told.get("tolerance")), told.get("worst")
    about: dict[str, Any] = known(Block, told) | numbers
    about["tolerance"] = math.nan if tolerance is None else tolerance
    about["worst"] = worst and Worst(tuple(worst["index"]), float(worst["yours"]), float(worst["ours"]))
    return Block(**about)


def _first_wrong(told: Json | None) -> FirstWrong | None:
    return None if told is None else FirstWrong(**known(FirstWrong, told))


def _explanation(told: Json) -> Explanation:
    return Explanation(tuple(map(_mistake, told["mistakes"])), _measured(told.get("residual")))


def _mistake(told: Json) -> Mistake:
    about: dict[str, Any] = known(Mistake, told)
    about["layers"] = tuple(told.get("layers") or ())
    about["mend"] = Mend(**known(Mend, told.get("mend") or {}))
    about["value"] = number(told.get("value"))
    return Mistake(**about)


def _hidden(told: Any) -> tuple[Hidden, ...]:
    return tuple(Hidden(**known(Hidden, each)) for each in told or ())


def _better(told: Json | None) -> BetterPoint | None:
    if told is None:
        return None
    layout = told.get("layout") or {}
    return BetterPoint(_network(told), _rows(told["data"]), _hidden(told.get("unshowable")), layout)


def _witness(told: Json) -> Witness:
    return Witness(str(told["name"]), _measured(told.get("relative_error")), bool(told.get("agrees", True)))


def _measured(told: Any) -> float:
    found = number(told)
    return math.nan if found is None else found


def _network(told: Json) -> Network:
    """The network of a point; its layers lie in the point's layout."""
    layers = tuple(map(layer, told["network"]["layers"]))
    if (told.get("layout") or {}).get("weights") != "out_in":
        return Network.make(layers)
    return replace(Network.make(layers), sizes=Network.make([each.transposed() for each in layers]).sizes)


def _rows(told: Json) -> Mapping[str, Matrix]:
    return {name: received_matrix(told[name]) for name in ("x", "y")}
