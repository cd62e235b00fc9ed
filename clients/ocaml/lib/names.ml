let subscript n =
  let digit c = "\xe2\x82" ^ String.make 1 (Char.chr (0x80 + Char.code c - Char.code '0')) in
  String.concat "" (List.map digit (List.of_seq (String.to_seq (string_of_int n))))

let parameter l field =
  let letter = if field = "weights" then "W" else "b" in
  Printf.sprintf "%s%s (layers.%d.%s)" letter (subscript (l + 1)) l field
