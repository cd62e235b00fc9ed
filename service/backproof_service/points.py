"""The whole answer of POST /points, from a parsed request."""

from typing import Any

from backproof_core import backprop
from backproof_core import loss as losses
from backproof_core.judgement import better_point
from backproof_service import convert, reports
from backproof_service.wire.points import PointRequest


def compute(request: PointRequest) -> dict[str, Any]:
    """The answer, its arrays as NumPy's; raises the core's errors."""
    layout, loss = request.layout, losses.named(request.loss)
    outline = convert.outline(request.network, "float64", layout)
    loss.check_last(outline.last)
    point = better_point(outline, loss=loss, seed=request.seed)
    sent = reports.better(point, layout)
    right = backprop.evaluate(point.net, point.X, point.Y, loss=loss)
    return {
        "object": "point",
        "network": sent["network"],
        "loss": loss.name,
        "data": sent["data"],
        "layout": sent["layout"],
        "unshowable": sent["unshowable"],
        "answers": {
            "loss_value": right.loss_value,
            "gradients": convert.gradients(right.gradients, layout),
            "deltas": layout.turn_each(right.deltas),
            "activations": layout.turn_each(right.run.A[1:]),
            "pre_activations": layout.turn_each(right.run.Z),
        },
    }
