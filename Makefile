# `make serve` and `make test` are all a newcomer needs; each sets up what it uses.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: serve test check format build editor conformance bench clean

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": run make PYTHON=/path/to/python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

build: $(STAMP)
	$(BIN)/publisher build

# Bundles the SPARQL editor with node. Without node or network it says so, and /sparql has the plain form.
editor: $(STAMP)
	$(BIN)/python publisher/web/editor/build.py

serve: build editor
	$(BIN)/publisher serve

test: $(STAMP) editor
	$(BIN)/python -m pytest

# Writes docs/conformance.md from a run of the W3C SPARQL tests, which have to lie in ../shared/w3c.
conformance: $(STAMP)
	$(BIN)/python -m tests.conformance

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What a build of data/ costs, step by step, and the fast engines beside the reference ones. Imported data count too.
bench: $(STAMP)
	$(BIN)/python bench/build.py --json build/bench.json

clean:
	rm -rf $(VENV) releases build publisher/web/static/editor
