"""The table of mistakes, in words: what each is, what to ask, how to mend it. To add one: a value, and a line below."""

from backproof_core.judgement.mistakes import in_delta, in_gradients, in_loss, in_step
from backproof_core.judgement.mistakes.mistake import Mistake, told

MISTAKES: dict[str, Mistake] = {
    mistake.id: mistake
    for mistake in (  # the likeliest first
        in_delta.sign_flipped,
        in_loss.residual_reversed,
        in_gradients.transposed_gradient,
        in_delta.missing_derivative,
        in_delta.output_derivative_missing,
        in_delta.output_derivative_extra,
        in_delta.derivative_at_activation,
        in_delta.derivative_at_preactivation,
        in_delta.softmax_diagonal,
        in_delta.softmax_sign,
        in_loss.summed_not_averaged,
        in_loss.averaged_not_summed,
        in_loss.factor_missing,
        in_loss.factor_extra,
        in_delta.weights_not_transposed,
        in_delta.weights_already_updated,
        in_gradients.bias_missing,
        in_gradients.bias_averaged,
        in_gradients.bias_one_row,
        in_delta.wrong_activation,
        in_loss.wrong_loss,
        in_delta.leaky_slope_missing,
        in_gradients.input_for_activation,
        in_gradients.activation_for_input,
        in_gradients.row_major_unvec,
        in_gradients.last_instance_only,
        in_gradients.layers_reversed,
        in_step.weight_decay_included,
        in_step.weight_decay_doubled,
        in_step.rate_multiplied_in,
        in_gradients.layout_weights,
        in_gradients.layout_samples,
        in_step.stale_batch,
        in_step.accumulated,
        in_step.momentum_as_gradient,
    )
}

__all__ = ["MISTAKES", "Mistake", "told"]
