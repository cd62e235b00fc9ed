"""Training: optimisers, schedules, mini-batches, twins, and a run that advances step by step."""

from backproof_core.train.curve import COLUMNS, Row, TwinComparison
from backproof_core.train.fitting import Fitted, fit, step
from backproof_core.train.optimizers import OPTIMIZERS, Adam, Momentum, Nesterov, Optimizer, Sgd
from backproof_core.train.parameters import weights_sha256
from backproof_core.train.plan import TRAINING_FORMS, Plan
from backproof_core.train.run import Run
from backproof_core.train.schedules import SCHEDULES, Constant, Cosine, Schedule, Step

__all__ = [
    "COLUMNS",
    "OPTIMIZERS",
    "SCHEDULES",
    "TRAINING_FORMS",
    "Adam",
    "Constant",
    "Cosine",
    "Fitted",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "Plan",
    "Row",
    "Run",
    "Schedule",
    "Sgd",
    "Step",
    "TwinComparison",
    "fit",
    "step",
    "weights_sha256",
]
