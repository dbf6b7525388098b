# Everything a newcomer needs: `make demo`, `make test`. Needs Python 3.11+, its venv module, make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCKED := --require-hashes --no-deps --only-binary :all:
UV ?= uv
LOCK := $(UV) --no-config pip compile --quiet --universal --python-version 3.11 \
	--only-binary :all: --generate-hashes --no-header --no-annotate --no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help demo test check format up kills chaos kafka39 mutants bench bench-cluster models figures schemas docs lock clean
.SUFFIXES:

help:
	@echo "make demo     real dialogues through all agents, then a summary"
	@echo "make test     style, types, layers, and every test"
	@echo "make check    style, types, layers"
	@echo "make up       the desk on the demo's data, until stopped"
	@echo "make kills    200 kills at random moments, the same tables after each"
	@echo "make chaos    the cluster under fire: every fault, 6,000 contacts each (an hour or more)"
	@echo "make kafka39  the cluster's tests again, on Kafka 3.9"
	@echo "make mutants  how many small changes of the pure rooms the tests notice (long)"
	@echo "make bench    speed and memory, as ratios"
	@echo "make bench-cluster  the same for Kafka, PostgreSQL and mail, which it starts"
	@echo "make models   trains the models again from the open data"
	@echo "make figures  measures the models again on what they have not seen (an hour)"
	@echo "make schemas  writes the Avro schemas again, after an event changed"
	@echo "make docs     writes docs/reference again, from the code"
	@echo "make format   lays the code out"
	@echo "make lock     resolves requirements/ again (needs uv)"
	@echo "make clean    removes caches and builds; keeps .venv, .kafka, .go and your data"

# --- the environment: made once, then only when a lock file has changed ----------------------

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "pactdesk needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 78; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		{ echo "Python's venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 78; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.made requirements/runtime.txt requirements/build.txt
	$(PIP) install $(LOCKED) -r requirements/runtime.txt -r requirements/build.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	$(PIP) install $(LOCKED) -r requirements/dev.txt
	@touch $@

# Editable: the command runs the code of this folder.
$(VENV)/.self: $(VENV)/.runtime pyproject.toml
	$(PIP) install --no-deps --no-index --no-build-isolation --editable .
	@touch $@

# --- what one asks for -----------------------------------------------------------------------

demo: $(VENV)/.self
	@$(BIN)/pactdesk demo

up: $(VENV)/.self
	@$(BIN)/pactdesk demo >/dev/null
	@exec $(BIN)/pactdesk up

test: check
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(VENV)/.self $(VENV)/.dev
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/ruff format --quiet .

kills: $(VENV)/.self $(VENV)/.dev
	PACTDESK_TEST_KILLS=200 $(BIN)/python -m pytest tests/faults -k kill

chaos: $(VENV)/.self $(VENV)/.dev
	PACTDESK_TEST_DIALOGUES=1260 $(BIN)/python -m pytest tests/cluster/test_parity.py
	PACTDESK_TEST_CHAOS=full $(BIN)/python -m pytest tests/chaos

# Only what touches a broker is run again: the rest knows nothing of Kafka.
kafka39: $(VENV)/.self $(VENV)/.dev
	PACTDESK_TEST_KAFKA=3.9 $(BIN)/python -m pytest -n 2 --dist worksteal -m broker

# MUTANTS="agents/triage.py --sample 0" asks about other code, more of it, or another seed.
mutants: $(VENV)/.self $(VENV)/.dev
	nice -n 15 $(BIN)/python -m tests.mutation $(MUTANTS)

bench: $(VENV)/.self $(VENV)/.dev
	@set -e; for name in limit peers desk gateway webhooks verify replay size understanding linking handover; do $(BIN)/python bench/$$name.py; done

bench-cluster: $(VENV)/.self $(VENV)/.dev
	$(BIN)/python bench/cluster.py
	$(BIN)/python bench/projector.py
	$(BIN)/python bench/asof.py
	$(BIN)/python bench/mail.py

models: $(VENV)/.self $(VENV)/.dev
	$(BIN)/python training/train.py
	$(BIN)/python training/train_linking.py

figures: $(VENV)/.self $(VENV)/.dev
	$(BIN)/python training/measure.py $(PARTS)

schemas: $(VENV)/.self
	$(BIN)/python -m streams.publish_schemas

docs: $(VENV)/.self
	$(BIN)/python -m streams.reference

# dev.txt first: the other two are parts of it.
lock:
	$(LOCK) pyproject.toml requirements/build.in --group dev -o requirements/dev.txt
	$(LOCK) pyproject.toml -c requirements/dev.txt -o requirements/runtime.txt
	$(LOCK) requirements/build.in -c requirements/dev.txt -o requirements/build.txt

clean:
	rm -rf build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -path ./$(VENV) -prune -o -type d -name __pycache__ -exec rm -rf {} +
