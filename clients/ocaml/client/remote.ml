open Backproof

module type S = sig
  module Backprop : Backprop.S
  module Train : Train.S
end

(* ---- errors: the local exception where there is one for the reason *)

let of_problem (p : Problem.t) =
  match p.code with
  | "shape_mismatch" -> Some (Errors.Shape_mismatch p.detail)
  | "inadmissible_pair" -> Some (Errors.Inadmissible_pair p.detail)
  | "unknown_name" -> Some (Errors.Unknown_name p.detail)
  | "too_large_for_form" -> Some (Errors.Too_large_for_form p.detail)
  | "non_finite_loss" -> Some (Errors.Non_finite_loss p.detail)
  | "invalid_value" -> Some (Errors.Invalid_value p.detail)
  | _ -> None

let local : Error.t -> exn option = function
  | Problem { problem; _ } | Job_failed { error = Some problem; _ } -> of_problem problem
  | _ -> None

let ok = function
  | Ok v -> v
  | Error e -> raise (Option.value (local e) ~default:(Client.Failed e))

(* What the local functions refuse is refused here in the same words: the value needs a forward pass. *)
let check net ~loss ~x ~y = ignore (Backprop.value net ~loss ~x ~y)

let lacking what =
  let why = Printf.sprintf "it lacks the %s that were asked for" what in
  raise (Client.Failed (Unexpected { asked = "POST /gradients"; status = 200; why; excerpt = "" }))

(* ---- gradients *)

let asked client ?(form = Backprop.Matched) ?witnesses part net ~loss ~x ~y =
  check net ~loss ~x ~y;
  let forms = [ Choice.form form ] and data = Data.rows ~x ~y in
  ok (Client.gradients ~forms ?witnesses ~include_:[ part ] client (Net.given net) ~loss ~data)

let of_form what part (g : Gradients.t) =
  match List.map (fun (_, form) -> part form) g.forms with
  | [] | [] :: _ -> lacking what
  | found :: _ -> found

module Backprop_by (C : sig
  val client : Client.t
end) =
struct
  let deltas ?form net ~loss ~x ~y =
    of_form "deltas" (fun (f : Gradients.form) -> f.deltas) (asked C.client ?form `Deltas net ~loss ~x ~y)

  let gradient ?form net ~loss ~x ~y =
    of_form "gradients" (fun (f : Gradients.form) -> f.gradients) (asked C.client ?form `Gradients net ~loss ~x ~y)

  let jacobian net ~loss ~x ~y =
    let found = asked C.client ~form:Backprop.Vectorized `Jacobian net ~loss ~x ~y in
    of_form "Jacobians" (fun (f : Gradients.form) -> f.jacobian) found

  let numeric net ~loss ~x ~y =
    let found = asked C.client ~witnesses:[ `Complex_step ] `Gradients net ~loss ~x ~y in
    match Gradients.witness "complex_step" found with Some w -> w.gradients | None -> lacking "witness"
end

(* ---- training *)

let all_points = 100_000

let tell client id on_epoch =
  let metrics = ok (Client.metrics ~max_points:all_points client id) in
  match (Metrics.column "epoch" metrics, Metrics.column "loss" metrics) with
  | Some epochs, Some losses ->
      let row epoch loss =
        match (epoch, loss) with
        | Some epoch, Some loss -> on_epoch ~epoch:(int_of_float epoch) ~loss
        | _ -> ()
      in
      Array.iter2 row epochs losses
  | _ -> ()

(* A run that diverged had epochs before: they are told, and then it raises. *)
let ended client (job : Job.t) on_epoch =
  let outcome = Client.wait client job.id in
  (match outcome with Ok _ | Error (Job_failed _) -> Option.iter (tell client job.id) on_epoch | Error _ -> ());
  ok outcome

module Train_by (C : sig
  val client : Client.t
end) =
struct
  let fit ?(form = Backprop.Matched) ?(rate = 1.) ?batch_size ?seed ?on_epoch ~epochs net ~loss ~x ~y =
    if not (Float.is_finite rate) then Errors.value "rate must be a finite number > 0, not %g." rate;
    check net ~loss ~x ~y;
    let form = (Choice.form form :> Choice.training_form) in
    let submitted =
      Client.train ?batch_size ?seed ~form C.client (Net.given net) ~loss ~optimizer:(Optimizer.sgd rate)
        ~data:(Data.rows ~x ~y) ~epochs
    in
    let job = ended C.client (ok submitted) on_epoch in
    Weights.network (ok (Client.weights C.client job.id))

  let step ?form ?rate net ~loss ~x ~y = fit ?form ?rate ~epochs:1 net ~loss ~x ~y
end

module Make (C : sig
  val client : Client.t
end) =
struct
  module Backprop = Backprop_by (C)
  module Train = Train_by (C)
end

let of_client client =
  (module Make (struct
    let client = client
  end) : S)
