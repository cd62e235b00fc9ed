open Backproof

type layer = { w : Mat.t; b : float array option; activation : string }
type t = { job : string option; at : string option; epoch : int option; layout : Choice.layout option; layers : layer list }

let layer { w; b; activation } = Layer.make ?b ~activation:(Activation.named activation) w

let network found =
  let turned l = match found.layout with Some { weights = `Out_in; _ } -> { l with w = Mat.transpose l.w } | _ -> l in
  Network.make (List.map (fun l -> layer (turned l)) found.layers)

let read_layer j =
  Read.{ w = need "weights" matrix j; b = opt "bias" vector j; activation = need "activation" text j }

let at : Yojson.Safe.t -> string = function `Int epoch -> string_of_int epoch | j -> Read.text j

let read j =
  Read.
    {
      job = opt "job" text j;
      at = opt "at" at j;
      epoch = opt "epoch" count j;
      layout = Choice.layout_of j;
      layers = need "layers" (list read_layer) j;
    }
