"""Mistakes in the slope of the loss: its direction, its constants, which loss it is."""

from backproof_core.judgement.mistakes.mistake import Mistake, mend

_SLOPE = mend(
    numpy=(
        "G = H - Y  # half_sse; sse: 2 * (H - Y)",
        "# mse: 2 * (H - Y) / (N * d)",
        "delta = G * df(Z)  # no other constant",
        "# cross-entropy after its own activation: (H - Y) / N",
    ),
    ocaml=(
        "let g = loss.Loss.slope ~h ~y  (* no other constant *)",
        "(* half_sse: h - y; sse: 2 (h - y); mse: 2 (h - y) / (n d) *)",
        "let delta = Activation.pullback f ~z ~a:h g",
        "(* cross-entropy after its own activation: (h - y) / n *)",
    ),
)

residual_reversed = Mistake(
    "residual_reversed",
    title="the residual is reversed",
    cause="Y − H stands where H − Y should, so every gradient points downhill.",
    question="For an output that is too large, is your last δ positive or negative?",
    mend=mend(
        numpy=(
            "V = H - Y  # output minus target",
            "delta = V * df(Z)",
            "# cross-entropy after its own activation: V / N",
        ),
        ocaml=(
            "let v = Mat.sub h y  (* output minus target *)",
            "let delta = Activation.pullback f ~z ~a:h v",
            "(* cross-entropy after its own activation: v / n *)",
        ),
    ),
    looks="Every gradient of every layer has the opposite sign, and δ_L has it first.",
    hides="An update that adds makes up for it: two reversals cancel, and it trains as it should. Where the residual "
    "is zero there is nothing to reverse.",
)

summed_not_averaged = Mistake(
    "summed_not_averaged",
    title="the loss averages and the gradient sums",
    cause="The loss divides by [the number of rows|{detail}], and its gradient does not.",
    question="If every row were there twice, what would happen to your loss, and what to your gradient?",
    mend=mend(
        numpy=("delta = delta / N  # once, at the output; mse: / (N * d)",),
        ocaml=("let delta = Mat.scale (1. /. n) delta  (* once, at the output *)",),
    ),
    looks="Every entry is too large by one factor: the number of rows, or of all outputs in all rows.",
    hides="A learning rate that is that many times smaller makes up for it; who tuned the rate has tuned this in. With "
    "one row (for mse: of one output) there is nothing to divide by.",
)

averaged_not_summed = Mistake(
    "averaged_not_summed",
    title="the loss sums and the gradient averages",
    cause="This loss is a sum and so is its gradient, but that was divided by [the number of rows|{detail}].",
    question="If every row were there twice, what would happen to your loss, and what to your gradient?",
    mend=mend(
        numpy=("delta = (H - Y) * df(Z)  # half_sse is a sum: no division",),
        ocaml=(
            "let v = Mat.sub h y  (* half_sse is a sum: no division *)",
            "let delta = Activation.pullback f ~z ~a:h v",
        ),
    ),
    looks="Every entry is too small by one factor: the number of rows, or of all outputs in all rows.",
    hides="A learning rate that is that many times larger makes up for it. With one row (and one output, where all are "
    "counted) there is nothing to divide by.",
)

factor_missing = Mistake(
    "factor_missing",
    title="a factor[| of {detail}] is missing",
    cause="Every entry is right but for [one and the same factor|a factor of {detail}] that was left out.",
    question="Which numbers stand in front of the sum in your loss, and what becomes of them and of the square?",
    mend=_SLOPE,
    looks="The ratio of your entries to the right ones is the same number everywhere; the cosine is 1.",
    hides="The direction is right, so it trains, with another learning rate than you think. Checks that compare "
    "directions only never see it.",
)

factor_extra = Mistake(
    "factor_extra",
    title="a factor[| of {detail}] is there that does not belong",
    cause="Every entry is right but for [one and the same factor|a factor of {detail}] that was multiplied in.",
    question="By which constants does your code multiply, and where does each of them stand in the loss?",
    mend=_SLOPE,
    looks="The ratio of your entries to the right ones is the same number everywhere; the cosine is 1.",
    hides="The direction is right, so it trains, with another learning rate than you think. Checks that compare "
    "directions only never see it.",
)

wrong_loss = Mistake(
    "wrong_loss",
    title="this belongs to another loss[|, {detail}]",
    cause="The loss that is named and the loss that is computed or differentiated[|, {detail},] are not the same.",
    question="If you differentiate what you report, do you find the last δ of your code?",
    mend=mend(
        numpy=(
            "G = H - Y  # the slope of that very loss: half_sse",
            "delta = G * df(Z)",
            "# cross-entropy after its own activation: (H - Y) / N",
        ),
        ocaml=(
            "let delta = Loss.delta loss f ~z ~h ~y  (* of that very loss *)",
            "let value = loss.Loss.value f ~z ~h ~y",
        ),
    ),
    looks="δ_L is wrong entry by entry, and everything below follows from it; between squared errors it is one factor.",
    hides="Losses for one purpose have their minimum at one place: training goes there by another way, and the loss "
    "that is reported falls too. Where H = Y most losses are flat, and nothing shows.",
)
