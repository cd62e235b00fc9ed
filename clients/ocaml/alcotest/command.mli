(** Commands of other programs, asked something in bounded time. *)

val find : string -> string option
(** [find name] is the path of the command [name], if PATH leads to one. *)

val output : seconds:float -> string -> string list -> (int * string) option
(** [output ~seconds program arguments] is the exit code of [program] and what it wrote to standard output, without a
    shell, without input and without a word of its on standard error; [None] where it could not be started, was killed,
    or has not ended after so many seconds: then it is ended. *)
