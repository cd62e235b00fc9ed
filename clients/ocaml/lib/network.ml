type orientation = [ `In_out | `Out_in ]
type t = { layers : Layer.t list; orientation : orientation }
type pass = { z : Mat.t list; a : Mat.t list }

(* ---- making *)

let unchecked layers = { layers; orientation = `In_out }

let check_chain l below above =
  let said (layer : Layer.t) i = Printf.sprintf "%s is %d×%d" (Names.parameter i "weights") (Layer.d_in layer) (Layer.d_out layer) in
  if Layer.d_in above <> Layer.d_out below then
    Errors.shape "%s, but %s has %d outputs; W%s needs %d rows." (said above l)
      (Names.parameter (l - 1) "weights")
      (Layer.d_out below)
      (Names.subscript (l + 1))
      (Layer.d_out below)

let rec check_chains l = function
  | below :: (above :: _ as rest) ->
      check_chain l below above;
      check_chains (l + 1) rest
  | _ -> ()

let make layers =
  if layers = [] then Errors.shape "This has 0 entries; it needs at least 1.";
  check_chains 1 layers;
  List.iteri Layer.check_bias layers;
  unchecked layers

let list_of sizes = "[" ^ String.concat ", " (List.map string_of_int sizes) ^ "]"

let check_sizes sizes =
  if List.length sizes < 2 then Errors.shape "This has %d entries; it needs at least 2." (List.length sizes);
  List.iter (fun d -> if d < 1 then Errors.shape "This is %d; it must be at least 1." d) sizes

let one_for_each activation activations sizes =
  let n = List.length sizes - 1 in
  match activations with
  | None -> List.init n (fun _ -> activation)
  | Some given when List.length given = n -> given
  | Some given ->
      Errors.shape "There are %d activations for %d layers (sizes %s); give one name for all, or a list of %d."
        (List.length given) n (list_of sizes) n

let rec drawn rng init bias sizes activations =
  match (sizes, activations) with
  | m :: (n :: _ as rest), activation :: others ->
      let w = Init.draw init rng m n in
      let layer = Layer.make ?b:(if bias then Some (Array.make n 0.) else None) ~activation w in
      layer :: drawn rng init bias rest others
  | _ -> []

let create ?(activation = Activation.sigmoid) ?activations ?(bias = true) ?(init = Init.glorot_uniform) ?(seed = 0) sizes =
  check_sizes sizes;
  unchecked (drawn (Random.State.make [| seed |]) init bias sizes (one_for_each activation activations sizes))

(* ---- looking *)

let layers net = net.layers
let sizes net = Layer.d_in (List.hd net.layers) :: List.map Layer.d_out net.layers
let activations net = List.map (fun (l : Layer.t) -> l.activation) net.layers
let last net = List.nth (activations net) (List.length net.layers - 1)
let biases net = List.map (fun (l : Layer.t) -> Option.map Array.copy l.b) net.layers
let orientation net = net.orientation
let oriented orientation net = { net with orientation }

let weights net =
  let as_oriented = match net.orientation with `In_out -> Mat.copy | `Out_in -> Mat.transpose in
  List.map (fun (l : Layer.t) -> as_oriented l.w) net.layers

(* ---- computing *)

let run layers x =
  let step (z, a) (layer : Layer.t) =
    let z_l = Layer.affine layer (List.hd a) in
    (z_l :: z, Activation.apply layer.activation z_l :: a)
  in
  let z, a = List.fold_left step ([], [ x ]) layers in
  { z = List.rev z; a = List.rev a }

let columns name what needed m =
  if Mat.cols (Mat.check m) <> needed then
    Errors.shape "%s has %d columns (%s) and the network needs %d." name (Mat.cols m) what needed;
  m

let rows net x = columns "x" "features" (Layer.d_in (List.hd net.layers)) x

let targets net x y =
  let y = columns "y" "targets" (Layer.d_out (List.nth net.layers (List.length net.layers - 1))) y in
  if Mat.rows x <> Mat.rows y then
    Errors.shape "x has %d rows and y has %d; give one target for each row of x." (Mat.rows x) (Mat.rows y);
  y

let forward net x = run net.layers (rows net x)
let predict net x = List.nth (forward net x).a (List.length net.layers)

(* ---- weights on the wire *)

let json_of_layer (l : Layer.t) =
  let b = match l.b with None -> Json.Null | Some b -> Json.vector b in
  Json.(Object [ ("weights", matrix l.w); ("bias", b); ("activation", String l.activation.name) ])

let json net = Json.(Object [ ("layers", List (List.map json_of_layer net.layers)) ])
let to_json net = Json.to_string (json net)

let read place = function
  | Ok found -> found
  | Error message -> Errors.value "layers.%s: %s" place message

let layer_of_json l j =
  let place field = Printf.sprintf "%d.%s" l field in
  let w =
    match Json.member "weights" j with
    | Some w -> read (place "weights") (Json.to_matrix w)
    | None -> read (place "weights") (Error "there are none.")
  in
  let b =
    match Json.member "bias" j with
    | None | Some Json.Null -> None
    | Some b -> Some (read (place "bias") (Json.to_vector b))
  in
  match Json.member "activation" j with
  | Some (Json.String name) -> Layer.make ?b ~activation:(Activation.named name) w
  | _ -> read (place "activation") (Error "there is no name.")

let of_json text =
  match Json.of_string text with
  | Error message -> Errors.value "This holds no network: it is %s." message
  | Ok j -> (
      match Json.member "layers" j with
      | Some (Json.List layers) -> make (List.mapi layer_of_json layers)
      | _ -> Errors.value "This holds no network: it has no list of layers.")

let with_file opened closed file f =
  let channel = opened file in
  Fun.protect ~finally:(fun () -> closed channel) (fun () -> f channel)

let save net file = with_file open_out_bin close_out file (fun out -> output_string out (to_json net ^ "\n"))
let load file = of_json (with_file open_in_bin close_in file (fun c -> really_input_string c (in_channel_length c)))
