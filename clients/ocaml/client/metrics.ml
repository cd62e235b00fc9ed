type t = { columns : string list; rows : float option array array }

let rec place name i = function
  | [] -> None
  | column :: _ when column = name -> Some i
  | _ :: others -> place name (i + 1) others

let column name m = Option.map (fun i -> Array.map (fun row -> row.(i)) m.rows) (place name 0 m.columns)
let number_or_null : Yojson.Safe.t -> float option = function `Null -> None | j -> Some (Read.number j)

let read j =
  let columns = Read.(need "columns" (list text) j) in
  let row j =
    let found = Read.array number_or_null j in
    if Array.length found <> List.length columns then Read.bad "a row of %d numbers is needed" (List.length columns);
    found
  in
  { columns; rows = Read.(need "rows" (array row) j) }
