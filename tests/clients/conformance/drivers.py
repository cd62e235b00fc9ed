"""The drivers that the kit is played with: a new client is one line here."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
KIT = ROOT / "clients" / "conformance"

DRIVERS = {
    "python": f"{sys.executable} clients/conformance/drivers/python.py",
    "javascript": "node --liftoff-only clients/javascript/driver.mjs",  # V8's quick compiler: a call is a whole process
    "shell": "clients/shell/driver",
    "ocaml": "clients/ocaml/_build/default/conformance/driver.exe",
}
BUILT = {"ocaml": "dune"}  # the fixtures that build the drivers that are not there from the start
