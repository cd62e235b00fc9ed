type 'a sendable = ('a Call.t, Error.t) result
type validation = [ `Share of float | `Data of Data.t ]
type gradients = Found of Gradients.t | Pending of Job.t
type 'a page = { items : 'a list; next : string option }

let ( let* ) = Result.bind
let named name l = Option.map (fun chosen -> Write.text (name chosen)) l
let names name l = Option.map (fun chosen -> `List (List.map (fun one -> Write.text (name one)) chosen)) l
let query name shown value = match value with None -> [] | Some v -> [ (name, shown v) ]

let posted ?repeat path read make =
  let* body = Write.body make in
  Ok (Call.post ?repeat ~body path (Call.json read))

(* ---- training and gradients *)

let validated = function
  | `Share share -> Write.fields [ ("share", Some (Write.number share)) ]
  | `Data data -> Write.fields [ ("data", Some (Data.json data)) ]

let labelled l = `Assoc (List.map (fun (name, value) -> (name, Write.text value)) l)
let patient epochs = Write.fields [ ("patience", Some (Write.count epochs)) ]
let trained make = posted ~repeat:false "/train" Job.read make

let train ?batch_size ?seed ?form ?route ?dtype ?validation ?patience ?labels ?layout net ~loss ~optimizer ~data
    ~epochs =
  trained @@ fun () ->
  Write.fields
    [
      ("network", Some (Net.json ?layout net));
      ("loss", Some (Net.loss loss));
      ("optimizer", Some (Optimizer.json optimizer));
      ("data", Some (Data.json data));
      ("epochs", Some (Write.count epochs));
      ("batch_size", Option.map Write.count batch_size);
      ("seed", Option.map Write.count seed);
      ("form", named Choice.form_name form);
      ("route", named Choice.route_name route);
      ("dtype", named Choice.dtype_name dtype);
      ("validation", Option.map validated validation);
      ("early_stopping", Option.map patient patience);
      ("labels", Option.map labelled labels);
      ("layout", Option.map Choice.layout_json layout);
    ]

let submit json = trained (fun () -> json)

let found_or_pending j =
  if Read.(opt "object" text j) = Some "job" then Pending (Job.read j) else Found (Gradients.read j)

let compared make = posted ~repeat:false "/gradients" found_or_pending make

let gradients ?forms ?route ?dtype ?witnesses ?include_ ?layout net ~loss ~data =
  compared @@ fun () ->
  Write.fields
    [
      ("network", Some (Net.json ?layout net));
      ("loss", Some (Net.loss loss));
      ("data", Some (Data.json data));
      ("forms", names Choice.form_name forms);
      ("route", named Choice.route_name route);
      ("dtype", named Choice.dtype_name dtype);
      ("witnesses", names Choice.witness_name witnesses);
      ("include", names Choice.part_name include_);
      ("layout", Option.map Choice.layout_json layout);
    ]

let compare json = compared (fun () -> json)

(* ---- gradients of the caller's own *)

let checked ?layout make = posted "/gradients/check" (Gradient_report.read ?layout) make
let sent write l = if l = [] then None else Some (write l)

let check ?dtype ?layout ?loss_value ?pre_activations ?activations ?deltas ?updated_weights ?learning_rate
    ?weight_decay ?momentum ?previous net ~loss ~grads ~x ~y =
  checked ?layout @@ fun () ->
  Write.fields
    [
      ("network", Some (Net.json ?layout (Net.given net)));
      ("loss", Some (Net.loss loss));
      ("data", Some (Data.json (Data.rows ~x ~y)));
      ("dtype", named Choice.dtype_name dtype);
      ("layout", Option.map Choice.layout_json layout);
      ("loss_value", Option.map Claim.number loss_value);
      ("pre_activations", Option.map Claim.matrices pre_activations);
      ("activations", Option.map Claim.matrices activations);
      ("deltas", Option.map Claim.matrices deltas);
      ("gradients", sent Claim.layers grads);
      ("updated_weights", Option.map Claim.layers updated_weights);
      ("learning_rate", Option.map Write.number learning_rate);
      ("weight_decay", Option.map Write.number weight_decay);
      ("momentum", Option.map Write.number momentum);
      ("previous", Option.map Claim.previous previous);
    ]

let check_json json = checked ?layout:(Choice.layout_of json) (fun () -> Claim.named json)

let point ?layout ?seed net ~loss =
  posted "/points" (Test_point.read ?layout) @@ fun () ->
  Write.fields
    [
      ("network", Some (Net.json ?layout net));
      ("loss", Some (Net.loss loss));
      ("seed", Option.map Write.count seed);
      ("layout", Option.map Choice.layout_json layout);
    ]

(* ---- derivations and outputs *)

let derived make = posted "/derivations" Derivation.read make

let derive ?data net ~loss ~parameter =
  derived @@ fun () ->
  Write.fields
    [
      ("network", Some (Net.json net));
      ("loss", Some (Net.loss loss));
      ("parameter", Some (Write.text parameter));
      ("data", Option.map Data.json data);
    ]

let derive_json json = derived (fun () -> json)
let predicted make = posted "/predict" Predictions.read make

let predict ?dtype ?include_ ?layout net x =
  predicted @@ fun () ->
  Write.fields
    [
      ("network", Some (Net.json ?layout net));
      ("x", Some (Write.matrix x));
      ("dtype", named Choice.dtype_name dtype);
      ("include", names Choice.part_name include_);
      ("layout", Option.map Choice.layout_json layout);
    ]

let outputs json = predicted (fun () -> json)

(* ---- jobs *)

let about kind ?(tail = "") id make =
  let* part = Call.part id in
  Ok (make (Printf.sprintf "/%s/%s%s" kind part tail))

let job ?(hold = 0.) id =
  let headers = if hold > 0. then [ ("Prefer", Printf.sprintf "wait=%.0f" hold) ] else [] in
  about "jobs" id (fun path -> Call.get ~headers ~hold path (Call.json Job.read))

let cancel id = about "jobs" id ~tail:"/cancel" (fun path -> Call.post path (Call.json Job.read))
let delete_job id = about "jobs" id Call.delete
let moment at form = query "at" Choice.at_name at @ query "form" Choice.form_name form

let weights ?at ?form id =
  about "jobs" id ~tail:"/weights" (fun path -> Call.get ~query:(moment at form) path (Call.json Weights.read))

let source_media = "text/x-ocaml"

let starts text beginning =
  let n = String.length beginning in
  String.length text >= n && String.sub text 0 n = beginning

let source (r : Transport.response) =
  match Transport.header "content-type" r with
  | Some media when starts media source_media -> r.body
  | _ -> Read.bad "it is not of the type %s" source_media

let weights_source ?at ?form id =
  let headers = [ ("Accept", source_media) ] in
  about "jobs" id ~tail:"/weights" (fun path -> Call.get ~query:(moment at form) ~headers path source)

let metrics ?max_points id =
  let query = query "max_points" string_of_int max_points in
  about "jobs" id ~tail:"/metrics" (fun path -> Call.get ~query path (Call.json Metrics.read))

let all read = Read.(need "data" (list read))
let job_gradients id = about "jobs" id ~tail:"/gradients" (fun path -> Call.get path (Call.json (all Twins.read)))

let job_predict ?at id rows =
  let* part = Call.part id in
  posted (Printf.sprintf "/jobs/%s/predict" part) Predictions.read @@ fun () ->
  let rows =
    match rows with
    | `Rows x -> [ ("x", Some (Write.matrix x)) ]
    | `Stored (id, rows) -> [ ("dataset", Some (Write.text id)); ("rows", Option.map Data.range rows) ]
  in
  Write.fields (rows @ [ ("at", named Choice.at_name at) ])

(* ---- lists *)

let page read j = { items = all read j; next = Read.(opt "next" text j) }
let listed path query read = Ok (Call.get ~query path (Call.json (page read)))

let jobs ?state ?kind ?(labels = []) ?limit () =
  let labels = List.map (fun (name, value) -> ("label." ^ name, value)) labels in
  let asked = query "state" Job.state_name state @ query "kind" Fun.id kind @ query "limit" string_of_int limit in
  listed "/jobs" (asked @ labels) Job.read

let datasets ?limit () = listed "/datasets" (query "limit" string_of_int limit) Dataset.read

let following (call : 'a page Call.t) page =
  let after cursor = { call with query = List.remove_assoc "after" call.query @ [ ("after", cursor) ] } in
  Option.map after page.next

(* ---- data sets *)

let upload data =
  posted "/datasets" Dataset.read @@ fun () ->
  match data with
  | Data.Stored _ -> Write.unsendable "data" "This data set is stored already; give rows. Nothing was sent."
  | data -> Data.json data

let upload_csv text = Ok (Call.post ~media:"text/csv" ~body:text "/datasets" (Call.json Dataset.read))

let dataset ?(include_data = false) id =
  let query = if include_data then [ ("include", "data") ] else [] in
  about "datasets" id (fun path -> Call.get ~query path (Call.json Dataset.read))

let delete_dataset id = about "datasets" id Call.delete

(* ---- the service *)

let capabilities = Ok (Call.get "/capabilities" (Call.json Capabilities.read))
let ready = Ok (Call.get "/readyz" ignore)
