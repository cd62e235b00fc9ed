"""Mistakes in what is made of a right δ: ∇W = A_inᵀ δ and ∇b = 1ᵀ δ, and in how it is handed over."""

from backproof_core.judgement.mistakes.mistake import Mistake, mend

transposed_gradient = Mistake(
    "transposed_gradient",
    title="the weight gradient is transposed",
    cause="δᵀA stands where Aᵀδ should, A being what went into the layer.",
    question="Which entry of your gradient belongs to the weight from unit 0 to unit 1?",
    mend=mend(
        numpy=("dW = A_in.T @ delta  # in × out, as W is",),
        ocaml=("let dw = Mat.mul (Mat.transpose a_in) delta  (* in x out, as w *)",),
    ),
    looks="The shape is turned round. In a square layer it is not: the diagonal is right there, and every other entry "
    "is that of its mirror image.",
    hides="In a square layer no shape complains, and many small networks still learn, XOR among them. Nothing shows "
    "where the gradient is symmetric, as that of a 1×1 layer is.",
)

_BIAS = mend(
    numpy=("db = delta.sum(axis=0)  # one entry for each neuron",),
    ocaml=("let db = Mat.column_sums delta  (* one entry for each neuron *)",),
)

bias_missing = Mistake(
    "bias_missing",
    title="the bias gradient is missing, or zero",
    cause="No gradient is made for the bias, or it stays at the zeros that it began with.",
    question="Does b change when you train?",
    mend=_BIAS,
    looks="The bias gradient is zero, and all else is right.",
    hides="The weights learn to do without, and where the data lie around zero that costs little. Biases begin at zero "
    "and simply stay there. Nothing shows where the columns of δ sum to zero.",
)

bias_averaged = Mistake(
    "bias_averaged",
    title="the bias gradient is averaged over the rows",
    cause="A mean stands where the sum over the rows should; a division, if the loss has one, is in δ already.",
    question="Where does your code divide by the number of rows, and does each gradient go through there once?",
    mend=mend(
        numpy=("db = delta.sum(axis=0)  # the sum, not the mean",),
        ocaml=("let db = Mat.column_sums delta  (* the sum, not the mean *)",),
    ),
    looks="The bias gradient is N times too small, and all else is right.",
    hides="Biases learn more slowly than they should, and that is all. With one row, mean and sum are the same.",
)

bias_one_row = Mistake(
    "bias_one_row",
    title="the bias gradient comes from [one row|{detail}] alone",
    cause="[One row|Only {detail}] of δ was taken where the sum over all rows belongs.",
    question="How many instances have a say in the gradient of b?",
    mend=mend(
        numpy=("db = delta.sum(axis=0)  # over all rows, not delta[0]",),
        ocaml=("let db = Mat.column_sums delta  (* all rows, not delta.(0) *)",),
    ),
    looks="The bias gradient is that of one instance, and all else is right.",
    hides="On average over shuffled batches it points the right way, so it trains. With one row it is right.",
)

input_for_activation = Mistake(
    "input_for_activation",
    title="the weight gradient is made with the wrong input[|, {detail}]",
    cause="[Z or X|{detail}] stands where A, the output of the layer below, should.",
    question="What exactly is multiplied by W in the forward pass?",
    mend=mend(
        numpy=("A_in = f_below(Z_below)", "dW = A_in.T @ delta  # A_in, neither Z_below nor X"),
        ocaml=(
            "let a_in = Activation.apply f_below z_below",
            "let dw = Mat.mul (Mat.transpose a_in) delta  (* not z_below, x *)",
        ),
    ),
    looks="The weight gradient is wrong everywhere in this layer; δ, the bias and the other layers are right.",
    hides="Z and A mostly have the same sign, and tanh hardly changes a small Z, so it trains. In the first layer, and "
    "behind an identity, there is nothing to mix up.",
)

activation_for_input = Mistake(
    "activation_for_input",
    title="the weight gradient is made with the layer's own output",
    cause="A, what the layer puts out, stands where A_in, what went into it, should.",
    question="Which two matrices does this W stand between?",
    mend=mend(
        numpy=("dW = A_in.T @ delta  # what went in, not what came out",),
        ocaml=("let dw = Mat.mul (Mat.transpose a_in) delta  (* not a *)",),
    ),
    looks="The weight gradient is wrong everywhere in this layer; δ, the bias and the other layers are right.",
    hides="Only a square layer gives it the right shape, and there nothing complains.",
)

row_major_unvec = Mistake(
    "row_major_unvec",
    title="vec and unvec disagree",
    cause="One goes by columns and the other by rows, so the entries land elsewhere.",
    question="At which place of the long vector is entry (0, 1) of the matrix?",
    mend=mend(
        numpy=(
            "p, q = W.shape",
            "v = dW.T.ravel()  # stacks the columns",
            "dW = v.reshape(q, p).T  # and takes them apart again",
        ),
        ocaml=(
            "let p, q = Mat.shape w",
            "let v = Mat.vec dw  (* (i, j) goes to the place j * p + i *)",
            "let dw = Mat.unvec p q v  (* and comes back from there *)",
        ),
    ),
    looks="The numbers are all there, but at other places; a square gradient comes out transposed.",
    hides="In a square layer it is a transposed gradient, which often trains. Nothing shows in a matrix of one row or "
    "one column, or where the gradient is symmetric.",
)

last_instance_only = Mistake(
    "last_instance_only",
    title="only [one row|{detail}] counts",
    cause="The gradient of [one row|{detail}] alone stands where the sum over all rows should.",
    question="If you change a target, in whichever row of Y, does your gradient always change?",
    mend=mend(
        numpy=(
            "dW = np.zeros_like(W)",
            "for a, e in zip(A_in, delta):",
            "    dW += np.outer(a, e)  # added, not replaced",
        ),
        ocaml=(
            "let of_row a e = Mat.mul (Mat.transpose (Mat.row a)) (Mat.row e)",
            "let by_row = Array.map2 of_row a_in delta",
            "let dw = Array.fold_left Mat.add zero by_row  (* added up *)",
        ),
    ),
    looks="Every gradient is that of a single instance: its weight gradients have rank 1.",
    hides="It is stochastic gradient descent on one row of each batch, and so it trains. With one row it is right.",
)

layers_reversed = Mistake(
    "layers_reversed",
    title="the list of gradients is in the reverse order",
    cause="Backpropagation finds the last layer's gradient first, and the list was left in that order.",
    question="Which layer does the first gradient of your list belong to?",
    mend=mend(
        numpy=("grads = grads[::-1]  # found from the output down",),
        ocaml=("let grads = List.rev grads  (* found from the output down *)",),
    ),
    looks="Each block is right, but it is that of the layer at the other end.",
    hides="Where all layers have the same shape nothing complains, and each layer then moves by another one's "
    "gradient. With one layer there is no order, and of three the middle one is right.",
)

layout_weights = Mistake(
    "layout_weights",
    title="your weights lie out × in",
    cause="A row of your W is a neuron where a column is one here: a convention, and no mistake.",
    question="Is a neuron of yours a row of W or a column?",
    mend=mend(
        numpy=('layout = {"weights": "out_in"}  # say so, or send:', "dW = dW.T"),
        ocaml=("let layout = [ `Out_in ]  (* say so, or send: *)", "let dw = Mat.transpose dw"),
    ),
    looks="Every weight gradient is transposed, in all layers alike, and all else is right.",
    hides="It is a consistent way to write the same, and nothing is wrong with it. In square layers no shape tells it.",
    convention=True,
)

layout_samples = Mistake(
    "layout_samples",
    title="your instances lie in columns",
    cause="A column of your matrices is an instance where a row is one here: a convention, and no mistake.",
    question="Do the numbers of an instance stand in a row of your X or in a column?",
    mend=mend(
        numpy=('layout = {"samples": "columns"}  # say so, or send:', "delta = delta.T"),
        ocaml=("let layout = [ `Columns ]  (* say so, or send: *)", "let delta = Mat.transpose delta"),
    ),
    looks="Z, A and δ are transposed, in all layers alike, and the gradients are right.",
    hides="It is a consistent way to write the same, and nothing is wrong with it. With as many rows as units no shape "
    "tells it.",
    convention=True,
)
