open Backproof

type t = {
  id : string;
  rows : int;
  features : int;
  targets : int option;
  classes : int option;
  bytes : int option;
  created_at : string option;
  x : Mat.t option;
  y : Mat.t option;
  labels : int array option;
}

let read j =
  Read.
    {
      id = need "id" text j;
      rows = need "rows" count j;
      features = need "features" count j;
      targets = opt "targets" count j;
      classes = opt "classes" count j;
      bytes = opt "bytes" count j;
      created_at = opt "created_at" text j;
      x = opt "x" matrix j;
      y = opt "y" matrix j;
      labels = opt "labels" (array count) j;
    }
