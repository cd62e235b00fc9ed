(** What can be chosen in requests, by name. *)

type form = [ `Matched | `Vectorized ]
(** The type for the forms of backpropagation. *)

type training_form = [ form | `Both ]
(** The type for the form that trains; [`Both] trains one twin by each. *)

type route = [ `Auto | `Dense | `Row | `Jacobian ]
(** The type for how the vectorised form is evaluated. *)

type dtype = [ `Float64 | `Float32 ]
(** The type for the floating-point type that everything is computed in. *)

type witness = [ `Complex_step | `Central_difference ]
(** The type for gradients found without backpropagation. *)

type part = [ `Gradients | `Deltas | `Activations | `Pre_activations | `Jacobian ]
(** The type for what each form's part of an answer holds. *)

type layer_part = [ `Activations | `Pre_activations ]
(** The type for what stands beside outputs. *)

type at = [ `Latest | `Best | `Epoch of int ]
(** The type for a time of a run; [`Epoch 0] is before training. *)

type layout = { weights : [ `In_out | `Out_in ]; samples : [ `Rows | `Columns ] }
(** The type for how matrices lie in a request and its answer. A local network is turned as [weights] says; rows and
    targets are sent as they are given. *)

val form : Backproof.Backprop.form -> form
(** [form f] is [f] under its name here. *)

(**/**)

val form_name : [< training_form ] -> string
val route_name : [< route ] -> string
val dtype_name : [< dtype ] -> string
val witness_name : [< witness ] -> string
val part_name : [< part ] -> string
val at_name : at -> string
val layout_json : layout -> Yojson.Safe.t

val layout_of : Yojson.Safe.t -> layout option
(** The layout that a request says; whether it is one is for the service to say. *)
