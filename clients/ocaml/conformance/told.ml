open Backproof_client

type json = Yojson.Safe.t

let number x : json =
  if Float.is_finite x then `Float x
  else `String (if Float.is_nan x then "NaN" else if x > 0. then "Infinity" else "-Infinity")

let text s : json = `String s
let count n : json = `Int n
let truth b : json = `Bool b
let list write l : json = `List (List.map write l)
let array write a = list write (Array.to_list a)
let vector = array number
let matrix = array vector
let opt write = function None -> `Null | Some v -> write v
let members write l : json = `Assoc (List.map (fun (name, v) -> (name, write v)) l)

let capabilities (c : Capabilities.t) : json =
  `Assoc
    [
      ("activations", list text c.activations);
      ("losses", list text c.losses);
      ("admissible_pairs", list (fun (loss, last) -> list text [ loss; last ]) c.admissible_pairs);
      ("optimizers", list text c.optimizers);
      ("schedules", list text c.schedules);
      ("inits", list text c.inits);
      ("forms", list text c.forms);
      ("routes", list text c.routes);
      ("limits", members number c.limits);
      ("versions", members text c.versions);
    ]

(* ---- gradients *)

let layer (g : Backproof.Backprop.grad) : json = `Assoc [ ("weights", matrix g.w); ("bias", opt vector g.b) ]
let jacobian (j : Backproof.Backprop.jacobian) : json = `Assoc [ ("weights", matrix j.dw); ("bias", opt matrix j.db) ]

let form (f : Gradients.form) : json =
  `Assoc
    [
      ("gradients", list layer f.gradients);
      ("deltas", list matrix f.deltas);
      ("pre_activations", list matrix f.pre_activations);
      ("activations", list matrix f.activations);
      ("jacobian", list jacobian f.jacobian);
      ("route", opt text f.route);
      ("seconds", opt number f.seconds);
      ("predicted_bytes", opt count f.predicted_bytes);
      ("peak_bytes", opt count f.peak_bytes);
      ("predicted_flops", opt count f.predicted_flops);
    ]

let comparison (c : Gradients.comparison) : json =
  `Assoc
    [
      ("parameter", text c.parameter);
      ("between", list text c.between);
      ("max_abs", number c.max_abs);
      ("max_rel", number c.max_rel);
      ("identical", truth c.identical);
      ("agree", truth c.agree);
      ("rounding", truth c.rounding);
    ]

let gradients (g : Gradients.t) : json =
  `Assoc
    [
      ("loss_value", number g.loss_value);
      ("agree", opt truth g.agree);
      ("forms", members form g.forms);
      ("witnesses", members form g.witnesses);
      ("comparison", list comparison g.comparison);
      ("notes", list text g.notes);
    ]

(* ---- reports on gradients of one's own, and points *)

let named_layer (l : Weights.layer) : json =
  `Assoc [ ("weights", matrix l.w); ("bias", opt vector l.b); ("activation", text l.activation) ]

let hidden (h : Test_point.hidden) : json =
  `Assoc [ ("id", text h.id); ("layer", opt count h.layer); ("reason", text h.reason) ]

let answers (a : Test_point.answers) : json =
  `Assoc
    [
      ("loss_value", number a.loss_value);
      ("gradients", list layer a.gradients);
      ("deltas", list matrix a.deltas);
      ("activations", list matrix a.activations);
      ("pre_activations", list matrix a.pre_activations);
    ]

let point (p : Test_point.t) : json =
  `Assoc
    [
      ("network", `Assoc [ ("layers", list named_layer p.layers) ]);
      ("loss", opt text p.loss);
      ("data", `Assoc [ ("x", matrix p.x); ("y", matrix p.y) ]);
      ("unshowable", list hidden p.unshowable);
      ("answers", opt answers p.answers);
    ]

let verdict v = text (Gradient_report.verdict_name v)

let worst (w : Gradient_report.worst) : json =
  `Assoc [ ("index", list count w.index); ("yours", number w.yours); ("ours", number w.ours) ]

let block (b : Gradient_report.block) : json =
  `Assoc
    [
      ("quantity", text b.quantity);
      ("parameter", text b.parameter);
      ("layer", opt count b.layer);
      ("verdict", verdict b.verdict);
      ("relative_error", opt number b.relative_error);
      ("tolerance", number b.tolerance);
      ("worst", opt worst b.worst);
      ("ratio", opt number b.ratio);
      ("cosine", opt number b.cosine);
      ("pattern", opt text b.pattern);
      ("follows", opt text b.follows);
    ]

let first_wrong (f : Gradient_report.first_wrong) : json =
  `Assoc [ ("layer", opt count f.layer); ("quantity", text f.quantity); ("parameter", text f.parameter) ]

let mistake (m : Gradient_report.mistake) : json =
  `Assoc
    [
      ("id", text m.id);
      ("layer", opt count m.layer);
      ("layers", list count m.layers);
      ("cause", text m.cause);
      ("question", text m.question);
      ("mend", `Assoc [ ("numpy", text m.mend.numpy); ("ocaml", text m.mend.ocaml) ]);
      ("detail", text m.detail);
      ("value", opt number m.value);
    ]

let explanation (e : Gradient_report.explanation) : json =
  `Assoc [ ("mistakes", list mistake e.mistakes); ("residual", number e.residual) ]

let witness (w : Gradient_report.witness) : json =
  `Assoc
    [ ("name", text w.name); ("relative_error", number w.relative_error); ("agrees", opt truth w.agrees) ]

let report (r : Gradient_report.t) : json =
  `Assoc
    [
      ("verdict", verdict r.verdict);
      ("summary", text r.summary);
      ("dtype", opt text r.dtype);
      ("dtype_inferred", truth r.dtype_inferred);
      ("parameters", list block r.parameters);
      ("blocks", list block r.blocks);
      ("first_wrong", opt first_wrong r.first_wrong);
      ("diagnosis", list explanation r.diagnosis);
      ("blindness", list hidden r.blindness);
      ("better_point", opt point r.better_point);
      ("witnesses", list witness r.witnesses);
      ("notes", list text r.notes);
    ]

(* ---- derivations *)

let size : Derivation.size -> json = function Known n -> count n | Named name -> text name
let pair write (a, b) : json = `List [ write a; write b ]

let rec term (t : Derivation.term) : json =
  `Assoc
    [
      ("id", count t.id);
      ("op", text t.op);
      ("shape", pair size t.shape);
      ("name", opt text t.name);
      ("factor", opt text t.factor);
      ("args", list term t.args);
    ]

let printed (p : Derivation.printed) =
  [ ("text", text p.text); ("latex", text p.latex); ("mathml", text p.mathml); ("term", term p.term) ]

let step (s : Derivation.step) : json =
  `Assoc
    [
      ("step", count s.step);
      ("differentiates", text s.differentiates);
      ("formula", text s.formula);
      ("factor", text s.factor);
      ("shape", pair size s.shape);
    ]

let change (c : Derivation.change) : json =
  `Assoc
    [
      ("before", list count c.before);
      ("after", list count c.after);
      ("text_before", text c.text_before);
      ("text_after", text c.text_after);
      ("text", text c.text);
    ]

let line (l : Derivation.line) : json =
  `Assoc
    (printed l.made
    @ [
        ("rule", text l.rule);
        ("reason", text l.reason);
        ("phase", text l.phase);
        ("stage", text l.stage);
        ("lemma", opt text l.lemma);
        ("layer", count l.layer);
        ("group", count l.group);
        ("changed", opt change l.changed);
        ("moved", list (pair count) l.moved);
        ("residual", opt number l.residual);
        ("mismatches_mod_p", count l.mismatches_mod_p);
      ])

let derivation (d : Derivation.t) : json =
  let fact (f : Derivation.fact) : json = `Assoc [ ("name", text f.name); ("holds", opt truth f.holds) ] in
  let definition (name, told) : json = `Assoc [ ("name", text name); ("text", text told) ] in
  let start = printed d.start @ [ ("steps", list step d.steps); ("definitions", list definition d.definitions) ] in
  `Assoc
    [
      ("parameter", text d.parameter);
      ("equal", truth d.equal);
      ("rows_used", opt count d.rows_used);
      ("sizes", members count d.sizes);
      ("start", `Assoc start);
      ("lines", list line d.lines);
      ("facts", list fact d.facts);
      ("result", `Assoc (printed d.result));
      ("notes", list text d.notes);
    ]

(* ---- jobs *)

let progress (p : Job.progress) : json =
  `Assoc
    [
      ("epoch", opt count p.epoch);
      ("epochs", opt count p.epochs);
      ("step", opt count p.step);
      ("steps", opt count p.steps);
      ("fraction", opt number p.fraction);
      ("eta_seconds", opt number p.eta_seconds);
    ]

let result : Job.result -> json = function
  | Unread j -> j
  | Compared g -> gradients g
  | Trained t ->
      `Assoc
        [
          ("final_loss", number t.final_loss);
          ("weights_sha256", text t.weights_sha256);
          ("twin_distance", opt number t.twin_distance);
          ("best_epoch", opt count t.best_epoch);
          ("stopped_early", opt truth t.stopped_early);
        ]

let problem (p : Problem.t) : json =
  `Assoc [ ("status", count p.status); ("code", text p.code); ("title", text p.title); ("detail", text p.detail) ]

let job (j : Job.t) : json =
  `Assoc
    [
      ("id", text j.id);
      ("kind", text j.kind);
      ("state", text (Job.state_name j.state));
      ("attempt", opt count j.attempt);
      ("created_at", opt text j.created_at);
      ("started_at", opt text j.started_at);
      ("finished_at", opt text j.finished_at);
      ("progress", opt progress j.progress);
      ("metrics", members (opt number) j.metrics);
      ("result", opt result j.result);
      ("error", opt problem j.error);
      ("config", j.config);
      ("labels", members text j.labels);
    ]

let weights (w : Weights.t) : json =
  `Assoc
    [ ("job", opt text w.job); ("at", opt text w.at); ("epoch", opt count w.epoch); ("layers", list named_layer w.layers) ]

let metrics (m : Metrics.t) : json =
  `Assoc [ ("columns", list text m.columns); ("rows", array (array (opt number)) m.rows) ]

(* ---- data sets and outputs *)

let dataset (d : Dataset.t) : json =
  `Assoc
    [
      ("id", text d.id);
      ("rows", count d.rows);
      ("features", count d.features);
      ("targets", opt count d.targets);
      ("classes", opt count d.classes);
      ("bytes", opt count d.bytes);
      ("created_at", opt text d.created_at);
      ("x", opt matrix d.x);
      ("y", opt matrix d.y);
      ("labels", opt (array count) d.labels);
    ]

let predictions (p : Predictions.t) : json =
  `Assoc
    [
      ("outputs", matrix p.outputs);
      ("at", opt text p.at);
      ("pre_activations", list matrix p.pre_activations);
      ("activations", list matrix p.activations);
    ]

(* ---- errors *)

let fault (f : Problem.fault) : json = `Assoc [ ("where", text (Problem.where f)); ("detail", text f.detail) ]

let of_problem ?retry_after (p : Problem.t) : json =
  `Assoc
    [
      ("kind", text "problem");
      ("status", count p.status);
      ("code", text p.code);
      ("detail", text p.detail);
      ("errors", list fault p.errors);
      ("retry_after", opt number retry_after);
    ]

let error (e : Client.error) : json =
  let plain ?status kind : json =
    `Assoc [ ("kind", text kind); ("status", opt count status); ("code", `Null); ("detail", text (Client.message e)) ]
  in
  match e with
  | Problem { problem; retry_after; _ } -> of_problem ?retry_after problem
  | Job_failed { error = Some problem; _ } -> of_problem problem
  | Refused { status; _ } -> plain ~status "refused"
  | Unreachable _ | Hopeless _ -> plain "unreachable"
  | Timed_out _ | Still_going _ -> plain "timed_out"
  | Invalid _ -> plain "invalid"
  | Unexpected _ | Job_failed _ | Job_cancelled _ | Job_rests _ -> plain "unexpected"
