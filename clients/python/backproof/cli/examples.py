"""The smallest requests that the commands read, as their help shows them."""

from __future__ import annotations

TRAIN = """\
{"network": {"sizes": [2, 2, 1], "activation": "sigmoid"},
 "loss": "half_sse",
 "data": {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [[0], [1], [1], [0]]},
 "optimizer": {"type": "sgd", "learning_rate": 1.0},
 "epochs": 300}"""

GRADIENTS = """\
{"network": {"sizes": [2, 2, 1], "activation": "sigmoid"},
 "loss": "half_sse",
 "data": {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [[0], [1], [1], [0]]}}"""

CASE = """\
{"network": {"layers": [{"weights": [[0.5, -0.25]], "activation": "tanh"}]},
 "loss": "half_sse",
 "data": {"x": [[1], [2]], "y": [[0, 1], [1, 0]]},
 "gradients": [{"weights": [[0.1619, -1.5058]]}]}"""

PREDICT = """\
{"network": {"sizes": [2, 2, 1], "activation": "sigmoid"},
 "x": [[0, 0], [0, 1]]}"""


def shown(request: str) -> str:
    """The end of a command's help: the request, its lines left as they are (that is what the \\b asks for)."""
    return f"A minimal FILE:\n\n\b\n{request}"
