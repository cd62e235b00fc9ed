type t = { epoch : int; max_abs : float; max_rel : float; agree : bool }

let read j =
  Read.
    {
      epoch = need "epoch" count j;
      max_abs = need "max_abs" number j;
      max_rel = need "max_rel" number j;
      agree = need "agree" truth j;
    }
