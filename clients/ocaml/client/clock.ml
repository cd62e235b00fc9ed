type t = { now : unit -> float; sleep : float -> unit }

let system = { now = Unix.gettimeofday; sleep = Unix.sleepf }
