type form = [ `Matched | `Vectorized ]
type training_form = [ form | `Both ]
type route = [ `Auto | `Dense | `Row | `Jacobian ]
type dtype = [ `Float64 | `Float32 ]
type witness = [ `Complex_step | `Central_difference ]
type part = [ `Gradients | `Deltas | `Activations | `Pre_activations | `Jacobian ]
type layer_part = [ `Activations | `Pre_activations ]
type at = [ `Latest | `Best | `Epoch of int ]
type layout = { weights : [ `In_out | `Out_in ]; samples : [ `Rows | `Columns ] }

let form : Backproof.Backprop.form -> form = function Matched -> `Matched | Vectorized -> `Vectorized
let form_name = function `Matched -> "matched" | `Vectorized -> "vectorized" | `Both -> "both"
let route_name = function `Auto -> "auto" | `Dense -> "dense" | `Row -> "row" | `Jacobian -> "jacobian"
let dtype_name = function `Float64 -> "float64" | `Float32 -> "float32"
let witness_name = function `Complex_step -> "complex_step" | `Central_difference -> "central_difference"

let part_name = function
  | `Gradients -> "gradients"
  | `Deltas -> "deltas"
  | `Activations -> "activations"
  | `Pre_activations -> "pre_activations"
  | `Jacobian -> "jacobian"

let at_name = function `Latest -> "latest" | `Best -> "best" | `Epoch epoch -> string_of_int epoch

let layout_json { weights; samples } =
  let weights = match weights with `In_out -> "in_out" | `Out_in -> "out_in" in
  let samples = match samples with `Rows -> "rows" | `Columns -> "columns" in
  Write.(fields [ ("weights", Some (text weights)); ("samples", Some (text samples)) ])

let layout_of : Yojson.Safe.t -> layout option = function
  | `Assoc l -> (
      match List.assoc_opt "layout" l with
      | Some (`Assoc l) ->
          let is name chosen = List.assoc_opt name l = Some (`String chosen) in
          let weights = if is "weights" "out_in" then `Out_in else `In_out in
          Some { weights; samples = (if is "samples" "columns" then `Columns else `Rows) }
      | _ -> None)
  | _ -> None
