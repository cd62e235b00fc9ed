open Backproof

type hidden = { id : string; layer : int option; reason : string }

type answers = {
  loss_value : float;
  pre_activations : Mat.t list;
  activations : Mat.t list;
  deltas : Mat.t list;
  gradients : Backprop.grads;
}

type t = {
  layers : Weights.layer list;
  loss : string option;
  x : Mat.t;
  y : Mat.t;
  unshowable : hidden list;
  answers : answers option;
}

let network p = Network.make (List.map Weights.layer p.layers)

(* ---- reading *)

let hidden j = Read.{ id = need "id" text j; layer = opt "layer" count j; reason = some "" "reason" text j }

(* Weights that lie out×in are turned, so that layers are what they are everywhere *)
let layer layout j =
  let read = Weights.read_layer j in
  match layout with
  | Some { Choice.weights = `Out_in; _ } -> { read with w = Mat.transpose read.w }
  | _ -> read

let answers j =
  let matrices name = Read.(some [] name (list matrix) j) in
  Read.
    {
      loss_value = need "loss_value" number j;
      pre_activations = matrices "pre_activations";
      activations = matrices "activations";
      deltas = matrices "deltas";
      gradients = some [] "gradients" (list Gradients.layer) j;
    }

let read ?layout j =
  let network j = Read.(need "layers" (list (layer layout)) j) in
  let of_data name = Read.(need "data" (need name matrix) j) in
  Read.
    {
      layers = need "network" network j;
      loss = opt "loss" text j;
      x = of_data "x";
      y = of_data "y";
      unshowable = some [] "unshowable" (list hidden) j;
      answers = opt "answers" answers j;
    }
