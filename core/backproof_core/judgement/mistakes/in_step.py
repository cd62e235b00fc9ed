"""Mistakes around the gradient: what a training step adds to it, and what a step before left behind."""

from backproof_core.judgement.mistakes.mistake import Mistake, mend

weight_decay_included = Mistake(
    "weight_decay_included",
    title="weight decay is in the gradient",
    cause="λW[|, {detail},] was added to the gradient, but the loss has no such term: the decay belongs to the update.",
    question="If δ were zero, would your gradient be zero too?",
    mend=mend(
        numpy=("dW = A_in.T @ delta  # of the loss alone", "W = W - rate * (dW + decay * W)  # λ is here"),
        ocaml=(
            "let dw = Mat.mul (Mat.transpose a_in) delta  (* loss alone *)",
            "let step = Mat.add dw (Mat.scale decay w)  (* decay is here *)",
            "let w = Mat.sub w (Mat.scale rate step)",
        ),
    ),
    looks="What is too much is a multiple of W, the same multiple everywhere; biases are right.",
    hides="It is the right step, under another name, and trains as it should. Where weights are zero, or λ is small, "
    "there is little to see.",
)

weight_decay_doubled = Mistake(
    "weight_decay_doubled",
    title="the weight decay is counted twice",
    cause="λW is there twice[|, {detail}]: once in the gradient and once more in the update.",
    question="At how many places of your code does λ stand, and does each W meet more than one of them?",
    mend=mend(
        numpy=("dW = A_in.T @ delta", "W = W - rate * (dW + decay * W)  # λW once, here"),
        ocaml=(
            "let dw = Mat.mul (Mat.transpose a_in) delta",
            "let step = Mat.add dw (Mat.scale decay w)  (* once, here *)",
            "let w = Mat.sub w (Mat.scale rate step)",
        ),
    ),
    looks="What is too much is one more λW; biases are right.",
    hides="It is a decay twice as strong as you think, and trains like one. Where weights are zero there is nothing to "
    "see.",
)

rate_multiplied_in = Mistake(
    "rate_multiplied_in",
    title="the learning rate is in the gradient",
    cause="The step, learning rate times gradient[|, {detail}], stands where the gradient should.",
    question="Would the numbers that you call gradient change if you trained more slowly?",
    mend=mend(
        numpy=("dW = A_in.T @ delta  # no rate in the gradient", "W = W - rate * dW  # it is here, once"),
        ocaml=(
            "let dw = Mat.mul (Mat.transpose a_in) delta  (* no rate *)",
            "let w = Mat.sub w (Mat.scale rate dw)  (* it is here, once *)",
        ),
    ),
    looks="The ratio of your entries to the right ones is the learning rate, everywhere.",
    hides="If the update subtracts it as it is, every step is right. If the rate is multiplied in again, training is "
    "only slower. With rate 1 nothing shows.",
)

stale_batch = Mistake(
    "stale_batch",
    title="this is the gradient of the batch before",
    cause="The rows, or the Z and A, of the previous step were used instead of those of this one.",
    question="Which rows had gone through the network when you took the A of your gradient?",
    mend=mend(
        numpy=("Z = A_in @ W + b  # this batch goes forward first", "A = f(Z)", "dW = A_in.T @ delta"),
        ocaml=(
            "let z = Mat.add_row (Mat.mul a_in w) b  (* this batch first *)",
            "let a = Activation.apply f z",
            "let dw = Mat.mul (Mat.transpose a_in) delta",
        ),
    ),
    looks="Everything is wrong by no common factor, and everything is the right gradient of the rows before.",
    hides="It is the gradient of rows that are just as good, one step late, and so it trains. Where every batch is the "
    "same nothing shows.",
)

accumulated = Mistake(
    "accumulated",
    title="the gradient of the step before is still in it",
    cause="Gradients were added to those of the previous step; in each step they start from zero.",
    question="What do your gradients hold before the first row of a batch is seen?",
    mend=mend(
        numpy=("dW = np.zeros_like(W)  # anew for each step", "dW += A_in.T @ delta"),
        ocaml=(
            "let dw = Mat.make (Mat.rows w) (Mat.cols w) 0.  (* each step *)",
            "let dw = Mat.add dw (Mat.mul (Mat.transpose a_in) delta)",
        ),
    ),
    looks="What is too much is exactly what was found in the step before.",
    hides="It is like momentum that never fades: it trains at first, then oscillates. In the first step nothing shows.",
)

momentum_as_gradient = Mistake(
    "momentum_as_gradient",
    title="the velocity stands where the gradient should",
    cause="What momentum makes of it, μ · velocity + gradient[|, {detail}], stands where the gradient itself should.",
    question="Do your numbers depend on the steps before, and should they?",
    mend=mend(
        numpy=(
            "dW = A_in.T @ delta  # the gradient",
            "velocity = mu * velocity + dW  # something else",
            "W = W - rate * velocity",
        ),
        ocaml=(
            "let dw = Mat.mul (Mat.transpose a_in) delta  (* the gradient *)",
            "let velocity = Mat.add (Mat.scale mu velocity) dw  (* not it *)",
            "let w = Mat.sub w (Mat.scale rate velocity)",
        ),
    ),
    looks="What is too much is a multiple of the velocity before, the same multiple everywhere.",
    hides="It is the right step, under another name, and trains as it should. In the first step, from velocity zero, "
    "nothing shows.",
)
