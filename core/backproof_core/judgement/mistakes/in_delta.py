"""Mistakes in δ_l = (δ_{l+1} W_{l+1}ᵀ) ∘ σ′(Z_l), and in δ_L."""

from backproof_core.judgement.mistakes.mistake import Mistake, mend

_SOFTMAX = "# softmax: A * (M - (M * A).sum(axis=1, keepdims=True))"  # which has no slope for each entry

sign_flipped = Mistake(
    "sign_flipped",
    title="the sign is flipped",
    cause="A minus got into the gradient; that of W ← W − rate · gradient belongs to the update alone.",
    question="If you go a little way along your gradient, does the loss grow or shrink?",
    mend=mend(
        numpy=("dW = A_in.T @ delta  # no minus in the gradient", "W = W - rate * dW  # it is here, once"),
        ocaml=(
            "let dw = Mat.mul (Mat.transpose a_in) delta  (* no minus *)",
            "let w = Mat.sub w (Mat.scale rate dw)  (* it is here, once *)",
        ),
    ),
    looks="Every entry has the right size and the opposite sign: the ratio is −1 everywhere, and so is the cosine.",
    hides="An update that adds instead of subtracting makes up for it, and then all is well but the name. In one layer "
    "alone, the others learn around it. A check with an absolute tolerance passes it wherever gradients are small, and "
    "where they are zero there is no sign to see.",
)

missing_derivative = Mistake(
    "missing_derivative",
    title="the derivative of the activation is forgotten",
    cause="δ is what comes from above times σ′(Z), entry by entry, and the σ′(Z) is not there.",
    question="What does the chain rule multiply by on its way from A to Z?",
    mend=mend(
        numpy=("M = delta_above @ W_above.T", "delta = M * df(Z)  # times σ′(Z), not M alone", _SOFTMAX),
        ocaml=(
            "let m = Mat.mul delta_above (Mat.transpose w_above)",
            "let delta = Activation.pullback f ~z ~a m  (* not m alone *)",
        ),
    ),
    looks="The layers above are right. In this one and below, entries are off by factors that differ from row to row "
    "and from unit to unit: with a sigmoid, whose slope is at most ¼, its δ is at least four times too large.",
    hides="No slope is negative, so δ keeps its signs and training goes on, only with steps of other lengths. With "
    "relu nothing shows while every unit is active, since its slope is 1 there.",
)

output_derivative_missing = Mistake(
    "output_derivative_missing",
    title="the derivative of the last activation is left out",
    cause="δ_L is the bare slope of the loss, as after a cross-entropy that has cancelled σ′; this loss needs σ′(Z_L).",
    question="Is your loss one of those after which δ_L is just H − Y?",
    mend=mend(
        numpy=(
            "M = H - Y  # half_sse; for sse twice that",
            "delta = M * df(Z)  # and σ′ of the last layer",
            _SOFTMAX,
        ),
        ocaml=(
            "let v = Mat.sub h y  (* half_sse; for sse twice that *)",
            "let delta = Activation.pullback f ~z ~a:h v  (* and its f' *)",
        ),
    ),
    looks="δ_L is too large, most where outputs are saturated, and everything below follows from it.",
    hides="For a sigmoid it is the gradient of a cross-entropy, up to a factor: it trains, often faster than the right "
    "one. Where the last layer is the identity there is nothing to leave out.",
)

output_derivative_extra = Mistake(
    "output_derivative_extra",
    title="the derivative of the last activation is there twice",
    cause="With this loss and this activation (H − Y)/N holds σ′(Z_L) already, and it was multiplied in again.",
    question="What is left when you multiply the slope of this loss by σ′(Z_L) on paper?",
    mend=mend(
        numpy=("delta = (H - Y) / N  # and nothing more",),
        ocaml=("let delta = Mat.scale (1. /. n) (Mat.sub h y)  (* nothing more *)",),
    ),
    looks="δ_L is too small, most where an output is sure of itself, and everything below follows from it.",
    hides="For a sigmoid the signs of δ stay right and it trains, only slowly: slowest where an output is sure and "
    "wrong, which a cross-entropy is there to avoid.",
)

derivative_at_activation = Mistake(
    "derivative_at_activation",
    title="the derivative is taken at A instead of Z",
    cause="σ′(A) was used, which is σ′(σ(Z)): the activation is applied once too often.",
    question="Which matrix was σ′ taken at?",
    mend=mend(
        numpy=("M = delta_above @ W_above.T", "delta = M * df(Z)  # at Z, before the activation", _SOFTMAX),
        ocaml=(
            "let m = Mat.mul delta_above (Mat.transpose w_above)",
            "let slopes = Mat.map f' z  (* f' at z, before the activation *)",
            "let delta = Mat.hadamard m slopes",
        ),
    ),
    looks="The slopes hardly differ from unit to unit: for a sigmoid all lie between 0.196 and 0.25, for tanh between "
    "0.42 and 1, however saturated the unit is.",
    hides="The slopes have the right sign, and near Z = 0 those of tanh are right too, so it trains. With relu and "
    "leaky_relu it can never show: A is positive exactly where Z is.",
)

derivative_at_preactivation = Mistake(
    "derivative_at_preactivation",
    title="a derivative that is written in A is fed with Z",
    cause="A(1 − A), or 1 − A², wants the output A = σ(Z) of the activation, and was given Z.",
    question="Does your formula for σ′ want what went into σ, or what came out of it?",
    mend=mend(
        numpy=(
            "delta = M * A * (1 - A)  # sigmoid: A, the output, not Z",
            "delta = M * (1 - A * A)  # tanh: likewise",
            _SOFTMAX,
        ),
        ocaml=(
            "let slope a = a *. (1. -. a)  (* sigmoid; tanh: 1 - a * a *)",
            "let delta = Mat.map2 (fun m a -> m *. slope a) m a  (* a, not z *)",
        ),
    ),
    looks="Signs are wrong where Z(1 − Z) is negative, outside of 0…1, or 1 − Z², beyond ±1: the slopes of sigmoid and "
    "tanh are negative nowhere. Where |Z| is large the entries are large.",
    hides="For tanh and small Z, 1 − Z² and 1 − A² hardly differ, so right after a small initialisation a loose check "
    "passes it. With relu and leaky_relu it never shows: A is positive exactly where Z is.",
)

softmax_diagonal = Mistake(
    "softmax_diagonal",
    title="only the diagonal of the softmax Jacobian is there",
    cause="Only p(1 − p) was used, but each p depends on every z of its row: −pᵢpⱼ off the diagonal counts too.",
    question="If one z of a row grows, which p of that row change?",
    mend=mend(
        numpy=(
            "S = (M * A).sum(axis=1, keepdims=True)  # over the row",
            "delta = A * (M - S)  # not M * A * (1 - A)",
        ),
        ocaml=(
            "let s = Mat.row_sums (Mat.hadamard m a)",
            "let less i row = Array.map (fun x -> x -. s.(i)) row",
            "let delta = Mat.hadamard a (Array.mapi less m)",
            "(* p_j (m_j - sum_i m_i p_i), not m_j p_j (1 - p_j) *)",
        ),
    ),
    looks="The rows of δ no longer sum to zero, as those behind a softmax do.",
    hides="Under a cross-entropy with one class a row, the entry of that class is right and the others are zero: it "
    "still pushes the right class up, and trains. In a layer of one unit there is nothing off the diagonal.",
)

softmax_sign = Mistake(
    "softmax_sign",
    title="the softmax Jacobian has the wrong sign off the diagonal",
    cause="Off the diagonal it is −pᵢpⱼ, and +pᵢpⱼ was used.",
    question="If one z of a row grows, do the other p of that row grow or shrink?",
    mend=mend(
        numpy=("S = (M * A).sum(axis=1, keepdims=True)", "delta = A * (M - S)  # minus: -p_i p_j off the diagonal"),
        ocaml=(
            "let s = Mat.row_sums (Mat.hadamard m a)",
            "let less i row = Array.map (fun x -> x -. s.(i)) row  (* minus *)",
            "let delta = Mat.hadamard a (Array.mapi less m)",
        ),
    ),
    looks="The rows of δ no longer sum to zero. Under a cross-entropy with one class a row, all entries but that of "
    "the class have the opposite sign.",
    hides="The entry of the right class is right and outweighs the others, so it trains, a little worse than it "
    "should. In a layer of one unit there is nothing off the diagonal.",
)

leaky_slope_missing = Mistake(
    "leaky_slope_missing",
    title="the slope of leaky_relu below its kink is missing",
    cause="It is 0.01 where z is negative, and 0, the slope of relu, was used.",
    question="What does leaky_relu do with a negative z, and what is its derivative there?",
    mend=mend(
        numpy=("delta = M * np.where(Z > 0, 1.0, 0.01)  # 0.01, not 0",),
        ocaml=(
            "let slope z = if z > 0. then 1. else 0.01  (* not 0. *)",
            "let delta = Mat.map2 (fun m z -> m *. slope z) m z",
        ),
    ),
    looks="δ is zero wherever z is negative, and right elsewhere.",
    hides="What is missing is a hundredth of what an active unit sends, so training goes on, as it does with relu, and "
    "a check that allows one per cent passes it. Where every z is positive nothing is missing.",
)

weights_not_transposed = Mistake(
    "weights_not_transposed",
    title="δ is sent down through W instead of Wᵀ",
    cause="Z = A W going forward makes δ Wᵀ going back, and δ W was used.",
    question="Weight (i, j) carries from unit i up to unit j: what does it carry back, and where to?",
    mend=mend(
        numpy=("M = delta_above @ W_above.T  # transposed on the way back",),
        ocaml=("let m = Mat.mul delta_above (Mat.transpose w_above)  (* w' *)",),
    ),
    looks="The layers from that W up are right; below it everything is wrong, by no common factor.",
    hides="Only a square W allows it. The layers above still learn, and those below get a signal that is wrong but "
    "always in the same way, which is often enough. Nothing shows where W is symmetric: zeros, the identity, 1×1.",
)

weights_already_updated = Mistake(
    "weights_already_updated",
    title="δ is sent down through weights that were updated already",
    cause="The layer above was updated first[|, {detail}], so δ went down through its new W, not that of the forward "
    "pass.",
    question="When is each W changed, and when is it needed for the last time?",
    mend=mend(
        numpy=(
            "M = delta_above @ W_above.T  # first, with the old W",
            "W_above = W_above - rate * dW_above  # then the update",
        ),
        ocaml=(
            "let m = Mat.mul delta_above (Mat.transpose w_above)  (* first *)",
            "let w_above = Mat.sub w_above (Mat.scale rate dw_above)",
            "(* the update comes after w_above was needed *)",
        ),
    ),
    looks="The last layer is right; those below are off by a little, as much as one step changes the weights above.",
    hides="With a small rate the difference is small, a loose tolerance passes it, and training hardly notices. With "
    "rate 0, or where the gradient above is zero, nothing shows.",
)

wrong_activation = Mistake(
    "wrong_activation",
    title="another activation was used[|, {detail}]",
    cause="The function or the derivative of another activation[|, {detail},] stands where that of this layer should.",
    question="Which function does this layer apply, forward and backward, and which one does the network name?",
    mend=mend(
        numpy=(
            "A = f(Z)  # the activation that the layer names",
            "delta = M * df(Z)  # and its own derivative",
            _SOFTMAX,
        ),
        ocaml=(
            "let a = Activation.apply f z  (* the one that the layer names *)",
            "let delta = Activation.pullback f ~z ~a m  (* and its own f' *)",
        ),
    ),
    looks="If it was used going forward, A differs in this layer and in all that follow. If only its derivative was "
    "used, A and the loss are right, and δ is wrong from this layer down.",
    hides="Slopes of other activations have the right sign too, so it trains; that of tanh for a sigmoid is right at "
    "Z = 0 but for a factor of 4. Relu and leaky_relu differ only where Z is negative.",
)
