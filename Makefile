# Every target works in a fresh clone with Python 3.11 or newer and pip. The environment is made once, in .venv,
# and again only when a pinned version or a pyproject.toml changes.
#
#   make demo     both forms of backpropagation, trained and compared over HTTP, on real data
#   make test     every test                      make check    formatting, lint, types, import direction
#   make serve    the service at 127.0.0.1:8000, its data in ./data
#   make ocaml    builds and tests clients/ocaml alone, without Python
#   make sweep    the tests with the full counts of the seeded property tests; ended, it goes on where it was
#   make clean    removes what the targets made, except ./data

# May be given on the command line: make serve PORT=9000, make test PYTEST='-k lemma', make demo PYTHON=python3.12
PYTHON ?= python3
HOST := 127.0.0.1
PORT := 8000
DATA := ./data
PROCESSES := 2
PYTEST :=

BIN := .venv/bin
PINS := constraints.txt
PROJECTS := core/pyproject.toml service/pyproject.toml clients/python/pyproject.toml
KIT := clients/conformance/run.py clients/conformance/kit clients/conformance/drivers/python.py
PACKAGES := core/backproof_core service/backproof_service clients/python/backproof
BUILDERS := hatchling editables
EXAMPLES := scikit-learn
SWEPT := tests/clients/ocaml/test_library.py   # runs the tests of the OCaml library, of which a sweep is longer
TOOLS := ruff mypy pytest pytest-xdist hypothesis schemathesis openapi-generator-cli
CLIENTS := python-dateutil urllib3   # what a generated Python client imports
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check -c $(PINS)

# One BLAS thread per test process: the tests run side by side, and bits must not depend on the machine's cores.
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1

.DEFAULT_GOAL := help
.PHONY: help demo test serve check ocaml sweep clean

help:
	@sed -n 's/^#   //p' Makefile

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "Backproof needs Python 3.11 or newer; $(PYTHON) is older or missing. Try: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Making the environment in .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/installed: .venv/made $(PINS) $(PROJECTS) Makefile
	@echo "Installing the core, the service and the client (pinned by $(PINS))"
	@$(PIP) $(BUILDERS) $(EXAMPLES)
	@$(PIP) --no-build-isolation -e ./core -e ./service -e './clients/python[cli]'
	@touch $@

.venv/tools: .venv/installed
	@echo "Installing the tools of the tests"
	@$(PIP) $(TOOLS) $(CLIENTS)
	@touch $@

demo: .venv/installed
	@$(BIN)/python examples/demo.py

serve: .venv/installed
	@$(BIN)/backproof serve --host $(HOST) --port $(PORT) --data $(DATA)

check: .venv/tools
	@echo "Formatting";       $(BIN)/ruff format --check --quiet .
	@echo "Lint";             $(BIN)/ruff check --quiet .
	@echo "Types";            $(BIN)/mypy $(PACKAGES) && MYPYPATH=clients/conformance $(BIN)/mypy $(KIT)
	@echo "Import direction"; $(BIN)/pytest --quiet tests/test_imports.py

test: .venv/tools
	@tests/toolchain
	@$(ONE_THREAD) $(BIN)/pytest --quiet -n $(PROCESSES) --dist loadfile $(PYTEST)

ocaml:
	@tests/toolchain ocaml
	cd clients/ocaml && dune build @all @runtest

sweep: .venv/tools
	@tests/toolchain
	@BACKPROOF_SWEEP=1 $(ONE_THREAD) $(BIN)/pytest --quiet -n $(PROCESSES) --dist load tests/core $(SWEPT) $(PYTEST)

clean:
	rm -rf clients/ocaml/_build* .sweep .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find . -name .git -prune -o \( -name __pycache__ -o -name '*.egg-info' \) -type d -prune -exec rm -rf {} +
