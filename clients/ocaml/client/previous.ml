open Backproof

type t = { data : Data.t option; gradients : Backprop.grads option; velocity : Backprop.grads option }

let make ?data ?gradients ?velocity () = { data; gradients; velocity }
