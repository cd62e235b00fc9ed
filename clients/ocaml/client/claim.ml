open Backproof

type json = Write.json

let number x : json =
  if Float.is_finite x then Write.number x
  else Write.text (if Float.is_nan x then "NaN" else if x > 0. then "Infinity" else "-Infinity")

let vector = Write.listed number
let matrix (m : Mat.t) = Write.listed vector m
let list write l : json = `List (List.map write l)
let matrices = list (function None -> `Null | Some m -> matrix m)

let layer (g : Backprop.grad) =
  Write.fields [ ("weights", Some (matrix g.w)); ("bias", Option.map vector g.b) ]

let layers = list layer

let previous ({ data; gradients; velocity } : Previous.t) =
  Write.fields
    [
      ("data", Option.map Data.json data);
      ("gradients", Option.map layers gradients);
      ("velocity", Option.map layers velocity);
    ]

(* ---- what was written by hand *)

let judged = [ "loss_value"; "pre_activations"; "activations"; "deltas"; "gradients"; "updated_weights"; "velocity" ]

let rec words : json -> json = function
  | `Float x -> number x
  | `List l -> `List (List.map words l)
  | `Assoc l -> `Assoc (List.map (fun (name, j) -> (name, words j)) l)
  | j -> j

let rec named : json -> json = function
  | `Assoc l ->
      let member (name, j) =
        (name, if List.mem name judged then words j else if name = "previous" then named j else j)
      in
      `Assoc (List.map member l)
  | j -> j
