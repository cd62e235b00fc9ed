type error = Error.t

exception Failed of error

let message = Error.message
let ok = function Ok v -> v | Error e -> raise (Failed e)

let () =
  Printexc.register_printer (function Failed e -> Some ("Backproof_client.Client.Failed: " ^ message e) | _ -> None)

type t = { session : Session.t; given : string }

let default_url = "http://127.0.0.1:8000"

let chosen_url = function
  | Some url -> url
  | None -> ( match Sys.getenv_opt "BACKPROOF_URL" with None | Some "" -> default_url | Some url -> url)

let create ?(timeout = 60.) ?(retries = 5) ?transport ?(clock = Clock.system) ?url () =
  let given = chosen_url url in
  let transport = match transport with Some t -> t | None -> Transport.curl () in
  let random = Random.State.make_self_init () in
  { given; session = { url = Session.address given; timeout; attempts = retries + 1; transport; clock; random } }

let url c = Result.value c.session.url ~default:c.given
let run c request = Session.run c.session request
let ( let* ) = Result.bind

(* ---- training *)

let train ?batch_size ?seed ?form ?route ?dtype ?validation ?patience ?labels ?layout c net ~loss ~optimizer ~data
    ~epochs =
  run c
    (Requests.train ?batch_size ?seed ?form ?route ?dtype ?validation ?patience ?labels ?layout net ~loss ~optimizer
       ~data ~epochs)

let submit c json = run c (Requests.submit json)

let wait ?on_event ?timeout ?(patience = 90.) c id =
  let* job = Waiting.until_rest c.session { see = on_event; timeout; patience } id in
  Waiting.succeeded job

let job c id = run c (Requests.job id)
let cancel c id = run c (Requests.cancel id)
let delete_job c id = run c (Requests.delete_job id)
let weights ?at ?form c id = run c (Requests.weights ?at ?form id)
let weights_source ?at ?form c id = run c (Requests.weights_source ?at ?form id)
let metrics ?max_points c id = run c (Requests.metrics ?max_points id)
let job_gradients c id = run c (Requests.job_gradients id)

(* ---- lists: a cursor that comes a second time would lead round in a circle *)

let circle c cursor =
  let why = Printf.sprintf "it names the page \"%s\" after that very page" (Error.excerpt cursor) in
  Error.Unexpected { asked = "GET " ^ url c; status = 200; why; excerpt = "" }

let rec pages c request seen () =
  match run c request with
  | Error e -> Seq.return (Error e) ()
  | Ok (page : 'a Requests.page) ->
      let rest () =
        match (page.next, request) with
        | Some cursor, _ when List.mem cursor seen -> Seq.return (Error (circle c cursor)) ()
        | Some cursor, Ok call ->
            let next = Option.to_result ~none:(circle c cursor) (Requests.following call page) in
            pages c next (cursor :: seen) ()
        | _ -> Seq.Nil
      in
      Seq.append (Seq.map Result.ok (List.to_seq page.items)) rest ()

let rec collected found s =
  match s () with
  | Seq.Nil -> Ok (List.rev found)
  | Seq.Cons (Error e, _) -> Error e
  | Seq.Cons (Ok v, rest) -> collected (v :: found) rest

let each_job ?state ?kind ?labels ?limit c = pages c (Requests.jobs ?state ?kind ?labels ?limit ()) []
let jobs ?state ?kind ?labels ?limit c = collected [] (each_job ?state ?kind ?labels ?limit c)
let datasets ?limit c = collected [] (pages c (Requests.datasets ?limit ()) [])

(* ---- gradients and outputs *)

let found c request =
  let* answer = run c request in
  match answer with
  | Requests.Found gradients -> Ok gradients
  | Requests.Pending job -> (
      let* job = wait c job.id in
      match job.result with
      | Some (Compared gradients) -> Ok gradients
      | _ ->
          let why = Printf.sprintf "job %s has succeeded and holds no gradients" job.id in
          Error (Error.Unexpected { asked = "POST " ^ url c ^ "/gradients"; status = 200; why; excerpt = "" }))

let gradients ?forms ?route ?dtype ?witnesses ?include_ ?layout c net ~loss ~data =
  found c (Requests.gradients ?forms ?route ?dtype ?witnesses ?include_ ?layout net ~loss ~data)

let compare c json = found c (Requests.compare json)

let check ?dtype ?layout ?loss_value ?pre_activations ?activations ?deltas ?updated_weights ?learning_rate
    ?weight_decay ?momentum ?previous c net ~loss ~grads ~x ~y =
  run c
    (Requests.check ?dtype ?layout ?loss_value ?pre_activations ?activations ?deltas ?updated_weights ?learning_rate
       ?weight_decay ?momentum ?previous net ~loss ~grads ~x ~y)

let check_json c json = run c (Requests.check_json json)
let point ?layout ?seed c net ~loss = run c (Requests.point ?layout ?seed net ~loss)
let derive ?data c net ~loss ~parameter = run c (Requests.derive ?data net ~loss ~parameter)
let derive_json c json = run c (Requests.derive_json json)
let predict ?dtype ?include_ ?layout c net x = run c (Requests.predict ?dtype ?include_ ?layout net x)
let outputs c json = run c (Requests.outputs json)
let job_predict ?at c id rows = run c (Requests.job_predict ?at id rows)

(* ---- data sets *)

let upload c data = run c (Requests.upload data)
let upload_csv c text = run c (Requests.upload_csv text)

let read_file path =
  let unreadable why = Error (Error.Invalid { where = path; why = "The file cannot be read: " ^ why ^ "." }) in
  match open_in_bin path with
  | exception Sys_error why -> unreadable why
  | channel -> (
      let finally () = close_in_noerr channel in
      match Fun.protect ~finally (fun () -> really_input_string channel (in_channel_length channel)) with
      | text -> Ok text
      | exception Sys_error why -> unreadable why
      | exception End_of_file -> unreadable "it ends before its end"
      | exception Invalid_argument _ -> unreadable "it has no size")

let upload_csv_file c path =
  let* text = read_file path in
  upload_csv c text

let dataset ?include_data c id = run c (Requests.dataset ?include_data id)
let delete_dataset c id = run c (Requests.delete_dataset id)

(* ---- the service *)

let capabilities c = run c Requests.capabilities
let ready c = run c Requests.ready
