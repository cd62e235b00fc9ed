open Backproof

type recipe = {
  sizes : int list;
  activations : [ `All of Activation.t | `Each of Activation.t list ];
  bias : bool option;
  init : Init.t option;
  seed : int option;
}

type t = Given of Network.t | Drawn of recipe

let given net = Given net

let drawn ?(activation = Activation.sigmoid) ?activations ?bias ?init ?seed sizes =
  let activations = match activations with Some each -> `Each each | None -> `All activation in
  Drawn { sizes; activations; bias; init; seed }

(* ---- names: the service would take a function of the caller's own for its own of that name *)

let own = "is a function of your own, which the service does not know. Nothing was sent."

let activation where (s : Activation.t) =
  if not (List.memq s Activation.all) then Write.unsendable where "The activation \"%s\" %s" s.name own;
  Write.text s.name

let loss (l : Loss.t) =
  if not (List.memq l Loss.all) then Write.unsendable "#/loss" "The loss \"%s\" %s" l.name own;
  Write.text l.name

(* ---- as JSON *)

let layer turned i (l : Layer.t) =
  let where = Printf.sprintf "#/network/layers/%d/activation" i in
  let w = if turned then Mat.transpose l.w else l.w in
  Write.(
    fields
      [
        ("weights", Some (matrix w));
        ("bias", Option.map vector l.b);
        ("activation", Some (activation where l.activation));
      ])

let init : Init.t -> Yojson.Safe.t =
  let of_type name numbers =
    Write.(fields (("type", Some (text name)) :: List.map (fun (name, x) -> (name, Some (number x))) numbers))
  in
  function
  | Uniform { low; high } -> of_type "uniform" [ ("low", low); ("high", high) ]
  | Normal { mean; std } -> of_type "normal" [ ("mean", mean); ("std", std) ]
  | Glorot_uniform -> of_type "glorot_uniform" []
  | He_normal -> of_type "he_normal" []
  | Zeros -> of_type "zeros" []

let names = function
  | `All s -> activation "#/network/activation" s
  | `Each each -> `List (List.mapi (fun i s -> activation (Printf.sprintf "#/network/activation/%d" i) s) each)

let recipe { sizes; activations; bias; init = how; seed } =
  Write.(
    fields
      [
        ("sizes", Some (`List (List.map count sizes)));
        ("activation", Some (names activations));
        ("bias", Option.map (fun b -> `Bool b) bias);
        ("init", Option.map init how);
        ("seed", Option.map count seed);
      ])

let json ?layout = function
  | Drawn r -> recipe r
  | Given net ->
      let turned = match layout with Some { Choice.weights = `Out_in; _ } -> true | _ -> false in
      Write.fields [ ("layers", Some (`List (List.mapi (layer turned) (Network.layers net)))) ]
