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

(** {1 Values}, each {!Untyped} where the JSON is another *)

val text : json -> string
(** [text j] is the string [j]. *)

val count : json -> int
(** [count j] is the integer [j]. *)

val matrix : json -> Backproof.Mat.t
(** [matrix j] is the matrix with the rows [j]. *)

val texts : json -> (string * string) list
(** [texts j] is the members of [j], all strings. *)

val data : json -> Data.t
(** [data j] is the data [j]. *)

val at : json -> Choice.at
(** [at j] is the time of a run, as a string or a number. *)

val form : json -> Choice.form
(** [form j] is the form of that name. *)

(** {1 Calls}, typed where the types admit what is asked, else as JSON *)

val train : Client.t -> json -> (Job.t, Client.error) result
(** [train c j] is {!Client.train} with the fields of [j]. *)

val gradients : Client.t -> json -> (Gradients.t, Client.error) result
(** [gradients c j] is {!Client.gradients} with the fields of [j]. *)

val check : Client.t -> json -> (Gradient_report.t, Client.error) result
(** [check c j] is {!Client.check} with the fields of [j]. *)

val point : Client.t -> json -> (Test_point.t, Client.error) result
(** [point c j] is {!Client.point} with the fields of [j]; {!Untyped} where those are others. *)

val derive : Client.t -> json -> (Derivation.t, Client.error) result
(** [derive c j] is {!Client.derive} with the fields of [j]. *)

val predict : Client.t -> json -> (Predictions.t, Client.error) result
(** [predict c j] is {!Client.predict} with the fields of [j]. *)
