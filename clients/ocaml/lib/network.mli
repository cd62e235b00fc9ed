(** Networks: layers whose sizes chain, and the forward pass. *)

type t
(** The type for networks: layers in the order of the forward pass. A network never changes. *)

type orientation = [ `In_out | `Out_in ]
(** The type for how weights lie: [`In_out] is d_in×d_out, a column a neuron; [`Out_in] is its transpose. *)

type pass = {
  z : Mat.t list;  (** Z_1 … Z_L, each N×d_l. *)
  a : Mat.t list;  (** A_0 … A_L, each N×d_l, where A_0 = X. *)
}
(** The type for what a forward pass computes. *)

(** {1 Making} *)

val create : ?activation:Activation.t -> ?activations:Activation.t list -> ?bias:bool -> ?init:Init.t -> ?seed:int -> int list -> t
(** [create [2; 2; 1]] is a network of those sizes, inputs first, with weights drawn by [init] (default
    {!Init.glorot_uniform}) from [seed] (default 0) and biases of 0, or none where [bias] is [false]. Every layer has
    [activation] (default {!Activation.sigmoid}), the last one too, unless [activations] names one for each.
    @raise Errors.Shape_mismatch unless there are two sizes, all of them positive, and one activation for each layer. *)

val make : Layer.t list -> t
(** [make layers] is the network of [layers].
    @raise Errors.Shape_mismatch where two neighbours do not chain, or a bias
    does not fit its weights. *)

val load : string -> t
(** [load file] is the network in a file of weights, as {!save} and the service write it.
    @raise Errors.Invalid_value where the file holds none.
    @raise Sys_error where it cannot be read. *)

val save : t -> string -> unit
(** [save net file] writes [net] to [file] as the wire's weights, JSON; every number reads back bit for bit. An
    activation of your own is written by its name, which {!load} does not know.
    @raise Sys_error where it cannot be written. *)

val of_json : string -> t
(** [of_json text] is the network that the JSON object [text] holds under ["layers"].
    @raise Errors.Invalid_value where it holds none. *)

val to_json : t -> string
(** [to_json net] is the JSON object [{"layers": [{"weights", "bias", "activation"}, …]}]. *)

(** {1 Looking} *)

val layers : t -> Layer.t list
(** [layers net] is the layers, first to last, with weights d_in×d_out. *)

val weights : t -> Mat.t list
(** [weights net] is copies of W_1 … W_L, as {!val-orientation} says. *)

val biases : t -> float array option list
(** [biases net] is copies of b_1 … b_L. *)

val activations : t -> Activation.t list
(** [activations net] is σ_1 … σ_L. *)

val sizes : t -> int list
(** [sizes net] is d_0 … d_L. *)

val last : t -> Activation.t
(** [last net] is σ_L. *)

val orientation : t -> orientation
(** [orientation net] is how {!weights} lie, [`In_out] unless {!oriented} said otherwise. *)

val oriented : orientation -> t -> t
(** [oriented o net] is the same network, whose {!weights} lie as [o] says. It computes the same. *)

(** {1 Computing} *)

val forward : t -> Mat.t -> pass
(** [forward net x] is Z_l = A{_l−1}W_l + 1b_lᵀ and A_l = σ_l(Z_l) for every layer, for the rows [x].
    @raise Errors.Shape_mismatch unless [x] has d_0 columns. *)

val predict : t -> Mat.t -> Mat.t
(** [predict net x] is the outputs H, N×d_L, for the rows [x].
    @raise Errors.Shape_mismatch as {!forward}. *)

(**/**)

val run : Layer.t list -> Mat.t -> pass
(** The forward pass of layers, without checks. *)

val unchecked : Layer.t list -> t
(** The network of these very layers, without checks. *)

val rows : t -> Mat.t -> Mat.t
(** The matrix, once it is known to be rows for the network. *)

val targets : t -> Mat.t -> Mat.t -> Mat.t
(** The targets, once they are known to fit the rows and the network. *)

val json : t -> Json.t
(** The object of to_json. *)
