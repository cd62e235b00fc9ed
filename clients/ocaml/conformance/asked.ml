open Backproof
open Backproof_client

type json = Yojson.Safe.t

exception Untyped

(* ---- the real thing *)

let matrices = [ "x"; "y"; "weights"; "bias"; "loss_value"; "pre_activations"; "activations"; "deltas" ]

let rec entry : json -> json = function
  | `String "NaN" -> `Float Float.nan
  | `String "Infinity" -> `Float Float.infinity
  | `String "-Infinity" -> `Float Float.neg_infinity
  | `List l -> `List (List.map entry l)
  | j -> real j

and real : json -> json = function
  | `Assoc l ->
      let given = List.filter (fun (_, j) -> j <> `Null) l in
      `Assoc (List.map (fun (name, j) -> (name, if List.mem name matrices then entry j else real j)) given)
  | `List l -> `List (List.map real l)
  | j -> j

(* ---- values *)

let member name : json -> json option = function `Assoc l -> List.assoc_opt name l | _ -> raise Untyped
let need name j = match member name j with Some found -> found | None -> raise Untyped
let opt name read j = Option.map read (member name j)
let text : json -> string = function `String s -> s | _ -> raise Untyped
let count : json -> int = function `Int n -> n | _ -> raise Untyped
let truth : json -> bool = function `Bool b -> b | _ -> raise Untyped
let number : json -> float = function `Int n -> float_of_int n | `Float x -> x | _ -> raise Untyped
let list read : json -> 'a list = function `List l -> List.map read l | _ -> raise Untyped
let vector j = Array.of_list (list number j)

let matrix j =
  match Mat.check (Array.of_list (list vector j)) with m -> m | exception Errors.Shape_mismatch _ -> raise Untyped

let texts : json -> (string * string) list = function
  | `Assoc l -> List.map (fun (name, j) -> (name, text j)) l
  | _ -> raise Untyped

let one_of choices j = match List.assoc_opt (text j) choices with Some chosen -> chosen | None -> raise Untyped

(* No field may be lost on the way into a type. *)
let only names : json -> unit = function
  | `Assoc l -> if not (List.for_all (fun (name, _) -> List.mem name names) l) then raise Untyped
  | _ -> raise Untyped

let range j = match list count j with [ start; stop ] -> (start, stop) | _ -> raise Untyped

(* ---- choices *)

let forms : (string * Choice.form) list = [ ("matched", `Matched); ("vectorized", `Vectorized) ]
let form = one_of forms
let training_form j : Choice.training_form = if j = `String "both" then `Both else (form j :> Choice.training_form)
let route : json -> Choice.route = one_of [ ("auto", `Auto); ("dense", `Dense); ("row", `Row); ("jacobian", `Jacobian) ]
let dtype : json -> Choice.dtype = one_of [ ("float64", `Float64); ("float32", `Float32) ]

let witness : json -> Choice.witness =
  one_of [ ("complex_step", `Complex_step); ("central_difference", `Central_difference) ]

let layer_parts : (string * Choice.layer_part) list =
  [ ("activations", `Activations); ("pre_activations", `Pre_activations) ]

let parts : (string * Choice.part) list =
  [
    ("gradients", `Gradients);
    ("deltas", `Deltas);
    ("jacobian", `Jacobian);
    ("activations", `Activations);
    ("pre_activations", `Pre_activations);
  ]

let at : json -> Choice.at = function
  | `String "latest" -> `Latest
  | `String "best" -> `Best
  | `String epoch -> ( match int_of_string_opt epoch with Some n -> `Epoch n | None -> raise Untyped)
  | j -> `Epoch (count j)

(* ---- networks, data, optimizers *)

let activation j = match Activation.named (text j) with s -> s | exception Errors.Unknown_name _ -> raise Untyped
let loss j = match Loss.named (text j) with l -> l | exception Errors.Unknown_name _ -> raise Untyped

let layer ?(turned = Fun.id) j =
  only [ "weights"; "bias"; "activation" ] j;
  let b = opt "bias" vector j and activation = activation (need "activation" j) in
  match Layer.make ?b ~activation (turned (matrix (need "weights" j))) with
  | layer -> layer
  | exception (Errors.Invalid_value _ | Errors.Shape_mismatch _) -> raise Untyped

let made layers = match Network.make layers with net -> net | exception Errors.Shape_mismatch _ -> raise Untyped

let weights_layout : json -> _ = one_of [ ("in_out", `In_out); ("out_in", `Out_in) ]
let samples_layout : json -> _ = one_of [ ("rows", `Rows); ("columns", `Columns) ]

(* Both, since a layout of the client's type says both *)
let layout j =
  only [ "weights"; "samples" ] j;
  { Choice.weights = weights_layout (need "weights" j); samples = samples_layout (need "samples" j) }

let init j =
  let number name = number (need name j) in
  match text (need "type" j) with
  | "uniform" -> Init.Uniform { low = number "low"; high = number "high" }
  | "normal" -> Init.Normal { mean = number "mean"; std = number "std" }
  | "glorot_uniform" -> Init.Glorot_uniform
  | "he_normal" -> Init.He_normal
  | "zeros" -> Init.Zeros
  | _ -> raise Untyped

let recipe j =
  only [ "sizes"; "activation"; "bias"; "init"; "seed" ] j;
  let activations =
    match need "activation" j with `List l -> `Each (List.map activation l) | one -> `All (activation one)
  in
  Net.Drawn
    {
      sizes = list count (need "sizes" j);
      activations;
      bias = opt "bias" truth j;
      init = opt "init" init j;
      seed = opt "seed" count j;
    }

let net j =
  match member "layers" j with
  | Some layers ->
      only [ "layers" ] j;
      Net.given (made (list (layer ?turned:None) layers))
  | None -> recipe j

let data j =
  only [ "x"; "y"; "labels"; "dataset"; "rows" ] j;
  match (member "x" j, member "y" j, member "labels" j, member "dataset" j) with
  | Some x, Some y, None, None -> Data.rows ~x:(matrix x) ~y:(matrix y)
  | Some x, None, Some labels, None -> Data.labelled ~x:(matrix x) ~labels:(Array.of_list (list count labels))
  | None, None, None, Some id -> Data.stored ?rows:(opt "rows" range j) (text id)
  | _ -> raise Untyped

let schedule j =
  match text (need "type" j) with
  | "constant" -> Optimizer.Constant
  | "step" -> Step { every = count (need "every" j); factor = number (need "factor" j) }
  | "cosine" -> Cosine { floor = opt "floor" number j }
  | _ -> raise Untyped

let optimizer j =
  only [ "type"; "learning_rate"; "momentum"; "beta1"; "beta2"; "epsilon"; "weight_decay"; "schedule" ] j;
  let number_of name = opt name number j in
  let rate = number (need "learning_rate" j) and weight_decay = number_of "weight_decay" in
  let schedule = opt "schedule" schedule j and momentum = number_of "momentum" in
  match text (need "type" j) with
  | "sgd" -> Optimizer.sgd ?weight_decay ?schedule rate
  | "momentum" -> Optimizer.momentum ?momentum ?weight_decay ?schedule rate
  | "nesterov" -> Optimizer.nesterov ?momentum ?weight_decay ?schedule rate
  | "adam" ->
      let beta1 = number_of "beta1" and beta2 = number_of "beta2" and epsilon = number_of "epsilon" in
      Optimizer.adam ?beta1 ?beta2 ?epsilon ?weight_decay ?schedule rate
  | _ -> raise Untyped

let validation j =
  match member "share" j with Some share -> `Share (number share) | None -> `Data (data (need "data" j))

let patience j = count (need "patience" j)

(* ---- the calls: typed where the types admit what is asked *)

let typed call raw = match call () with call -> call () | exception Untyped -> raw ()

let train c j =
  typed
    (fun () ->
      only
        [
          "network"; "loss"; "optimizer"; "data"; "epochs"; "batch_size"; "seed"; "form"; "route"; "dtype";
          "validation"; "early_stopping"; "labels";
        ]
        j;
      let net = net (need "network" j) and loss = loss (need "loss" j) and data = data (need "data" j) in
      let optimizer = optimizer (need "optimizer" j) and epochs = count (need "epochs" j) in
      let batch_size = opt "batch_size" count j and seed = opt "seed" count j and form = opt "form" training_form j in
      let route = opt "route" route j and dtype = opt "dtype" dtype j and labels = opt "labels" texts j in
      let validation = opt "validation" validation j and patience = opt "early_stopping" patience j in
      fun () ->
        Client.train ?batch_size ?seed ?form ?route ?dtype ?validation ?patience ?labels c net ~loss ~optimizer ~data
          ~epochs)
    (fun () -> Client.submit c j)

let gradients c j =
  typed
    (fun () ->
      only [ "network"; "loss"; "data"; "forms"; "route"; "dtype"; "witnesses"; "include" ] j;
      let net = net (need "network" j) and loss = loss (need "loss" j) and data = data (need "data" j) in
      let forms = opt "forms" (list form) j and route = opt "route" route j and dtype = opt "dtype" dtype j in
      let witnesses = opt "witnesses" (list witness) j and include_ = opt "include" (list (one_of parts)) j in
      fun () -> Client.gradients ?forms ?route ?dtype ?witnesses ?include_ c net ~loss ~data)
    (fun () -> Client.compare c j)

(* ---- gradients of the caller's own: what is null for one layer is left to JSON *)

let grad j : Backprop.grad =
  only [ "weights"; "bias" ] j;
  { w = matrix (need "weights" j); b = opt "bias" vector j }

let grads = list grad
let matrices_of_layers = list (function `Null -> None | j -> Some (matrix j))

let previous j =
  only [ "data"; "gradients"; "velocity" ] j;
  Previous.make ?data:(opt "data" data j) ?gradients:(opt "gradients" grads j) ?velocity:(opt "velocity" grads j) ()

(* A local network is one whose weights lie d_in×d_out. *)
let local layout j =
  only [ "layers" ] j;
  let turned = match layout with Some { Choice.weights = `Out_in; _ } -> Mat.transpose | _ -> Fun.id in
  match member "layers" j with Some layers -> made (list (layer ~turned) layers) | None -> raise Untyped

let check c j =
  typed
    (fun () ->
      only
        [
          "network"; "loss"; "data"; "dtype"; "layout"; "loss_value"; "pre_activations"; "activations"; "deltas";
          "gradients"; "updated_weights"; "learning_rate"; "weight_decay"; "momentum"; "previous";
        ]
        j;
      let layout = opt "layout" layout j and dtype = opt "dtype" dtype j and loss = loss (need "loss" j) in
      let net = local layout (need "network" j) in
      let x, y = match data (need "data" j) with Rows { x; y } -> (x, y) | _ -> raise Untyped in
      let number_of name = opt name number j and matrices name = opt name matrices_of_layers j in
      let loss_value = number_of "loss_value" and learning_rate = number_of "learning_rate" in
      let weight_decay = number_of "weight_decay" and momentum = number_of "momentum" in
      let pre_activations = matrices "pre_activations" and activations = matrices "activations" in
      let deltas = matrices "deltas" and updated_weights = opt "updated_weights" grads j in
      let previous = opt "previous" previous j and grads = Option.value (opt "gradients" grads j) ~default:[] in
      fun () ->
        Client.check ?dtype ?layout ?loss_value ?pre_activations ?activations ?deltas ?updated_weights ?learning_rate
          ?weight_decay ?momentum ?previous c net ~loss ~grads ~x ~y)
    (fun () -> Client.check_json c j)

let point c j =
  only [ "network"; "loss"; "seed"; "layout" ] j;
  let layout = opt "layout" layout j and loss = loss (need "loss" j) in
  let network = need "network" j in
  let net = if member "layers" network = None then net network else Net.given (local layout network) in
  Client.point ?layout ?seed:(opt "seed" count j) c net ~loss

let derive c j =
  typed
    (fun () ->
      only [ "network"; "loss"; "parameter"; "data" ] j;
      let net = net (need "network" j) and loss = loss (need "loss" j) and parameter = text (need "parameter" j) in
      let data = opt "data" data j in
      fun () -> Client.derive ?data c net ~loss ~parameter)
    (fun () -> Client.derive_json c j)

let predict c j =
  typed
    (fun () ->
      only [ "network"; "x"; "dtype"; "include" ] j;
      let net = net (need "network" j) and x = matrix (need "x" j) in
      let dtype = opt "dtype" dtype j and include_ = opt "include" (list (one_of layer_parts)) j in
      fun () -> Client.predict ?dtype ?include_ c net x)
    (fun () -> Client.outputs c j)
