"""A network as OCaml source: one file that needs the standard library alone and defines `predict`.

Every number is the float64 that was trained, bit for bit. Few stand as decimals that people can read; many as the
digits of their bits in one string a block, since ocamlopt runs out of stack on long arrays of arrays.
"""

import math
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from backproof_core import Network
from backproof_core.vec import Array
from backproof_service.http.problems import Problem

READABLE = 1024  # numbers; ocamlopt takes ever longer for more literals, and fails on 65,536 rows of one
MOST = 5_000_000  # numbers; ocamlopt takes 6 s and 0.6 GB for as many, and both grow with them
DIGITS = 16  # hexadecimal ones of a float64
LINE = 6  # numbers a line of digits holds


@dataclass(frozen=True, slots=True)
class Formula:
    """How an activation is written in OCaml: what a row is piped into, and the definition that this needs."""

    applied: str
    definition: str


# Each is the core's formula, with its order of operations; `tanh` is the standard library's and identity is nothing.
FORMULAS = {
    "identity": Formula("", ""),
    "sigmoid": Formula(
        "Array.map sigmoid",
        """\
(* where the exponential overflows, 0 is right *)
let sigmoid z = 1. /. (1. +. exp (-.z))
""",
    ),
    "tanh": Formula("Array.map tanh", ""),
    "relu": Formula("Array.map relu", "let relu z = if z <= 0. then 0. else z\n"),
    "leaky_relu": Formula("Array.map leaky_relu", "let leaky_relu z = if z <= 0. then 0.01 *. z else z\n"),
    "softplus": Formula(
        "Array.map softplus",
        """\
(* ln (1 + e^z), without an exponential that overflows *)
let softplus z = Float.max z 0. +. log1p (exp (-.Float.abs z))
""",
    ),
    "softmax": Formula(
        "softmax",
        """\
(* of a row; its largest entry is taken off first, so that no exponential overflows *)
let softmax z =
  let top = Array.fold_left Float.max neg_infinity z in
  let e = Array.map (fun z_j -> exp (z_j -. top)) z in
  let total = Array.fold_left ( +. ) 0. e in
  Array.map (fun e_j -> e_j /. total) e
""",
    ),
}

HEAD = """\
(* {about}

   It takes OCaml 4.13 or newer and the standard library. Saved as net.ml it is the module Net:

     let () =
       Net.predict [| Array.make {inputs} 0. |]
       |> Array.iter (fun h -> Array.iter (Printf.printf "%.17g\\n") h)

   With these lines as main.ml: ocamlfind ocamlopt net.ml main.ml -o main *)
"""
NUMBER = """\
let number digits i = Int64.float_of_bits (Int64.of_string ("0x" ^ String.sub digits (16 * i) 16))
"""
VECTOR = "let vector n digits = Array.init n (number digits)\n"
MATRIX = """\
let matrix m n digits = Array.init m (fun i -> Array.init n (fun j -> number digits ((n * i) + j)))
"""
TIMES = """\
let times (w : float array array) (a : float array) =
  let z = Array.make (Array.length w.(0)) 0. in
  for i = 0 to Array.length a - 1 do
    let w_i = w.(i) in
    for j = 0 to Array.length z - 1 do
      z.(j) <- z.(j) +. (a.(i) *. w_i.(j))
    done
  done;
  z
"""
PLUS = "let plus b z = Array.map2 ( +. ) z b\n"
PREDICT = """\
let predict x =
  let row i a =
    if Array.length a = {inputs} then outputs a
    else
      invalid_arg
        (Printf.sprintf "predict: x.(%d) has %d entries; it needs {inputs}, one for each input of the network" i
           (Array.length a))
  in
  Array.mapi row x
"""
SIGNATURE = """\
  val sizes : int list
  (** The number of inputs, and then of outputs of each layer. *)

  val predict : float array array -> float array array
  (** [predict x] is the outputs of the network for each row of [x]. Raises [Invalid_argument] where a row does not have
      one entry for each input. *)
"""


def source(network: Network, origin: str) -> str:
    """The OCaml module of a network, whose head says where it comes from; raises a 422 where it is too large."""
    if network.parameters > MOST:
        given = f"The network has {network.parameters:,} weights and biases; OCaml source is made of at most {MOST:,}"
        detail = f"{given}, since compilers take too long for more. Ask for application/x-npz and read that instead."
        raise Problem(422, "limit_exceeded", detail, errors=[{"header": "Accept", "detail": detail}])
    head = HEAD.format(about=_comment(f"{origin} {_about(network)}"), inputs=network.sizes[0])
    body = textwrap.indent("\n".join(_definitions(network)), "  ")
    return f"{head}\ninclude (struct\n{body}end : sig\n{SIGNATURE}end)\n"


def _about(network: Network) -> str:
    """The sizes and activations of a network, and how exactly it is computed, in words."""
    sizes = ", ".join(map(str, network.sizes))
    activations = ", ".join(layer.activation.name for layer in network.layers)
    exactly = {
        "float64": "Weights and biases are the trained float64 numbers, bit for bit.",
        "float32": "Weights and biases are the trained float32 numbers as float64, which holds them exactly; since "
        "predict computes in float64, its outputs are those of the service within the rounding of float32.",
    }
    return f"Sizes: {sizes}. Activations: {activations}. {exactly[str(network.dtype)]}"


def _comment(text: str) -> str:
    """The text as lines of a comment that has begun."""
    return textwrap.fill(text, 100, subsequent_indent="   ")


def _definitions(network: Network) -> Iterator[str]:
    """Each definition of the module, in order; only what is used, so that no compiler warns."""
    yield f"let sizes = [ {'; '.join(map(str, network.sizes))} ]\n"
    yield from _parameters(network)
    yield TIMES
    if any(layer.b is not None for layer in network.layers):
        yield PLUS
    for formula in {layer.activation.name: FORMULAS[layer.activation.name] for layer in network.layers}.values():
        if formula.definition:
            yield formula.definition
    yield _outputs(network)
    yield PREDICT.format(inputs=network.sizes[0])


def _parameters(network: Network) -> Iterator[str]:
    """W₁, b₁, W₂, … as definitions, and what reads them."""
    written = _literal if network.parameters <= READABLE else _packed
    if written is _packed:
        yield NUMBER
        yield MATRIX
        if any(layer.b is not None for layer in network.layers):
            yield VECTOR
    for l, layer in enumerate(network.layers, 1):
        yield f"let w{l} =\n{written(layer.W)}\n"
        if layer.b is not None:
            yield f"let b{l} =\n{written(layer.b)}\n"


def _outputs(network: Network) -> str:
    """The forward pass of one row, a line for each layer."""
    lines = ["let outputs a =\n  a\n"]
    for l, layer in enumerate(network.layers, 1):
        bias, applied = "" if layer.b is None else f"plus b{l}", FORMULAS[layer.activation.name].applied
        lines.append("  " + " ".join(f"|> {step}" for step in (f"times w{l}", bias, applied) if step) + "\n")
    return "".join(lines)


def _literal(M: Array) -> str:
    """A matrix or a vector as an array of decimal numbers."""
    if M.ndim == 1:
        return _row(M)
    rows = ";\n".join(textwrap.indent(_row(row), "  ") for row in M)
    return f"  [|\n{rows};\n  |]"


def _row(numbers: Array) -> str:
    """Numbers as an array."""
    text = "; ".join(map(decimal, numbers.tolist()))
    # A number is never broken at its sign.
    return textwrap.fill(f"[| {text} |]", 100, initial_indent="  ", subsequent_indent="     ", break_on_hyphens=False)


def decimal(number: float) -> str:
    """The shortest OCaml literal that reads back as that float64; of a number that is not finite, its name."""
    if math.isfinite(number):
        return repr(number)
    return "nan" if math.isnan(number) else "infinity" if number > 0 else "neg_infinity"


def _packed(M: Array) -> str:
    """A matrix or a vector as a call that reads it from the digits of its numbers' bits, row by row."""
    digits = np.ascontiguousarray(M, dtype=">f8").tobytes().hex()
    width = LINE * DIGITS
    lines = "\\\n     ".join(digits[start : start + width] for start in range(0, len(digits), width))
    kind = "vector" if M.ndim == 1 else "matrix"
    return f'  {kind} {" ".join(map(str, M.shape))}\n    "{lines}"'
