"""What is said of a mistake where it was made: the words of the table, or others where those would mislead."""

from backproof_core.judgement.mistakes import MISTAKES, told
from backproof_core.judgement.report import Mend
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.uses import Use

Words = tuple[str, str, str, Mend]  # title, cause, question, mend

FORGOTTEN_FORWARD: Words = (
    "the bias is forgotten in the forward pass",
    "Z is A_in W alone; the bias of this layer is not added.",
    "Which parameters does your Z depend on?",
    Mend("Z = A_in @ W + b  # b is added to every row", "let z = Layer.affine layer a_in  (* a_in W + b *)"),
)
STEP_ADDED: Words = (
    "the step adds the gradient instead of subtracting it",
    "W + rate · gradient stands where W − rate · gradient should; the gradient itself may well be right.",
    "Does the loss fall after your step?",
    Mend("W = W - rate * dW  # minus", "let w = Mat.sub w (Mat.scale rate dw)  (* minus *)"),
)
VALUES = {  # of each loss, and its slope by the outputs
    "half_sse": ("0.5 * ((H - Y) ** 2).sum()", "H - Y"),
    "sse": ("((H - Y) ** 2).sum()", "2 * (H - Y)"),
    "mse": ("((H - Y) ** 2).mean()  # over rows and outputs", "2 * (H - Y) / H.size"),
    "binary_cross_entropy": (
        "-(Y * np.log(H) + (1 - Y) * np.log(1 - H)).sum() / len(H)",
        "((1 - Y) / (1 - H) - Y / H) / len(H)",
    ),
    "cross_entropy": ("-(Y * np.log(H)).sum() / len(H)", "-Y / H / len(H)"),
}


def words(at: Setting, id_: str, detail: str, group: list[Use]) -> Words:
    """Title, cause, question and mend of a mistake with that detail, made where these uses say."""
    sites, mistake = {use.site for use in group}, MISTAKES[id_]
    if id_ == "bias_missing" and sites == {"setting"}:
        return FORGOTTEN_FORWARD
    if id_ == "sign_flipped" and sites == {"step"}:
        return STEP_ADDED
    if sites == {"loss"}:
        return _of_value(at, id_, detail, group[0].value)
    mend = _of_slope(at) if id_ == "wrong_loss" else mistake.mend
    return told(mistake.title, detail), told(mistake.cause, detail), mistake.question, mend


def _of_value(at: Setting, id_: str, detail: str, value: float | None) -> Words:
    """A loss value that is off, which the gradients know nothing of."""
    what = f"that of {detail}" if value is None else f"{value:.6g} times what it should be"
    formula, _ = VALUES[at.loss.name]
    return (
        f"the loss value is {what} ({told(MISTAKES[id_].title, detail)})",
        f"The loss value is {what}. The gradients do not depend on it, and need no mend for it.",
        "Which signs, sums, means and halves does the formula of your loss have?",
        Mend(f"value = {formula}", "let value = loss.Loss.value f ~z ~h ~y  (* of this very loss *)"),
    )


def _of_slope(at: Setting) -> Mend:
    """The slope of the loss that was named, not of some other one."""
    if at.folded:
        numpy = f"delta = (H - Y) / len(H)  # {at.loss.name} after {at.net.last.name}"
    else:
        numpy = f"G = {VALUES[at.loss.name][1]}  # the slope of {at.loss.name}\ndelta = G * df(Z)"
    return Mend(numpy, "let delta = Loss.delta loss f ~z ~h ~y  (* of this very loss *)")
