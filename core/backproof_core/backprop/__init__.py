"""Backpropagation in two independent forms, the witnesses that know neither, and what each costs."""

from backproof_core.backprop.cost import (
    DEFAULT_BUDGET,
    FORMS,
    ROUTES,
    Cost,
    check_jacobians,
    choose_route,
    predict_cost,
    predict_jacobians,
)
from backproof_core.backprop.evaluation import Evaluation, deltas, evaluate, gradient, jacobian
from backproof_core.backprop.gradients import Gradients, LayerGradient, LayerJacobian
from backproof_core.backprop.numeric import numeric

__all__ = [
    "DEFAULT_BUDGET",
    "FORMS",
    "ROUTES",
    "Cost",
    "Evaluation",
    "Gradients",
    "LayerGradient",
    "LayerJacobian",
    "check_jacobians",
    "choose_route",
    "deltas",
    "evaluate",
    "gradient",
    "jacobian",
    "numeric",
    "predict_cost",
    "predict_jacobians",
]
