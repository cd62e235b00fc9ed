"""The Python client of Backproof: is your backprop right?

    from backproof import Client
    job = Client().train(network={"sizes": [2, 2, 1]}, loss="half_sse", …)

The mirrored names, Network, Layer, Activation, Loss, Init, Backprop and Train, are those of the core and of the toy
OCaml library; here they ask the service.
"""

from backproof import backprop as Backprop
from backproof import train as Train
from backproof.arrays import Matrix, Vector
from backproof.async_client import AsyncClient
from backproof.async_job import AsyncJob
from backproof.call import Retry
from backproof.client import Client
from backproof.derivation import (
    Change,
    Definition,
    Derivation,
    DerivationLine,
    DerivationStart,
    DerivationStep,
    Fact,
    Printed,
    Term,
)
from backproof.errors import (
    BackproofError,
    Conflict,
    Forbidden,
    Invalid,
    InvalidAddress,
    InvalidValue,
    JobCancelled,
    JobError,
    JobFailed,
    JobUnfinished,
    Malformed,
    MethodNotAllowed,
    NotDrawn,
    NotFound,
    Problem,
    ProblemError,
    ServiceUnreachable,
    TimedOut,
    TooLarge,
    TooLargeForForm,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
    UnsupportedMedia,
)
from backproof.job import Job
from backproof.names import Activation, Init, Loss
from backproof.network import Layer, Network, Pass
from backproof.results import (
    Capabilities,
    Comparison,
    Dataset,
    FormResult,
    Gradients,
    GradientsResult,
    JobInfo,
    LayerGradient,
    Metrics,
    Predictions,
    Progress,
    TrainResult,
    TwinComparison,
    Weights,
)
from backproof.train import Fitted

__all__ = [
    "Activation",
    "AsyncClient",
    "AsyncJob",
    "BackproofError",
    "Backprop",
    "Capabilities",
    "Change",
    "Client",
    "Comparison",
    "Conflict",
    "Dataset",
    "Definition",
    "Derivation",
    "DerivationLine",
    "DerivationStart",
    "DerivationStep",
    "Fact",
    "Fitted",
    "Forbidden",
    "FormResult",
    "Gradients",
    "GradientsResult",
    "Init",
    "Invalid",
    "InvalidAddress",
    "InvalidValue",
    "Job",
    "JobCancelled",
    "JobError",
    "JobFailed",
    "JobInfo",
    "JobUnfinished",
    "Layer",
    "LayerGradient",
    "Loss",
    "Malformed",
    "Matrix",
    "MethodNotAllowed",
    "Metrics",
    "Network",
    "NotDrawn",
    "NotFound",
    "Pass",
    "Predictions",
    "Printed",
    "Problem",
    "ProblemError",
    "Progress",
    "Retry",
    "ServiceUnreachable",
    "Term",
    "TimedOut",
    "TooLarge",
    "TooLargeForForm",
    "TooManyRequests",
    "Train",
    "TrainResult",
    "TwinComparison",
    "Unauthorized",
    "Unavailable",
    "UnexpectedAnswer",
    "UnsupportedMedia",
    "Vector",
    "Weights",
]
