open Backproof

type t = { outputs : Mat.t; at : string option; pre_activations : Mat.t list; activations : Mat.t list }

let at : Yojson.Safe.t -> string = function `Int epoch -> string_of_int epoch | j -> Read.text j

let read j =
  Read.
    {
      outputs = need "outputs" matrix j;
      at = opt "at" at j;
      pre_activations = some [] "pre_activations" (list matrix) j;
      activations = some [] "activations" (list matrix) j;
    }
