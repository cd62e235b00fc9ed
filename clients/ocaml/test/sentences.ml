open Backproof

let layer ?b p q = Layer.make ?b ~activation:Activation.sigmoid (Mat.make p q 0.5)
let net = Network.make [ layer 2 3; layer 3 1 ]
let gradient ~x ~y = ignore (Backprop.gradient net ~loss:Loss.half_sse ~x ~y)
let x = Mat.make 4 2 1.
let y = Mat.make 4 1 0.

let mistakes =
  [
    ("neighbours", fun () -> ignore (Network.make [ layer 2 3; layer 2 1 ]));
    ("bias", fun () -> ignore (Network.make [ layer 2 3; layer ~b:[| 1.; 2. |] 3 1 ]));
    ("no layers", fun () -> ignore (Network.make []));
    ("one size", fun () -> ignore (Network.create [ 2 ]));
    ("size zero", fun () -> ignore (Network.create [ 2; 0; 1 ]));
    ("activations", fun () -> ignore (Network.create ~activations:[ Activation.tanh ] [ 2; 2; 1 ]));
    ("features", fun () -> gradient ~x:(Mat.make 4 3 1.) ~y);
    ("targets", fun () -> gradient ~x ~y:(Mat.make 4 2 0.));
    ("rows", fun () -> gradient ~x ~y:(Mat.make 3 1 0.));
    ("ragged", fun () -> gradient ~x:[| [| 1.; 2. |]; [| 1. |] |] ~y);
    ("no rows", fun () -> gradient ~x:[||] ~y);
    ("an empty row", fun () -> gradient ~x:[| [| 1.; 2. |]; [||] |] ~y);
    ("ragged weights", fun () -> ignore (Layer.make ~activation:Activation.tanh [| [| 1. |]; [| 1.; 2. |] |]));
  ]

let said (name, f) =
  match f () with
  | () -> failwith (name ^ ": nothing was raised")
  | exception Errors.Shape_mismatch s -> (name, Json.String s)

let () = print_endline (Json.to_string (Json.Object (List.map said mistakes)))
