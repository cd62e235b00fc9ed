type schedule = Constant | Step of { every : int; factor : float } | Cosine of { floor : float option }
type settings = { rate : float; weight_decay : float option; schedule : schedule option }

type t =
  | Sgd of settings
  | Momentum of settings * float option
  | Nesterov of settings * float option
  | Adam of settings * adam

and adam = { beta1 : float option; beta2 : float option; epsilon : float option }

let sgd ?weight_decay ?schedule rate = Sgd { rate; weight_decay; schedule }
let momentum ?momentum ?weight_decay ?schedule rate = Momentum ({ rate; weight_decay; schedule }, momentum)
let nesterov ?momentum ?weight_decay ?schedule rate = Nesterov ({ rate; weight_decay; schedule }, momentum)

let adam ?beta1 ?beta2 ?epsilon ?weight_decay ?schedule rate =
  Adam ({ rate; weight_decay; schedule }, { beta1; beta2; epsilon })

(* ---- as JSON *)

let of_type name rest = Write.(fields (("type", Some (text name)) :: rest))
let some_number = Option.map Write.number

let schedule_json = function
  | Constant -> of_type "constant" []
  | Step { every; factor } -> of_type "step" Write.[ ("every", Some (count every)); ("factor", Some (number factor)) ]
  | Cosine { floor } -> of_type "cosine" [ ("floor", some_number floor) ]

let optimizer name { rate; weight_decay; schedule } own =
  of_type name
    ((("learning_rate", Some (Write.number rate)) :: own)
    @ [ ("weight_decay", some_number weight_decay); ("schedule", Option.map schedule_json schedule) ])

let json = function
  | Sgd s -> optimizer "sgd" s []
  | Momentum (s, mu) -> optimizer "momentum" s [ ("momentum", some_number mu) ]
  | Nesterov (s, mu) -> optimizer "nesterov" s [ ("momentum", some_number mu) ]
  | Adam (s, { beta1; beta2; epsilon }) ->
      let own = [ ("beta1", beta1); ("beta2", beta2); ("epsilon", epsilon) ] in
      optimizer "adam" s (List.map (fun (name, x) -> (name, some_number x)) own)
