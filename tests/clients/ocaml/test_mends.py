"""The OCaml mends of the table of mistakes compile against the toy library, as they would in a caller's code."""

import subprocess
from pathlib import Path

from backproof_core.judgement.mistakes import MISTAKES

NAMES = """open Backproof
module type Names = sig
  val n : float
  val rate : float
  val decay : float
  val mu : float
  val x : Mat.t
  val y : Mat.t
  val h : Mat.t
  val z : Mat.t
  val a : Mat.t
  val a_in : Mat.t
  val z_below : Mat.t
  val w : Mat.t
  val b : float array
  val m : Mat.t
  val delta : Mat.t
  val w_above : Mat.t
  val dw_above : Mat.t
  val delta_above : Mat.t
  val dw : Mat.t
  val zero : Mat.t
  val velocity : Mat.t
  val f : Activation.t
  val f_below : Activation.t
  val f' : float -> float
  val loss : Loss.t
  val grads : (Mat.t * float array option) list
end
"""


def compiled(folder: Path, built: Path, mends: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Each mend in a functor of its own, so that the compiler names the one at fault."""
    parts = [f"module Mend_{name} (Given : Names) = struct\nopen Given\n{mend}\nend\n" for name, mend in mends.items()]
    source = folder / "mends.ml"
    source.write_text(NAMES + "".join(parts), encoding="utf-8")
    objects = built / "lib" / ".backproof.objs" / "byte"
    command = ["ocamlfind", "ocamlc", "-strict-sequence", "-w", "+a-4-32-33-40..42-44-45-60-70", "-warn-error", "+a"]
    return subprocess.run(
        [*command, "-I", objects, "-c", source], capture_output=True, text=True, timeout=120, check=False
    )


def test_every_mend_compiles(dune: Path, tmp_path: Path) -> None:
    done = compiled(tmp_path, dune, {m.id: m.mend.ocaml for m in MISTAKES.values()})
    assert (done.returncode, done.stderr) == (0, "")


def test_one_that_does_not_is_noticed(dune: Path, tmp_path: Path) -> None:
    done = compiled(tmp_path, dune, {"planted": "let dw = Mat.mul (Mat.transpose a_in) b"})
    assert done.returncode != 0
    assert "Mat.t" in done.stderr
