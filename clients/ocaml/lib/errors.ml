exception Shape_mismatch of string
exception Unknown_name of string
exception Inadmissible_pair of string
exception Invalid_value of string
exception Too_large_for_form of string
exception Non_finite_loss of string

let shape format = Printf.ksprintf (fun s -> raise (Shape_mismatch s)) format
let value format = Printf.ksprintf (fun s -> raise (Invalid_value s)) format

let unknown kind name valid =
  raise (Unknown_name (Printf.sprintf "There is no %s \"%s\"; valid are %s." kind name (String.concat ", " valid)))

let message = function
  | Shape_mismatch s | Unknown_name s | Inadmissible_pair s | Invalid_value s | Too_large_for_form s
  | Non_finite_loss s ->
      Some s
  | _ -> None

let () =
  Printexc.register_printer (fun e ->
      Option.map (fun s -> Printf.sprintf "Backproof.%s: %s" (Printexc.exn_slot_name e) s) (message e))
