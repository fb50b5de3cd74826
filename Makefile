# Everything a stranger needs: `make pipeline` for the report, `make test` for the proof.
# On a fresh machine: Python 3.11 or later with venv, git and make. Nothing else.
.DEFAULT_GOAL := help
.PHONY: help load faults superset-env oidc-env pipeline run dashboards test e2e check bench calibrate fuzz sample system-tools locks clean
SHELL := /bin/sh

# Small matrices: a second thread only waits for the first, up to fifty times longer on a busy machine.
export OMP_NUM_THREADS ?= 1

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
READY   := $(VENV)/.ready
SUPERSET_VENV  := .venv-superset
SUPERSET_READY := $(SUPERSET_VENV)/.ready
OIDC_VENV  := .venv-oidc
OIDC_READY := $(OIDC_VENV)/.ready
REPORT  := var/rapport
DRAWS   ?= 400

help:  ## This list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/  →/' | column -t -s '→' 2>/dev/null || grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST)

# The environment: uv pinned by its hash, then everything else by theirs; the project itself last, in place.
$(READY): requirements/uv.txt requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/uv.txt
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements/dev.txt
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

# Superset's own environment: it needs SQLAlchemy below 2, everything else here 2 or later.
$(SUPERSET_READY): requirements/superset.txt | $(READY)
	$(PYTHON) -m venv --without-pip $(SUPERSET_VENV)
	VIRTUAL_ENV=$(CURDIR)/$(SUPERSET_VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements/superset.txt
	touch $@

superset-env: $(SUPERSET_READY)  ## Superset's environment

# A directory to enter with, for the tests: it pins what it likes, away from ours.
$(OIDC_READY): requirements/oidc.txt | $(READY)
	$(PYTHON) -m venv --without-pip $(OIDC_VENV)
	VIRTUAL_ENV=$(CURDIR)/$(OIDC_VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements/oidc.txt
	touch $@

oidc-env: $(OIDC_READY)  ## The environment of the directory that tests enter with

pipeline: $(READY)  ## The demonstration study, from its workbooks to the report in var/rapport
	$(BIN)/workload run sample/meurthe-et-moselle --out $(REPORT) --draws $(DRAWS)

run: pipeline $(SUPERSET_READY)  ## The same, then the study in the database, its scenarios published, and Superset up: addresses and passwords printed
	@echo
	@echo "Rapport : $(CURDIR)/$(REPORT)/rapport.html"
	@echo "Classeur : $(CURDIR)/$(REPORT)/rapport.xlsx"
	@echo
	$(BIN)/workload up sample/meurthe-et-moselle --draws $(DRAWS)

dashboards: $(READY) $(SUPERSET_READY)  ## Writes dashboards edited by hand in Superset back into superset/assets
	$(BIN)/workload dashboards-export

test: $(READY) $(SUPERSET_READY) $(OIDC_READY) system-tools  ## Every test: unit, property, reference, integration, browser
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

e2e: $(READY) $(SUPERSET_READY) $(OIDC_READY) system-tools  ## The browser tests alone
	$(BIN)/python -m pytest -m e2e

check: $(READY)  ## Lint, types, layering
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) $(SUPERSET_READY) system-tools  ## Ours beside a peer, in one run: a table, and var/bench.json
	$(BIN)/python -m benchmarks

load: $(READY)  ## Fifty readers, five imports, two scenarios at once: median and 95th percentile per route
	$(BIN)/python -m benchmarks.service_load

faults: $(READY)  ## Processes and the database killed in the middle of work, a full disk, two people at once
	$(BIN)/python -m pytest tests/integration/test_service_faults.py tests/integration/test_service_disk.py

calibrate: $(READY)  ## Intervals and errors on a thousand départements of known truth: a table, and var/calibrate.json
	$(BIN)/python -m sample.calibrate

sample: $(READY)  ## Makes the committed demonstration study anew
	$(BIN)/python -m sample.build --out sample/meurthe-et-moselle

# Programs that some tests drive. As root on Debian we fetch what is missing; elsewhere those tests skip and name it.
system-tools:
	@sh tests/system-tools.sh

locks: $(READY)  ## Resolves the locked requirements anew
	requirements/make-locks.sh

clean:  ## Removes what make made
	rm -rf $(VENV) $(SUPERSET_VENV) $(OIDC_VENV) var build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

fuzz: $(READY)  ## Ten thousand mutated workbooks and CSVs
	FUZZ_MUTANTS=10000 $(BIN)/python -m pytest -n 2 tests/fuzz
