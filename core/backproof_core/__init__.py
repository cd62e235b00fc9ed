"""Backproof's core: neural networks, and their gradients by two independent forms of backpropagation.

NumPy only; knows no HTTP, JSON, SQL or file.
"""

from backproof_core import algebra, backprop, check, derivation, train
from backproof_core.activation import ACTIVATIONS, Activation
from backproof_core.init import INITS, Init
from backproof_core.layer import Layer
from backproof_core.loss import LOSSES, Loss
from backproof_core.network import Network

__version__ = "0.1.0"
__all__ = [
    "ACTIVATIONS",
    "INITS",
    "LOSSES",
    "Activation",
    "Init",
    "Layer",
    "Loss",
    "Network",
    "algebra",
    "backprop",
    "check",
    "derivation",
    "train",
]
