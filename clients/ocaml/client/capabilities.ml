type t = {
  activations : string list;
  losses : string list;
  admissible_pairs : (string * string) list;
  optimizers : string list;
  schedules : string list;
  inits : string list;
  forms : string list;
  routes : string list;
  limits : (string * float) list;
  versions : (string * string) list;
}

let pair : Yojson.Safe.t -> string * string = function
  | `List [ `String loss; `String activation ] -> (loss, activation)
  | j -> Read.(need "loss" text j, need "activation" text j)

(* Of these members a newer service may have some that are no numbers, or no strings: those are left out. *)
let only read (j : Yojson.Safe.t) =
  let known (name, j) = match read j with v -> Some (name, v) | exception Read.Bad _ -> None in
  List.filter_map known (Read.members Read.any j)

let read j =
  let names name = Read.(some [] name (list text) j) in
  {
    activations = Read.(need "activations" (list text) j);
    losses = Read.(need "losses" (list text) j);
    admissible_pairs = Read.(some [] "admissible_pairs" (list pair) j);
    optimizers = names "optimizers";
    schedules = names "schedules";
    inits = names "inits";
    forms = names "forms";
    routes = names "routes";
    limits = Read.(some [] "limits" (only number) j);
    versions = Read.(some [] "versions" (only text) j);
  }
