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
  layout : Choice.layout option;
  layers : Weights.layer list;
  loss : string option;
  x : Mat.t;
  y : Mat.t;
  unshowable : hidden list;
  answers : answers option;
}

let network { layout; layers; _ } = Weights.network { job = None; at = None; epoch = None; layout; layers }

(* ---- reading *)

let hidden j = Read.{ id = need "id" text j; layer = opt "layer" count j; reason = some "" "reason" text j }

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
  let network j = Read.(need "layers" (list Weights.read_layer) j) in
  let of_data name = Read.(need "data" (need name matrix) j) in
  Read.
    {
      layout;
      layers = need "network" network j;
      loss = opt "loss" text j;
      x = of_data "x";
      y = of_data "y";
      unshowable = some [] "unshowable" (list hidden) j;
      answers = opt "answers" answers j;
    }
