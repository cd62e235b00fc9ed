(** The local API over HTTP: what is written against [Backprop.S] and [Train.S] runs here and on a service unchanged.

    What the local functions refuse is refused with the same exception, mostly before anything is sent:
    [Shape_mismatch], [Inadmissible_pair], [Invalid_value], [Too_large_for_form], and [Non_finite_loss] for a run that
    diverged. Anything else that fails raises {!Client.Failed}: no service, a loss or activation of your own, which the
    service does not know, or numbers in the data that are not finite, which are not sent. The service has its own
    memory budget. *)

open Backproof

(** What a service offers. *)
module type S = sig
  module Backprop : Backprop.S
  (** Gradients by the service. [Vectorized] lets the service choose its route; [numeric] is the complex step, whose
      gradient is as good as rounding allows and needs no step size. *)

  module Train : Train.S
  (** Training by the service, as a job. [fit ~on_epoch] is told the epochs when the job has ended, in order: each one
      up to the 20,000 rows that the service keeps of a run, and of longer runs as many as it keeps. An exception that
      ends the waiting leaves the job running. *)
end

module Make (_ : sig
  val client : Client.t
  (** [client] is what asks the service. *)
end) : S
(** The local API by a client. *)

val of_client : Client.t -> (module S)
(** [of_client c] is [Make] of [c]. *)
