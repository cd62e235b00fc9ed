(** Training by gradient descent. *)

(** What can be asked of a way to train: here, or of a service by [Backproof_client.Remote]. *)
module type S = sig
  val step : ?form:Backprop.form -> ?rate:float -> Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> Network.t
  (** [step net ~loss ~x ~y] is [net] after one update on all rows, W − rate·∂loss/∂W. [rate] defaults to 1, the
      article's, [form] to [Matched]. It raises what [Backprop.gradient] raises. *)

  val fit :
    ?form:Backprop.form ->
    ?rate:float ->
    ?batch_size:int ->
    ?seed:int ->
    ?on_epoch:(epoch:int -> loss:float -> unit) ->
    epochs:int ->
    Network.t ->
    loss:Loss.t ->
    x:Mat.t ->
    y:Mat.t ->
    Network.t
  (** [fit ~epochs net ~loss ~x ~y] is [net] after [epochs] passes over the rows. Without [batch_size] an epoch is one
      update on all rows in order; with it, a permutation drawn from [seed] (default 0) is cut into batches, the short
      last one kept. [on_epoch] is told each epoch, from 1, with the loss seen before its updates. From given weights
      and without [batch_size] every way gives the same numbers up to rounding; permutations differ from the service's.
      It raises what [Backprop.gradient] raises.
      @raise Errors.Invalid_value unless [epochs], [rate] and [batch_size] are positive and fit the rows.
      @raise Errors.Non_finite_loss where the loss stops being a finite number. *)
end

include S
