"""The drivers that the kit is played with: a new client is one line here."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
KIT = ROOT / "clients" / "conformance"

DRIVERS = {
    "python": f"{sys.executable} clients/conformance/drivers/python.py",
    "javascript": "node clients/javascript/driver.mjs",
    "shell": "clients/shell/driver",
}
