open Backproof

type t =
  | Rows of { x : Mat.t; y : Mat.t }
  | Labelled of { x : Mat.t; labels : int array }
  | Stored of { id : string; rows : (int * int) option }

let rows ~x ~y = Rows { x; y }
let labelled ~x ~labels = Labelled { x; labels }
let stored ?rows id = Stored { id; rows }
let range (start, stop) : Yojson.Safe.t = `List [ `Int start; `Int stop ]

let json d =
  Write.(
    match d with
    | Rows { x; y } -> fields [ ("x", Some (matrix x)); ("y", Some (matrix y)) ]
    | Labelled { x; labels } -> fields [ ("x", Some (matrix x)); ("labels", Some (listed count labels)) ]
    | Stored { id; rows } -> fields [ ("dataset", Some (text id)); ("rows", Option.map range rows) ])
