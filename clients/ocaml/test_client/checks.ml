(* Gradients of your own, judged by a service: what is sent, and how its report is read and shown. *)

open Backproof
open Backproof_client
open Expect
open Gradient_report

let wrong_softmax =
  {|{"object": "gradient_report", "verdict": "wrong", "summary": "W₁ is wrong: the softmax has a wrong sign.",
     "hue": 1, "dtype": "float64", "dtype_inferred": true,
     "parameters": [{"parameter": "layers.0.weights", "layer": 0, "verdict": "wrong", "relative_error": 0.5,
                     "tolerance": 1e-15, "worst": {"index": [1, 0], "yours": "NaN", "ours": -0.25}, "ratio": 2,
                     "cosine": 0.5, "pattern": "every entry", "follows": "layers.0", "hue": 2}],
     "blocks": [{"quantity": "loss_value", "parameter": "", "layer": null, "verdict": "right", "relative_error": 0,
                 "tolerance": 1e-15},
                {"quantity": "deltas", "parameter": "layers.0", "layer": 0, "verdict": "wrong", "relative_error": null,
                 "tolerance": 1e-15, "pattern": "its shape is 2×3"},
                {"quantity": "updated_weights", "parameter": "layers.0.bias", "layer": 0, "verdict": "right",
                 "relative_error": 1e-16, "tolerance": 1e-15}],
     "first_wrong": {"layer": 0, "quantity": "deltas", "parameter": "layers.0"},
     "diagnosis": [{"mistakes": [{"id": "softmax_sign", "layer": 0, "layers": [0], "cause": "Off its diagonal −pᵢpⱼ.",
                                  "question": "Which sign?", "mend": {"numpy": "p*(M-s)", "ocaml": "let d =\n  p"},
                                  "detail": "", "value": null},
                                 {"id": "factor_extra", "layer": null, "layers": [], "cause": "A factor.",
                                  "question": "?", "mend": {"numpy": "g", "ocaml": "g"}, "detail": "2", "value": 2}],
                    "residual": 1e-16},
                   {"mistakes": [{"id": "unheard_of", "cause": "c", "question": "q",
                                  "mend": {"numpy": "n", "ocaml": "o"}}], "residual": "NaN"}],
     "blindness": [{"id": "bias_one_row", "layer": 0, "reason": "There is one row."}],
     "better_point": {"network": {"layers": [{"weights": [[1, 2]], "bias": [0.5, 1], "activation": "softmax"}]},
                      "data": {"x": [[1]], "y": [[0, 1]]},
                      "unshowable": [{"id": "layers_reversed", "layer": null, "reason": "There is one layer."}]},
     "witnesses": [{"name": "complex_step", "relative_error": 1e-16, "agrees": true},
                   {"name": "other", "relative_error": 0}],
     "notes": ["2 entries sit on a ReLU kink"]}|}

let right = {|{"verdict": "right", "summary": "Right.", "parameters": [], "diagnosis": []}|}
let net = Network.make [ Layer.make ~b:[| 0.5; 1. |] ~activation:Activation.softmax [| [| 1.; 2. |] |] ]
let loss = Loss.cross_entropy
let x = [| [| 1. |] |]
let y = [| [| 0.; 1. |] |]
let grads : Backprop.grads = [ { w = [| [| 0.25; -0.25 |] |]; b = None } ]
let check ?layout (stub : Stub.t) = Client.check ?layout stub.client net ~loss ~grads ~x ~y
let body (stub : Stub.t) = Yojson.Safe.from_string (Option.get (List.hd (stub.sent ())).body)

let is_json what expected found =
  Alcotest.(check string) what Yojson.Safe.(to_string (from_string expected)) (Yojson.Safe.to_string found)

(* ---- what is sent *)

let least () =
  let stub = Stub.answering [ Stub.json right ] in
  ignore (ok (check stub));
  Alcotest.(check string) "url" "http://stub:1/gradients/check" (List.hd (stub.sent ())).url;
  is_json "only what was given"
    {|{"network": {"layers": [{"weights": [[1.0, 2.0]], "bias": [0.5, 1.0], "activation": "softmax"}]},
       "loss": "cross_entropy", "data": {"x": [[1.0]], "y": [[0.0, 1.0]]}, "gradients": [{"weights": [[0.25, -0.25]]}]}|}
    (body stub)

let everything () =
  let stub = Stub.answering [ Stub.json right ] in
  let nan = Float.nan and layout = { Choice.weights = `Out_in; samples = `Columns } in
  let grads : Backprop.grads = [ { w = [| [| nan; 1. |] |]; b = Some [| Float.infinity; Float.neg_infinity |] } ] in
  let previous = Previous.make ~data:(Data.rows ~x ~y) ~gradients:grads ~velocity:grads () in
  ignore
    (ok
       (Client.check stub.client net ~loss ~grads ~x ~y:[| [| 0. |]; [| 1. |] |] ~dtype:`Float32 ~layout ~loss_value:nan
          ~pre_activations:[ Some [| [| nan |] |] ]
          ~activations:[ None ] ~deltas:[ None ] ~updated_weights:grads ~learning_rate:0.5 ~weight_decay:0.25
          ~momentum:0.75 ~previous));
  let mine = {|[{"weights": [["NaN", 1.0]], "bias": ["Infinity", "-Infinity"]}]|} in
  is_json "all fields"
    (Printf.sprintf
       {|{"network": {"layers": [{"weights": [[1.0], [2.0]], "bias": [0.5, 1.0], "activation": "softmax"}]},
          "loss": "cross_entropy", "data": {"x": [[1.0]], "y": [[0.0], [1.0]]}, "dtype": "float32",
          "layout": {"weights": "out_in", "samples": "columns"}, "loss_value": "NaN", "pre_activations": [[["NaN"]]],
          "activations": [null], "deltas": [null], "gradients": %s, "updated_weights": %s, "learning_rate": 0.5,
          "weight_decay": 0.25, "momentum": 0.75,
          "previous": {"data": {"x": [[1.0]], "y": [[0.0, 1.0]]}, "gradients": %s, "velocity": %s}}|}
       mine mine mine mine)
    (body stub)

let no_gradients () =
  let stub = Stub.answering [ Stub.json right ] in
  ignore (ok (Client.check stub.client net ~loss ~grads:[] ~x ~y ~loss_value:0.5));
  that "none are sent" (Yojson.Safe.Util.member "gradients" (body stub) = `Null)

let by_hand () =
  let stub = Stub.answering [ Stub.json right ] in
  let previous = `Assoc [ ("velocity", `Float Float.infinity) ] in
  let json = `Assoc [ ("deltas", `List [ `Float Float.nan; `Null ]); ("previous", previous) ] in
  ignore (ok (Client.check_json stub.client json));
  is_json "by name" {|{"deltas": ["NaN", null], "previous": {"velocity": "Infinity"}}|} (body stub);
  let stub = Stub.computing (fun _ -> Alcotest.fail "something was sent") in
  error "invalid #/data/x" (Client.check_json stub.client (`Assoc [ ("data", `Assoc [ ("x", `Float Float.nan) ]) ]))

let nothing_is_sent () =
  let refused expected f =
    let stub = Stub.computing (fun _ -> Alcotest.fail "something was sent") in
    error expected (f stub.client)
  in
  let nan = Float.nan in
  refused "invalid #/data/y/0/1" (fun c -> Client.check c net ~loss ~grads ~x ~y:[| [| 0.; nan |] |]);
  refused "invalid #/learning_rate" (fun c -> Client.check c net ~loss ~grads ~x ~y ~learning_rate:nan);
  refused "invalid #/loss" (fun c -> Client.check c net ~loss:(Loss.linear x) ~grads ~x ~y);
  let own = Activation.elementwise ~name:"tanh" ~df:(fun _ _ -> 1.) Fun.id in
  let net = Network.make [ Layer.make ~activation:own [| [| 1. |] |] ] in
  refused "invalid #/network/layers/0/activation" (fun c -> Client.check c net ~loss ~grads ~x ~y)

(* ---- how the report is read *)

let report ?layout text = check ?layout (Stub.answering [ Stub.json text ])

let all_of_it () =
  let r = ok (report wrong_softmax) in
  that "the verdict" (r.verdict = Wrong && not (agrees r));
  Alcotest.(check (list string)) "the mistakes" [ "softmax_sign"; "factor_extra" ] (mistakes r);
  that "the precision" (r.dtype = Some "float64" && r.dtype_inferred);
  that "the first" (r.first_wrong = Some { layer = Some 0; quantity = "deltas"; parameter = "layers.0" });
  (match r.parameters with
  | [ { worst = Some w; _ } as b ] ->
      that "the worst" (w.index = [ 1; 0 ] && Float.is_nan w.yours && w.ours = -0.25);
      that "the block" (b.quantity = "gradients" && b.follows = Some "layers.0");
      that "its numbers" (b.ratio = Some 2. && b.cosine = Some 0.5)
  | _ -> Alcotest.fail "there is one gradient");
  let quantities = List.map (fun (b : block) -> b.quantity) (judged r) in
  Alcotest.(check (list string)) "in order" [ "loss_value"; "deltas"; "gradients"; "updated_weights" ] quantities;
  (match r.diagnosis with
  | [ { mistakes = [ one; two ]; residual }; { mistakes = [ other ]; _ } ] ->
      that "a mistake" (one.layers = [ 0 ] && one.value = None && residual = 1e-16 && one.mend.ocaml = "let d =\n  p");
      that "its number" (two.value = Some 2. && two.layer = None);
      that "of another service" (other.layers = [] && other.detail = "")
  | _ -> Alcotest.fail "there are two explanations");
  that "what is hidden" (List.map (fun (h : Test_point.hidden) -> h.id) r.blindness = [ "bias_one_row" ]);
  let p = Option.get r.better_point in
  that "the better point" (Network.to_json (Test_point.network p) = Network.to_json net && p.y = y);
  that "what none shows" ((List.hd p.unshowable).layer = None);
  that "witnesses" (List.map (fun (w : witness) -> w.agrees) r.witnesses = [ Some true; None ])

let least_of_it () =
  let r = ok (report right) in
  that "right" (agrees r && mistakes r = [] && r.first_wrong = None && r.better_point = None && r.dtype = None);
  Alcotest.(check string) "in words" "Right." (to_string r)

let turned_back () =
  let layout = { Choice.weights = `Out_in; samples = `Rows } in
  let p = Option.get (ok (report ~layout wrong_softmax)).better_point in
  that "as it came" ((List.hd p.layers).w = [| [| 1.; 2. |] |]);
  let p = { p with layers = List.map (fun (l : Weights.layer) -> { l with b = None }) p.layers } in
  that "turned" (Network.weights (Test_point.network p) = [ [| [| 1. |]; [| 2. |] |] ])

let renamed name =
  let from = Printf.sprintf {|"%s":|} name and n = String.length wrong_softmax in
  let k = String.length from in
  let rec at i = if String.sub wrong_softmax i k = from then i else at (i + 1) in
  let i = at 0 in
  String.sub wrong_softmax 0 i ^ {|"_|} ^ String.sub wrong_softmax (i + 1) (n - i - 1)

let no_report () =
  List.iter
    (fun name -> error "unexpected" (report (renamed name)))
    [
      "verdict"; "summary"; "parameter"; "index"; "yours"; "mistakes"; "id"; "network"; "weights"; "data"; "x"; "name";
    ];
  List.iter
    (fun text -> error "unexpected" (report text))
    [
      ""; "[]"; "{}"; "<html>"; {|{"verdict": "sure", "summary": "", "parameters": [], "diagnosis": []}|};
      {|{"verdict": true, "summary": "", "parameters": [], "diagnosis": []}|};
      {|{"verdict": "right", "summary": "", "parameters": {}, "diagnosis": []}|};
      String.sub wrong_softmax 0 (String.length wrong_softmax / 2);
    ]

(* A newer service may leave out what it finds no use for. *)
let what_may_be_missing () =
  List.iter
    (fun name -> ignore (ok (report (renamed name))))
    [
      "dtype"; "parameters"; "tolerance"; "worst"; "blocks"; "first_wrong"; "diagnosis"; "cause"; "question"; "mend";
      "ocaml"; "residual"; "blindness"; "reason"; "better_point"; "unshowable"; "witnesses"; "notes";
    ]

let good_point =
  {|{"object": "point", "network": {"layers": [{"weights": [[1, 2]], "activation": "softmax"}]}, "loss": "cross_entropy",
     "data": {"x": [[1]], "y": [[0, 1]]}, "unshowable": [],
     "answers": {"loss_value": 0.5, "gradients": [{"weights": [[0.25, -0.25]], "bias": null}], "deltas": [[[1, 2]]]}}|}

let points () =
  let stub = Stub.answering [ Stub.json good_point ] in
  let p = ok (Client.point stub.client (Net.drawn ~activation:Activation.softmax [ 1; 2 ]) ~loss ~seed:3) in
  Alcotest.(check string) "url" "http://stub:1/points" (List.hd (stub.sent ())).url;
  is_json "all fields" {|{"network": {"sizes": [1, 2], "activation": "softmax"}, "loss": "cross_entropy", "seed": 3}|}
    (body stub);
  let answers = Option.get p.answers in
  that "its answers" (answers.gradients = grads && answers.loss_value = 0.5 && answers.activations = []);
  that "its loss" (p.loss = Some "cross_entropy" && List.length answers.deltas = 1)

let refusals () =
  let stub = Stub.answering ~retries:0 [ Stub.problem 422 "shape_mismatch" "W has 2 rows." ] in
  error "problem 422 shape_mismatch" (check stub)

(* ---- how it is shown *)

let columns line =
  let begins c = Char.code c land 0xc0 <> 0x80 in
  String.fold_left (fun n c -> if begins c then n + 1 else n) 0 line

let fits_a_screen what text =
  let lines = String.split_on_char '\n' text in
  if List.length lines > 25 then Alcotest.failf "%s has %d lines:\n%s" what (List.length lines) text;
  match List.find_opt (fun line -> columns line > 80) lines with
  | None -> ()
  | Some line -> Alcotest.failf "%s is too wide: %s" what line

let shown () =
  let text = to_string (ok (report wrong_softmax)) in
  Alcotest.(check string)
    "in words"
    {|W₁ is wrong: the softmax has a wrong sign.
            rel. error  tolerance  worst             yours          ours
  delta1             -      1e-15  -                     -             - WRONG
  W1               0.5      1e-15  (1,0)               nan         -0.25 follows
  loss               0      1e-15  -                     -             -
  new b1         1e-16      1e-15  -                     -             -
first   delta1 is wrong first, in the order of computing.
why     Off its diagonal −pᵢpⱼ. (softmax_sign)
mend    let d =
          p
why     A factor. (factor_extra: 2)
mend    g
or      unheard_of
note    2 entries sit on a ReLU kink
hidden  bias_one_row would not show here. The report holds a better point.|}
    text;
  Alcotest.(check string) "printed" text (Format.asprintf "%a" pp (ok (report wrong_softmax)))

(* A report of anything: more of everything than a screen holds, words without end, signs of two and three bytes *)
let overlong n =
  let r = ok (report wrong_softmax) in
  let word = String.concat "" (List.init (n * 7) (fun i -> if i mod 3 = 0 then "δ" else "₂")) in
  let many v = List.init n (fun _ -> v) in
  let of_mistake (m : mistake) = { m with cause = word ^ " " ^ word; mend = { m.mend with ocaml = word ^ "\n\n" ^ word } } in
  let explanation e = { e with mistakes = List.map of_mistake e.mistakes } in
  {
    r with
    summary = String.concat " " (many word);
    blocks = List.concat (many r.blocks);
    diagnosis = List.concat (many (List.map explanation r.diagnosis));
    notes = many (word ^ "\027[2J\n" ^ word);
  }

(* No character is cut in two: each has as many further bytes as its first announces *)
let is_whole text =
  let further c = if c < '\xc0' then 0 else if c < '\xe0' then 1 else if c < '\xf0' then 2 else 3 in
  let next left c = if Char.code c land 0xc0 = 0x80 then left - 1 else if left = 0 then further c else -99 in
  String.fold_left next 0 text = 0

let overlong_ones () =
  List.iter
    (fun n ->
      let text = to_string (overlong n) in
      fits_a_screen (Printf.sprintf "a report of %d" n) text;
      that "no escapes" (not (String.contains text '\027'));
      that "UTF-8" (is_whole text))
    [ 1; 2; 5; 40 ]

let unsure () =
  let text = {|{"verdict": "cannot_judge", "summary": "Our ways differ.", "parameters": [], "diagnosis": []}|} in
  Alcotest.(check string) "in words" "Our ways differ." (to_string (ok (report text)));
  let text = {|{"verdict": "wrong", "summary": "It is.", "parameters": [], "diagnosis": []}|} in
  Alcotest.(check string)
    "no guess" "It is.\nwhy     No mistake that is known here gives these numbers."
    (to_string (ok (report text)))

let cases =
  [
    case "the least that is judged" least;
    case "every field of /gradients/check" everything;
    case "a loss alone" no_gradients;
    case "an object written by hand" by_hand;
    case "what is refused before it is sent" nothing_is_sent;
    case "a report" all_of_it;
    case "the least of a report" least_of_it;
    case "a better point turned back" turned_back;
    case "what is no report" no_report;
    case "what may be missing" what_may_be_missing;
    case "a point" points;
    case "a refusal" refusals;
    case "a report in words" shown;
    case "a report longer than a screen" overlong_ones;
    case "a report without a cause" unsure;
  ]
