(* The driver of the conformance kit: one call, read from standard input. See clients/conformance/README.md. *)

open Backproof_client

let need name j = match Asked.member name j with Some found -> found | None -> failwith ("there is no " ^ name)
let opt name read j = Option.map read (Asked.member name j)

let number : Yojson.Safe.t -> float = function
  | `Int n -> float_of_int n
  | `Float x -> x
  | _ -> failwith "that is no number"

(* A job that ended badly is what wait was to find. *)
let wait c timeout id =
  match Client.wait ?timeout c id with
  | Error (Job_failed job | Job_cancelled job | Job_rests job) -> Ok job
  | outcome -> outcome

let jobs c j =
  let state = opt "state" (fun s -> Job.state_named (Asked.text s)) j and kind = opt "kind" Asked.text j in
  Client.jobs ?state ?kind ?labels:(opt "labels" Asked.texts j) ?limit:(opt "limit" Asked.count j) c

let upload c j =
  match Asked.member "csv" j with
  | Some csv -> Client.upload_csv c (Asked.text csv)
  | None -> Client.upload c (Asked.data j)

let dataset c id j =
  let include_data = match Asked.member "include" j with Some (`List l) -> List.mem (`String "data") l | _ -> false in
  Client.dataset ~include_data c id

let predict c j =
  match Asked.member "id" j with
  | None -> Asked.predict c j
  | Some id ->
      let rows =
        match Asked.member "dataset" j with
        | Some stored -> `Stored (Asked.text stored, None)
        | None -> `Rows (Asked.matrix (need "x" j))
      in
      Client.job_predict ?at:(opt "at" Asked.at j) c (Asked.text id) rows

let made c call timeout j =
  let id () = Asked.text (need "id" j) in
  let told write outcome = Result.map write outcome in
  match call with
  | "capabilities" -> told Told.capabilities (Client.capabilities c)
  | "gradients" -> told Told.gradients (Asked.gradients c j)
  | "check" -> told Told.report (Asked.check c j)
  | "point" -> told Told.point (Asked.point c j)
  | "derive" -> told Told.derivation (Asked.derive c j)
  | "train" -> told Told.job (Asked.train c j)
  | "wait" -> told Told.job (wait c timeout (id ()))
  | "job" -> told Told.job (Client.job c (id ()))
  | "jobs" -> told (fun jobs -> `List (List.map Told.job jobs)) (jobs c j)
  | "weights" ->
      told Told.weights (Client.weights ?at:(opt "at" Asked.at j) ?form:(opt "form" Asked.form j) c (id ()))
  | "metrics" -> told Told.metrics (Client.metrics ?max_points:(opt "max_points" Asked.count j) c (id ()))
  | "cancel" -> told Told.job (Client.cancel c (id ()))
  | "upload" -> told Told.dataset (upload c j)
  | "dataset" -> told Told.dataset (dataset c (id ()) j)
  | "predict" -> told Told.predictions (predict c j)
  | other -> failwith ("there is no call " ^ other)

let answer asked : Yojson.Safe.t =
  let timeout = opt "timeout_seconds" number asked in
  let retries = opt "attempts" (fun n -> Asked.count n - 1) asked in
  let call = Asked.text (need "call" asked) in
  let of_an_answer = if call = "wait" then None else timeout in
  let c = Client.create ?timeout:of_an_answer ?retries ~url:(Asked.text (need "url" asked)) () in
  match made c call timeout (Asked.real (need "arguments" asked)) with
  | Ok result -> `Assoc [ ("result", result) ]
  | Error e -> `Assoc [ ("error", Told.error e) ]

let () =
  let asked = Yojson.Safe.from_channel stdin in
  let given = match asked with `Assoc l -> `Assoc (List.filter (fun (_, j) -> j <> `Null) l) | j -> j in
  print_string (Yojson.Safe.to_string (answer given))
