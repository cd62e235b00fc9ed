open Backproof

let case name f = Alcotest.test_case name `Quick f
let layer ?b ?(activation = Activation.sigmoid) w = Layer.make ?b ~activation w
let shapes net = List.map (fun (l : Layer.t) -> Mat.shape l.w) (Network.layers net)

let created () =
  let net = Network.create [ 2; 3; 1 ] in
  Alcotest.(check (list (pair int int))) "shapes" [ (2, 3); (3, 1) ] (shapes net);
  Alcotest.(check (list int)) "sizes" [ 2; 3; 1 ] (Network.sizes net);
  Alcotest.(check (list (option (array (float 0.))))) "biases" [ Some [| 0.; 0.; 0. |]; Some [| 0. |] ] (Network.biases net);
  let bare = Network.create ~bias:false ~activations:Activation.[ relu; softmax ] ~init:Init.zeros [ 2; 3; 2 ] in
  Alcotest.(check (list string)) "activations" [ "relu"; "softmax" ]
    (List.map (fun (s : Activation.t) -> s.name) (Network.activations bare));
  Alcotest.(check bool) "no bias" true (List.for_all (( = ) None) (Network.biases bare))

let seeded () =
  let w seed = Mat.vec (List.hd (Network.weights (Network.create ~seed [ 3; 4 ]))) in
  Alcotest.(check (array (float 0.))) "the same seed" (w 5) (w 5);
  Alcotest.(check bool) "another" true (w 5 <> w 6)

let drawn () =
  let rng = Random.State.make [| 3 |] in
  let many init = Mat.vec (Init.draw init rng 300 200) in
  let mean v = Array.fold_left ( +. ) 0. v /. float_of_int (Array.length v) in
  let std v =
    let m = mean v in
    sqrt (mean (Array.map (fun x -> (x -. m) ** 2.) v))
  in
  let close what expected found = Alcotest.(check (float 0.02)) what expected found in
  let u = many (Init.uniform ~low:(-1.) ~high:3.) in
  close "uniform mean" 1. (mean u);
  close "uniform std" (4. /. sqrt 12.) (std u);
  let n = many (Init.normal ~mean:2. ~std:0.5) in
  close "normal mean" 2. (mean n);
  close "normal std" 0.5 (std n);
  close "he" (sqrt (2. /. 300.)) (std (many Init.he_normal));
  close "glorot" (sqrt (6. /. 500.) /. sqrt 3.) (std (many Init.glorot_uniform));
  Alcotest.(check (float 0.)) "zeros" 0. (std (many Init.zeros))

let unchanging () =
  let w = [| [| 1.; 2. |] |] in
  let net = Network.make [ layer w ] in
  w.(0).(0) <- 9.;
  (List.hd (Network.weights net)).(0).(0) <- 7.;
  Alcotest.(check (float 0.)) "still" 1. (List.hd (Network.weights net)).(0).(0)

let oriented () =
  let net = Network.create [ 2; 3 ] in
  let turned = Network.oriented `Out_in net in
  Alcotest.(check bool) "transposed" true (Mat.equal (Mat.transpose (List.hd (Network.weights net))) (List.hd (Network.weights turned)));
  let x = [| [| 1.; 2. |] |] in
  Alcotest.(check bool) "computes the same" true (Mat.equal (Network.predict net x) (Network.predict turned x))

let round_trip seed =
  let (p : Point.t) = Specimens.point seed in
  let file = Filename.temp_file "network" ".json" in
  Network.save p.net file;
  let back = Network.load file in
  Sys.remove file;
  Alcotest.(check bool) "bits" true (List.for_all2 Mat.equal (Network.weights p.net) (Network.weights back));
  Alcotest.(check bool) "biases" true (Network.biases p.net = Network.biases back);
  Alcotest.(check string) "text" (Network.to_json p.net) (Network.to_json back)

let of_the_wire () =
  let text =
    {|{"job": "job_1", "at": "latest", "epoch": 3, "layers": [{"weights": [[1, -0.0], [2.5e-3, 4]], "bias": null, "activation": "tanh"}]}|}
  in
  let net = Network.of_json text in
  Alcotest.(check bool) "weights" true (Mat.equal [| [| 1.; -0. |]; [| 0.0025; 4. |] |] (List.hd (Network.weights net)))

let bad_files () =
  let raises message text = Near.raises text message (fun () -> ignore (Network.of_json text)) in
  raises "This holds no network: it is not JSON: at byte 1 there is no JSON value." "[";
  raises "This holds no network: it has no list of layers." "{}";
  raises "layers.0.weights: there are none." {|{"layers": [{}]}|};
  raises "layers.0.weights: Row 1 has 1 numbers, row 0 has 2; all rows need the same length."
    {|{"layers": [{"weights": [[1, 2], [3]]}]}|};
  raises "layers.0.activation: there is no name." {|{"layers": [{"weights": [[1]]}]}|}

let suite =
  [
    case "create" created;
    case "seeds" seeded;
    case "initial weights" drawn;
    case "a network never changes" unchanging;
    case "out x in" oriented;
    Specimens.law "save and load, bit for bit" 1000 round_trip;
    case "the wire's weights" of_the_wire;
    case "files that hold none" bad_files;
  ]
