type state =
  | Queued
  | Running
  | Pausing
  | Paused
  | Cancelling
  | Succeeded
  | Failed
  | Cancelled
  | Interrupted
  | Other of string

type progress = {
  epoch : int option;
  epochs : int option;
  step : int option;
  steps : int option;
  fraction : float option;
  eta_seconds : float option;
}

type trained = {
  final_loss : float;
  weights_sha256 : string;
  twin_distance : float option;
  best_epoch : int option;
  stopped_early : bool option;
}

type result = Trained of trained | Compared of Gradients.t | Unread of Yojson.Safe.t

type t = {
  id : string;
  kind : string;
  state : state;
  attempt : int option;
  created_at : string option;
  started_at : string option;
  finished_at : string option;
  progress : progress option;
  metrics : (string * float option) list;
  result : result option;
  error : Problem.t option;
  config : Yojson.Safe.t;
  environment : Yojson.Safe.t;
  labels : (string * string) list;
}

(* ---- states *)

let names =
  [
    (Queued, "queued");
    (Running, "running");
    (Pausing, "pausing");
    (Paused, "paused");
    (Cancelling, "cancelling");
    (Succeeded, "succeeded");
    (Failed, "failed");
    (Cancelled, "cancelled");
    (Interrupted, "interrupted");
  ]

let state_name = function Other name -> name | state -> List.assoc state names

let state_named name =
  match List.find_opt (fun (_, known) -> known = name) names with Some (state, _) -> state | None -> Other name

let has_ended j = match j.state with Succeeded | Failed | Cancelled -> true | _ -> false
let rests j = match j.state with Paused | Interrupted -> true | _ -> false
let trained j = match j.result with Some (Trained t) -> Some t | _ -> None

let at_epoch j =
  match j.progress with
  | Some { epoch = Some epoch; epochs = Some epochs; _ } -> Printf.sprintf " at epoch %d of %d" epoch epochs
  | _ -> ""

(* ---- reading *)

let read_progress j =
  Read.
    {
      epoch = opt "epoch" count j;
      epochs = opt "epochs" count j;
      step = opt "step" count j;
      steps = opt "steps" count j;
      fraction = opt "fraction" number j;
      eta_seconds = opt "eta_seconds" number j;
    }

let read_trained j =
  Read.
    {
      final_loss = need "final_loss" number j;
      weights_sha256 = need "weights_sha256" text j;
      twin_distance = opt "twin_distance" number j;
      best_epoch = opt "best_epoch" count j;
      stopped_early = opt "stopped_early" truth j;
    }

let read_result kind j =
  match kind with
  | "train" -> Trained (read_trained j)
  | "gradients" -> Compared (Gradients.read j)
  | _ -> Unread j

let number_or_null : Yojson.Safe.t -> float option = function `Null -> None | j -> Some (Read.number j)

let read j =
  let kind = Read.(need "kind" text j) in
  Read.
    {
      id = need "id" text j;
      kind;
      state = state_named (need "state" text j);
      attempt = opt "attempt" count j;
      created_at = opt "created_at" text j;
      started_at = opt "started_at" text j;
      finished_at = opt "finished_at" text j;
      progress = opt "progress" read_progress j;
      metrics = some [] "metrics" (members number_or_null) j;
      result = opt "result" (read_result kind) j;
      error = opt "error" (Problem.read ~status:0) j;
      config = some (`Assoc []) "config" any j;
      environment = some `Null "environment" any j;
      labels = some [] "labels" (members text) j;
    }
