(** Matrices as arrays of rows, and the operations that both forms of backpropagation are written in.

    Every operation makes a new matrix. A matrix has at least one row and one column, and its rows have one length;
    {!check} says so of matrices that come from elsewhere. *)

type t = float array array
(** The type for matrices: [m.(i).(j)] is the entry in row [i] and column [j], both counted from 0. *)

(** {1 Shapes} *)

val rows : t -> int
(** [rows m] is the number of rows of [m]. *)

val cols : t -> int
(** [cols m] is the number of columns of [m]. *)

val shape : t -> int * int
(** [shape m] is [(rows m, cols m)]. *)

val check : t -> t
(** [check m] is [m].
    @raise Errors.Shape_mismatch if [m] has no rows, an empty row, or rows of different lengths. *)

(** {1 Making} *)

val init : int -> int -> (int -> int -> float) -> t
(** [init p q f] is the [p]×[q] matrix whose entry in row [i] and column [j] is [f i j], called row by row. *)

val make : int -> int -> float -> t
(** [make p q x] is the [p]×[q] matrix with every entry [x]. *)

val eye : int -> t
(** [eye n] is the [n]×[n] identity. *)

val diag : float array -> t
(** [diag v] is the square matrix with [v] on its diagonal and 0 elsewhere. *)

val row : float array -> t
(** [row v] is the matrix of one row, [v]. *)

val copy : t -> t
(** [copy m] is a matrix of the same entries that shares no array with [m]. *)

(** {1 Operations} *)

val map : (float -> float) -> t -> t
(** [map f m] is [m] with [f] applied to every entry. *)

val map2 : (float -> float -> float) -> t -> t -> t
(** [map2 f a b] is the matrix of [f a.(i).(j) b.(i).(j)].
    @raise Errors.Shape_mismatch if [a] and [b] differ in shape. *)

val transpose : t -> t
(** [transpose m] is mᵀ. *)

val scale : float -> t -> t
(** [scale c m] is c·m. *)

val add : t -> t -> t
(** [add a b] is a + b.
    @raise Errors.Shape_mismatch if they differ in shape. *)

val sub : t -> t -> t
(** [sub a b] is a − b.
    @raise Errors.Shape_mismatch if they differ in shape. *)

val hadamard : t -> t -> t
(** [hadamard a b] is a∘b, the product entry by entry.
    @raise Errors.Shape_mismatch if they differ in shape. *)

val mul : t -> t -> t
(** [mul a b] is the matrix product a·b.
    @raise Errors.Shape_mismatch unless [cols a = rows b]. *)

val kron : t -> t -> t
(** [kron a b] is the Kronecker product a ⊗ b: block (i, j) is [a.(i).(j)]·b. *)

val column_sums : t -> float array
(** [column_sums m] is 1ᵀm, the sum of each column. *)

val row_sums : t -> float array
(** [row_sums m] is m·1, the sum of each row. *)

val add_row : t -> float array -> t
(** [add_row m b] is m + 1bᵀ.
    @raise Errors.Shape_mismatch unless [b] has [cols m] entries. *)

val sum : t -> float
(** [sum m] is the sum of all entries, 1ᵀ vec m. *)

val max_abs : t -> float
(** [max_abs m] is the largest absolute value of an entry; NaN if one is. *)

val dot : t -> t -> float
(** [dot a b] is the sum of a∘b.
    @raise Errors.Shape_mismatch if they differ in shape. *)

val equal : t -> t -> bool
(** [equal a b] is whether the shapes and the bits of all entries are the same. *)

(** {1 Column stacking} *)

val vec : t -> float array
(** [vec m] stacks the {e columns} of [m]: entry (i, j) has the place j·[rows m] + i. *)

val unvec : int -> int -> float array -> t
(** [unvec p q v] is the [p]×[q] matrix [m] with [vec m = v].
    @raise Errors.Shape_mismatch unless [v] has p·q entries. *)

(** {1 Bigarrays, and so Owl's matrices}

    An Owl matrix is a [Genarray] of two dimensions in C layout. *)

val of_bigarray : (float, 'elt, 'layout) Bigarray.Array2.t -> t
(** [of_bigarray a] is the matrix with the entries of [a], of either precision and either layout.
    @raise Errors.Shape_mismatch if a dimension of [a] is 0. *)

val to_bigarray : t -> (float, Bigarray.float64_elt, Bigarray.c_layout) Bigarray.Array2.t
(** [to_bigarray m] is a new Bigarray with the entries of [m], in C layout. *)

val of_genarray : (float, 'elt, 'layout) Bigarray.Genarray.t -> t
(** [of_genarray a] is as {!of_bigarray}.
    @raise Errors.Shape_mismatch unless [a] has two dimensions, neither of them 0. *)

val to_genarray : t -> (float, Bigarray.float64_elt, Bigarray.c_layout) Bigarray.Genarray.t
(** [to_genarray m] is as {!to_bigarray}: with Owl installed, an [Owl.Mat.mat]. *)

(** {1 Printing} *)

val pp : Format.formatter -> t -> unit
(** [pp f m] prints the rows of [m], a line each. *)
