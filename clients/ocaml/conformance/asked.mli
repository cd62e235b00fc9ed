(** The arguments of the kit, as the client takes them. *)

open Backproof_client

type json = Yojson.Safe.t

exception Untyped
(** What the client's types do not admit: an unknown name, a field too many. The case wants it sent all the same. *)

val real : json -> json
(** [real j] is [j] with NaN and the infinities in place of their names where the entry of a matrix should be, and
    without the members that are null. *)

val member : string -> json -> json option
(** [member name j] is the member of that name, if there is one. *)

val text : json -> string
val count : json -> int
val matrix : json -> Backproof.Mat.t
val texts : json -> (string * string) list
val data : json -> Data.t
val at : json -> Choice.at
val form : json -> Choice.form
val train : Client.t -> json -> (Job.t, Client.error) result
val gradients : Client.t -> json -> (Gradients.t, Client.error) result
val predict : Client.t -> json -> (Predictions.t, Client.error) result
