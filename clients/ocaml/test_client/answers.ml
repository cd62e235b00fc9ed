(* How answers are read, and what is none. *)

open Backproof_client
open Expect
module Gen = QCheck2.Gen

let same_bits a b = Int64.equal (Int64.bits_of_float a) (Int64.bits_of_float b)

let after text part =
  let n = String.length part in
  let rec from i = if String.sub text i n = part then i + n else from (i + 1) in
  from 0

(* A transport that gives the rows of a request back as outputs, as they stand in the text. *)
let echo (r : Transport.request) =
  let body = Option.get r.body in
  let from = after body {|"x":|} in
  let rows = String.sub body from (String.length body - from) in
  Stub.json (Printf.sprintf {|{"object": "predictions", "outputs": %s|} rows)

let awkward =
  [
    0.; -0.; 1.; -3.; 5e-324; -5e-324; 2.2250738585072014e-308; 1.7976931348623157e308; 0.1; 1e22; 1e23;
    9007199254740993.; 4611686018427387904.; -1e19; 123456789012345678.;
  ]

let any_finite =
  let of_bits bits =
    let v = Int64.float_of_bits bits in
    if Float.is_finite v then v else 0.1
  in
  Gen.(oneof [ map of_bits int64; float; oneofl awkward ])

let round_trip row =
  let stub = Stub.computing echo in
  let back = (ok (Client.predict stub.client drawn [| row |])).outputs in
  Array.for_all2 same_bits row back.(0)

let outputs text =
  let stub = Stub.answering [ Stub.json (Printf.sprintf {|{"outputs": [[%s]]}|} text) ] in
  Result.map (fun (p : Predictions.t) -> p.outputs.(0)) (Client.predict stub.client drawn x)

let numbers () =
  let reads text expected =
    let found = ok (outputs text) in
    that text (same_bits found.(0) expected || (Float.is_nan expected && Float.is_nan found.(0)))
  in
  reads "1" 1.;
  reads "-3" (-3.);
  reads "1E+2" 100.;
  reads "-0.0" (-0.);
  reads "4.9e-324" 5e-324;
  reads "2.4703282292062327e-324" 0.;
  reads "1.7976931348623157e308" max_float;
  reads "1e400" Float.infinity;
  reads "-1e400" Float.neg_infinity;
  reads "9007199254740993" 9007199254740992.;
  reads "4611686018427387904" 0x1p62;
  reads "123456789012345678901234567890" 123456789012345678901234567890.;
  reads "-99999999999999999999" (-1e20);
  reads {|"NaN"|} Float.nan;
  reads {|"Infinity"|} Float.infinity;
  reads {|"-Infinity"|} Float.neg_infinity;
  List.iter (fun text -> error "unexpected" (outputs text)) [ {|"1"|}; "true"; "null"; "[1]"; "{}"; "1], [1, 2"; "" ]

let counts () =
  let rows text =
    let stub = Stub.answering [ Stub.json (Printf.sprintf {|{"id": "d", "rows": %s, "features": 1}|} text) ] in
    Result.map (fun (d : Dataset.t) -> d.rows) (Client.dataset stub.client "d")
  in
  let reads text expected = Alcotest.(check int) text expected (ok (rows text)) in
  reads "5000000000" 5_000_000_000;
  reads "2.0" 2;
  reads "99999999999999999999" max_int;
  reads "-1e300" min_int;
  reads "1e999" max_int;
  List.iter (fun text -> error "unexpected" (rows text)) [ "1.5"; {|"1"|}; "null"; {|"NaN"|} ]

(* ---- a job, and what a newer service may make of it *)

let read_job text =
  let stub = Stub.answering [ Stub.json text ] in
  Client.job stub.client "job_1"

(* The text with a member that goes by another name. *)
let renamed name text =
  let n = after text (Printf.sprintf {|"%s":|} name) in
  String.sub text 0 (n - 2) ^ "_" ^ String.sub text (n - 2) (String.length text - n + 2)

let derivation () =
  let stub = Stub.answering [ Stub.json derived ] in
  let d = ok (Client.derive stub.client drawn ~loss ~parameter:"layers.0.weights") in
  Alcotest.(check (pair bool (option int))) "the whole" (true, Some 4) (d.equal, d.rows_used);
  Alcotest.(check (list (pair string int))) "sizes" [ ("N", 4); ("d", 2) ] d.sizes;
  Alcotest.(check (list (pair string string))) "symbols" [ ("Z₁", "X W₁") ] d.definitions;
  that "the tree"
    (d.start.term
    = { id = 1; op = "Scale"; shape = (Named "N·o", Known 1); name = None; factor = Some "1/N";
        args =
          [ { id = 2; op = "Sym"; shape = (Named "N·o", Known 1); name = Some "A"; factor = None; args = [] } ] });
  that "the step" (List.map (fun (s : Derivation.step) -> (s.factor, s.shape)) d.steps = [ ("I", (Named "N·o", Known 4)) ]);
  (match d.lines with
  | [ one; two ] ->
      that "a line"
        (one.made.text = "B" && one.lemma = Some "D" && one.group = 2 && one.moved = [ (2, 3) ]
        && Float.is_nan (Option.get one.residual));
      that "what it changed" ((Option.get one.changed).after = [ 3; 4 ] && (Option.get one.changed).text = "⟦B⟧");
      that "a line of a newer service"
        (two.lemma = None && two.changed = None && two.residual = None && two.stage = "chain" && two.mismatches_mod_p = 7)
  | _ -> Alcotest.fail "there are two lines");
  that "facts" (List.map (fun (f : Derivation.fact) -> f.holds) d.facts = [ Some false; None ]);
  Alcotest.(check string) "the end" "C" d.result.text;
  List.iter
    (fun name ->
      let stub = Stub.answering [ Stub.json (renamed name derived) ] in
      error "unexpected" (Client.derive stub.client drawn ~loss ~parameter:"layers.0.weights"))
    [ "parameter"; "equal"; "start"; "steps"; "lines"; "reason"; "mathml"; "term"; "shape"; "mismatches_mod_p" ]

let newer () =
  let more = {|"novelty": [1, {"a": null}], "progress": {"epoch": 3, "epochs": 9, "moons": 2},
               "metrics": {"loss": "NaN", "accuracy": null, "other": 1},|} in
  let job = ok (read_job (Stub.job ~more "hibernating")) in
  that "its state" (job.state = Other "hibernating");
  Alcotest.(check string) "its epoch" " at epoch 3 of 9" (Job.at_epoch job);
  that "a loss" (Float.is_nan (Option.get (List.assoc "loss" job.metrics)));
  that "no accuracy" (List.assoc "accuracy" job.metrics = None);
  let job = ok (read_job (Stub.job ~kind:"derivation" "succeeded")) in
  that "a result of another kind" (match job.result with Some (Unread _) -> true | _ -> false);
  that "labels" (job.labels = [ ("a", "b") ])

(* ---- what is no answer *)

let bomb n = String.concat "" (List.init n (fun _ -> {|{"a":[|}))

let no_answers () =
  let unreadable text = error "unexpected" (read_job text) in
  List.iter unreadable
    [
      ""; " \n"; "<html><body>Log in</body></html>"; "{"; "[]"; "null"; "42"; {|"job"|}; "{}"; {|{"id": "j"}|};
      {|{"id": 1, "kind": "train", "state": "queued"}|}; {|{"id": "j", "kind": "train", "state": null}|};
      {|{"id": "j", "kind": "train", "state": "failed", "error": 5}|}; {|{"id": "\ud800", "kind": 1}|};
      {|{"id": "j", "kind": "train", "state": "queued"} x|}; "\xff\xfe"; bomb 300; bomb 500_000;
      String.make 3_000_000 '['; String.concat "" (List.init 600 (fun _ -> "[")) ^ String.make 600 ']';
    ];
  let stub = Stub.answering [ Stub.json {|{"columns": ["epoch", "loss"], "rows": [[1]]}|} ] in
  error "unexpected" (Client.metrics stub.client "j")

(* Known before it is read: not every platform makes an exception of a stack that is used up. *)
let too_deep () =
  match read_job (String.make 513 '[' ^ String.make 513 ']') with
  | Error e -> that "counted" (Faults.contains (Client.message e) "nests more than 512")
  | Ok _ -> Alcotest.fail "a list is no job"

let deep_text_is_no_depth () =
  let labels = Printf.sprintf {|"labels": {"a": "%s\\\""},|} (String.make 2000 '[') in
  let text = Printf.sprintf {|{%s "id": "j", "kind": "train", "state": "queued"}|} labels in
  Alcotest.(check int) "a label" 2002 (String.length (List.assoc "a" (ok (read_job text)).labels))

let statuses () =
  let status ?headers n body expected =
    let stub = Stub.answering ~retries:0 [ Stub.json ~status:n ?headers body ] in
    error expected (Client.job stub.client "j");
    Alcotest.(check int) "asked once" 1 (List.length (stub.sent ()))
  in
  status 500 "<html>Proxy</html>" "refused 500";
  status 502 "" "refused 502";
  status 500 {|{"error": "boom", "code": 17}|} "refused 500";
  status 404 {|{"detail": "Not Found"}|} "refused 404";
  status 404 {|{"detail": "None.", "title": "T", "status": 404, "code": "not_found"}|} "problem 404 not_found";
  status 422 (bomb 500_000) "refused 422";
  status 302 ~headers:[ ("location", "http://elsewhere/") ] "" "unexpected";
  status 304 "" "unexpected";
  status 100 "" "unexpected"

let a_problem () =
  let text =
    {|{"type": "urn:x", "title": "T", "status": 422, "code": "too_large_for_form", "detail": "Zu groß ∇.",
       "request_id": "req_1", "predicted_bytes": 9007199254740993, "fits": ["row"],
       "errors": [{"pointer": "#/forms", "detail": "here"}, {"parameter": "limit", "detail": "there"},
                  {"detail": "?"}]}|}
  in
  let stub = Stub.answering [ Stub.json ~status:422 text ] in
  match gradients stub.client with
  | Error (Problem { problem = p; asked; retry_after = None }) ->
      Alcotest.(check string) "asked" "POST http://stub:1/gradients" asked;
      Alcotest.(check (list string)) "places" [ "#/forms"; "limit"; "" ] (List.map Problem.where p.errors);
      Alcotest.(check string) "words" "Zu groß ∇. (#/forms: here) (limit: there) (?)" (Problem.message p);
      Alcotest.(check (option int)) "bytes" (Some 9007199254740993) (Problem.extra_count "predicted_bytes" p);
      Alcotest.(check (option string)) "id" (Some "req_1") p.request_id
  | _ -> Alcotest.fail "no problem"

(* A good answer that is cut anywhere is none, and one that is damaged anywhere is read or is none. *)
let good = Stub.(job ~more:(epoch 3) "succeeded")
let cut n = match read_job (String.sub good 0 n) with Error (Unexpected _) -> true | _ -> false

let damaged (at, c) =
  let text = String.mapi (fun i old -> if i = at then c else old) good in
  match read_job text with Ok _ | Error (Unexpected _) -> true | Error _ -> false

let of_good = Gen.int_bound (String.length good - 1)

let failed () =
  match Client.ok (read_job "") with
  | exception (Client.Failed (Unexpected _) as e) ->
      that "printed" (Faults.contains (Printexc.to_string e) "GET http://stub:1/jobs/job_1")
  | _ -> Alcotest.fail "nothing was raised"

let cases =
  [
    law ~count:2000 "every float64 goes there and back" Gen.(array_size (int_range 1 5) any_finite) round_trip;
    case "numbers" numbers;
    case "counts" counts;
    case "a derivation" derivation;
    case "what a newer service says" newer;
    case "what is no answer" no_answers;
    case "what nests too deeply" too_deep;
    case "brackets in a string" deep_text_is_no_depth;
    case "refusals that are no problems" statuses;
    case "a problem" a_problem;
    law "a cut answer" of_good cut;
    law ~count:1000 "a damaged answer" Gen.(pair of_good char) damaged;
    case "what ok raises" failed;
  ]
