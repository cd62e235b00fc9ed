(** The time, and how it passes. A test brings its own. *)

type t = {
  now : unit -> float;  (** [now ()] is the time in seconds since 1970. *)
  sleep : float -> unit;  (** [sleep s] returns after [s] seconds. *)
}
(** The type for clocks. *)

val system : t
(** [system] is the clock of the machine. *)
