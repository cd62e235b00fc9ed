open Backproof

type form = {
  gradients : Backprop.grads;
  deltas : Mat.t list;
  pre_activations : Mat.t list;
  activations : Mat.t list;
  jacobian : Backprop.jacobian list;
  route : string option;
  seconds : float option;
  predicted_bytes : int option;
  peak_bytes : int option;
  predicted_flops : int option;
}

type comparison = {
  parameter : string;
  between : string list;
  max_abs : float;
  max_rel : float;
  identical : bool;
  agree : bool;
  rounding : bool;
}

type t = {
  loss_value : float;
  agree : bool option;
  forms : (string * form) list;
  witnesses : (string * form) list;
  comparison : comparison list;
  notes : string list;
}

let witness name g = List.assoc_opt name g.witnesses
let matched g = List.assoc_opt "matched" g.forms
let vectorized g = List.assoc_opt "vectorized" g.forms

(* ---- reading *)

let layer j = Read.{ Backprop.w = need "weights" matrix j; b = opt "bias" vector j }
let layer_jacobian j = Read.{ Backprop.dw = need "weights" matrix j; db = opt "bias" matrix j }

let form j =
  let matrices name = Read.(some [] name (list matrix) j) in
  Read.
    {
      gradients = some [] "gradients" (list layer) j;
      deltas = matrices "deltas";
      pre_activations = matrices "pre_activations";
      activations = matrices "activations";
      jacobian = some [] "jacobian" (list layer_jacobian) j;
      route = opt "route" text j;
      seconds = opt "seconds" number j;
      predicted_bytes = opt "predicted_bytes" count j;
      peak_bytes = opt "peak_bytes" count j;
      predicted_flops = opt "predicted_flops" count j;
    }

let compared j =
  Read.
    {
      parameter = need "parameter" text j;
      between = need "between" (list text) j;
      max_abs = need "max_abs" number j;
      max_rel = need "max_rel" number j;
      identical = some false "identical" truth j;
      agree = need "agree" truth j;
      rounding = some false "rounding" truth j;
    }

let read j =
  Read.
    {
      loss_value = need "loss_value" number j;
      agree = opt "agree" truth j;
      forms = some [] "forms" (members form) j;
      witnesses = some [] "witnesses" (members form) j;
      comparison = some [] "comparison" (list compared) j;
      notes = some [] "notes" (list text) j;
    }
