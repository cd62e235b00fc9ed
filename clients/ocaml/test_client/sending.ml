(* What requests look like. *)

open Backproof
open Backproof_client
open Expect

let sent (stub : Stub.t) = List.hd (stub.sent ())
let body (r : Transport.request) = Yojson.Safe.from_string (Option.get r.body)

let is_json what expected found =
  Alcotest.(check string) what Yojson.Safe.(to_string (from_string expected)) (Yojson.Safe.to_string found)

let queued = Stub.(json ~status:202 (job "queued"))

let least () =
  let stub = Stub.answering [ queued ] in
  ignore (ok (train stub.client));
  let r = sent stub in
  Alcotest.(check string) "url" "http://stub:1/train" r.url;
  Alcotest.(check (option string)) "type" (Some "application/json") (List.assoc_opt "Content-Type" r.headers);
  that "once" r.once;
  is_json "only what was given"
    {|{"network": {"sizes": [2, 1], "activation": "sigmoid"}, "loss": "half_sse",
       "optimizer": {"type": "sgd", "learning_rate": 1.0},
       "data": {"x": [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], "y": [[0.0], [1.0], [1.0], [0.0]]},
       "epochs": 1}|}
    (body r)

let everything () =
  let stub = Stub.answering [ queued ] in
  let init = Init.normal ~mean:0. ~std:0.5 and schedule = Optimizer.Step { every = 3; factor = 0.5 } in
  let net = Net.drawn ~activations:Activation.[ tanh; softmax ] ~bias:false ~init ~seed:9 [ 2; 2; 2 ] in
  let optimizer = Optimizer.adam 0.1 ~beta1:0.8 ~epsilon:1e-7 ~weight_decay:0.5 ~schedule in
  let data = Data.labelled ~x:[| [| 1.; 2. |] |] ~labels:[| 1 |] in
  let layout = { Choice.weights = `Out_in; samples = `Columns } in
  ignore
    (ok
       (Client.train stub.client net ~loss:Loss.cross_entropy ~optimizer ~data ~epochs:5 ~batch_size:2 ~seed:3
          ~form:`Both ~route:`Row ~dtype:`Float32
          ~validation:(`Data (Data.stored "sha256:00" ~rows:(0, 8)))
          ~patience:4 ~labels:[ ("exp", "a") ] ~layout));
  is_json "all fields"
    {|{"network": {"sizes": [2, 2, 2], "activation": ["tanh", "softmax"], "bias": false,
                   "init": {"type": "normal", "mean": 0.0, "std": 0.5}, "seed": 9},
       "loss": "cross_entropy",
       "optimizer": {"type": "adam", "learning_rate": 0.1, "beta1": 0.8, "epsilon": 1e-07, "weight_decay": 0.5,
                     "schedule": {"type": "step", "every": 3, "factor": 0.5}},
       "data": {"x": [[1.0, 2.0]], "labels": [1]}, "epochs": 5, "batch_size": 2, "seed": 3, "form": "both",
       "route": "row", "dtype": "float32", "validation": {"data": {"dataset": "sha256:00", "rows": [0, 8]}},
       "early_stopping": {"patience": 4}, "labels": {"exp": "a"},
       "layout": {"weights": "out_in", "samples": "columns"}}|}
    (body (sent stub))

let gradients () =
  let stub = Stub.answering [ Stub.json found ] in
  let net = Network.make [ Layer.make ~b:[| 0.5 |] ~activation:Activation.relu [| [| 1. |]; [| -0. |] |] ] in
  ignore
    (ok
       (Client.gradients stub.client (Net.given net) ~loss:Loss.mse ~data:(Data.stored "sha256:00") ~dtype:`Float64
          ~forms:[ `Vectorized ] ~route:`Auto ~witnesses:[ `Complex_step ] ~include_:[ `Deltas; `Jacobian ]));
  is_json "all fields"
    {|{"network": {"layers": [{"weights": [[1.0], [-0.0]], "bias": [0.5], "activation": "relu"}]}, "loss": "mse",
       "data": {"dataset": "sha256:00"}, "forms": ["vectorized"], "route": "auto", "dtype": "float64",
       "witnesses": ["complex_step"], "include": ["deltas", "jacobian"]}|}
    (body (sent stub))

let derive () =
  let stub = Stub.answering [ Stub.json derived; Stub.json derived ] in
  let net = Net.drawn ~bias:false [ 2; 1 ] and parameter = "layers.0.weights" in
  ignore (ok (Client.derive stub.client net ~loss:Loss.mse ~parameter ~data:(Data.stored "sha256:00" ~rows:(0, 8))));
  let r = sent stub in
  Alcotest.(check string) "url" "http://stub:1/derivations" r.url;
  that "may be asked again" (not r.once);
  is_json "all fields"
    {|{"network": {"sizes": [2, 1], "activation": "sigmoid", "bias": false}, "loss": "mse",
       "parameter": "layers.0.weights", "data": {"dataset": "sha256:00", "rows": [0, 8]}}|}
    (body r);
  let raw = `Assoc [ ("parameter", `String "layers.9.hue") ] in
  let stub = Stub.answering [ Stub.json derived ] in
  ignore (ok (Client.derive_json stub.client raw));
  is_json "as it is" {|{"parameter": "layers.9.hue"}|} (body (sent stub))

let turned () =
  let stub = Stub.answering [ Stub.json found ] in
  let net = Network.make [ Layer.make ~activation:Activation.relu [| [| 1. |]; [| 2. |] |] ] in
  let layout = { Choice.weights = `Out_in; samples = `Rows } in
  ignore (ok (Client.gradients stub.client (Net.given net) ~loss ~data:xor ~layout));
  let layers = Yojson.Safe.Util.(body (sent stub) |> member "network" |> member "layers") in
  is_json "turned" {|[{"weights": [[1.0, 2.0]], "activation": "relu"}]|} layers

let addresses () =
  let job = Stub.(json (job "running")) and page = Stub.json {|{"object": "list", "data": [], "next": null}|} in
  let url answer f =
    let stub = Stub.answering [ answer ] in
    ignore (f stub.client);
    let r = sent stub in
    r.meth ^ " " ^ r.url
  in
  let check expected found = Alcotest.(check string) "address" expected found in
  check "GET http://stub:1/jobs/a%2Fb%20%C3%A9:1" (url job (fun c -> Client.job c "a/b é:1"));
  check "POST http://stub:1/jobs/j/cancel" (url job (fun c -> Client.cancel c "j"));
  check "DELETE http://stub:1/jobs/j" (url (Stub.json ~status:204 "") (fun c -> Client.delete_job c "j"));
  check "GET http://stub:1/jobs/j/weights?at=0&form=vectorized"
    (url job (fun c -> Client.weights c "j" ~at:(`Epoch 0) ~form:`Vectorized));
  check "GET http://stub:1/jobs/j/metrics?max_points=5" (url job (fun c -> Client.metrics c "j" ~max_points:5));
  check "GET http://stub:1/datasets/sha256:00?include=data"
    (url job (fun c -> Client.dataset c "sha256:00" ~include_data:true));
  check "GET http://stub:1/jobs?state=failed&kind=train&limit=3&label.a%26b=%3D%2B%20"
    (url page (fun c -> Client.jobs c ~state:Failed ~kind:"train" ~limit:3 ~labels:[ ("a&b", "=+ ") ]))

(* ---- what is refused before it is sent *)

let nothing_is_sent () =
  let refused expected f =
    let stub = Stub.computing (fun _ -> Alcotest.fail "something was sent") in
    error expected (f stub.client)
  in
  let bad v = Data.rows ~x:[| [| 0.; 1. |]; [| 2.; v |] |] ~y in
  List.iter
    (fun v ->
      refused "invalid #/data/x/1/1" (fun c -> Client.gradients c drawn ~loss ~data:(bad v));
      refused "invalid #/data/x/1/1" (fun c ->
          Client.derive c drawn ~loss ~parameter:"layers.0.weights" ~data:(bad v));
      refused "invalid #/x/1/1" (fun c -> Client.upload c (bad v));
      refused "invalid #/x/0/0" (fun c -> Client.job_predict c "j" (`Rows [| [| v |] |]));
      refused "invalid #/x/0/0" (fun c -> Client.predict c drawn [| [| v |] |]);
      refused "invalid #/optimizer/learning_rate" (fun c ->
          Client.train c drawn ~loss ~optimizer:(Optimizer.sgd v) ~data:xor ~epochs:1);
      refused "invalid #/validation/data/y/0/0" (fun c ->
          let validation = `Data (Data.rows ~x:[| [| 1. |] |] ~y:[| [| v |] |]) in
          Client.train c drawn ~loss ~optimizer:(Optimizer.sgd 1.) ~data:xor ~epochs:1 ~validation))
    [ Float.nan; Float.infinity; Float.neg_infinity ];
  refused "invalid #/a~1b/~0" (fun c -> Client.submit c (`Assoc [ ("a/b", `Assoc [ ("~", `Float Float.nan) ]) ]));
  List.iter (fun id -> refused "invalid id" (fun c -> Client.job c id)) [ ""; "."; ".." ];
  refused "invalid id" (fun c -> Client.cancel c "");
  refused "invalid id" (fun c -> Client.dataset c "");
  refused "invalid data" (fun c -> Client.upload c (Data.stored "sha256:00"));
  refused "invalid /no/such/file.csv" (fun c -> Client.upload_csv_file c "/no/such/file.csv");
  refused "invalid /" (fun c -> Client.upload_csv_file c "/");
  let own = Activation.elementwise ~name:"tanh" ~df:(fun _ _ -> 1.) Fun.id in
  let layer = Layer.make ~activation:own [| [| 1. |] |] in
  refused "invalid #/network/layers/0/activation" (fun c -> Client.predict c (Net.given (Network.make [ layer ])) x);
  refused "invalid #/network/activation" (fun c -> Client.predict c (Net.drawn ~activation:own [ 2; 1 ]) x);
  refused "invalid #/loss" (fun c -> Client.gradients c drawn ~loss:(Loss.linear x) ~data:xor)

let wrong_urls () =
  let refused url =
    let transport _ = Alcotest.failf "%s was asked" url in
    error "invalid url" (Client.job (Client.create ~transport ~url ()) "j")
  in
  List.iter refused
    [
      "localhost:8000"; "ftp://host"; "http://"; "http:///path"; "http://host:port"; "http://host:99999";
      "http://ho st"; "http://host?a=b"; "http://host#a"; "http://host\n"; "file:///etc/passwd"; "http://[::1";
      "http://:80"; "x"; "";
    ];
  let asked = ref "" in
  let transport (r : Transport.request) = asked := r.url; Stub.(json (job "queued")) in
  let asks expected url =
    ignore (ok (Client.job (Client.create ~transport ?url ()) "j"));
    Alcotest.(check string) "address" expected !asked
  in
  asks "http://[::1]:80/v1/jobs/j" (Some "http://[::1]:80/v1//");
  asks "HTTPS://u:p@host/jobs/j" (Some "HTTPS://u:p@host/");
  Unix.putenv "BACKPROOF_URL" "http://there:5";
  asks "http://there:5/jobs/j" None;
  Unix.putenv "BACKPROOF_URL" "";
  asks "http://127.0.0.1:8000/jobs/j" None

let csv () =
  let stub = Stub.answering [ Stub.json {|{"id": "sha256:00", "rows": 1, "features": 1}|} ] in
  let text = "a,y\n1,2\r\n" in
  ignore (ok (Client.upload_csv stub.client text));
  let r = sent stub in
  Alcotest.(check (option string)) "type" (Some "text/csv") (List.assoc_opt "Content-Type" r.headers);
  Alcotest.(check (option string)) "as it is" (Some text) r.body

let source () =
  let headers = [ ("content-type", "text/x-ocaml; charset=utf-8") ] in
  let stub = Stub.answering [ Stub.json ~headers "let predict = ()"; Stub.json "{}" ] in
  Alcotest.(check string) "text" "let predict = ()" (ok (Client.weights_source stub.client "j"));
  Alcotest.(check (option string)) "accept" (Some "text/x-ocaml") (List.assoc_opt "Accept" (sent stub).headers);
  error "unexpected" (Client.weights_source stub.client "j")

let cases =
  [
    case "the least that trains" least;
    case "every field of /train" everything;
    case "every field of /gradients" gradients;
    case "every field of /derivations" derive;
    case "weights turned for a layout" turned;
    case "addresses" addresses;
    case "what is refused before it is sent" nothing_is_sent;
    case "addresses that are none" wrong_urls;
    case "CSV" csv;
    case "OCaml source" source;
  ]
