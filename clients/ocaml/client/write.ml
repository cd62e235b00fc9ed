type json = Yojson.Safe.t

let text s : json = `String s
let count n : json = `Int n
let number x : json = `Float x
let listed entry v : json = `List (Array.fold_right (fun x l -> entry x :: l) v [])
let vector v = listed number v
let matrix m = listed vector m
let fields l : json = `Assoc (List.filter_map (fun (name, v) -> Option.map (fun v -> (name, v)) v) l)

(* ---- numbers that JSON has no word for *)

exception Unsendable of string * string

let unsendable where format = Printf.ksprintf (fun why -> raise (Unsendable (where, why))) format
let escaped part = String.concat "~1" (String.split_on_char '/' (String.concat "~0" (String.split_on_char '~' part)))
let pointer path = "#" ^ String.concat "" (List.rev_map (fun part -> "/" ^ escaped part) path)
let not_finite path = unsendable (pointer path) "This is %g; it must be a finite number. Nothing was sent."

let rec seek path : json -> unit = function
  | `Float x when not (Float.is_finite x) -> not_finite path x
  | `List l -> List.iteri (fun i j -> seek_entry path i j) l
  | `Assoc l -> List.iter (fun (name, j) -> seek (name :: path) j) l
  | _ -> ()

and seek_entry path i j = match j with `Float x when Float.is_finite x -> () | j -> seek (string_of_int i :: path) j

let body make =
  match
    let j = make () in
    seek [] j;
    Yojson.Safe.to_string j
  with
  | text -> Ok text
  | exception Unsendable (where, why) -> Error (Error.Invalid { where; why })
