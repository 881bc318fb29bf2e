# Everything a developer types. Each target makes .venv from the locked packages when it is missing or older
# than the lock. Needs Python 3.11 or later with venv, and make; nothing else.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
USER   := $(VENV)/.user-packages
DEV    := $(VENV)/.dev-packages

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export NO_MKDOCS_2_WARNING = 1

.PHONY: help demo test test-all check docs bench lock clean
.DELETE_ON_ERROR:

help:
	@echo "make demo      run the first study, examples/stroke.toml, with few patients"
	@echo "make test      lint, types, import directions, docs, quick tests"
	@echo "make test-all  the same with the slow tests"
	@echo "make docs      build the docs into site/"
	@echo "make bench     speed and accuracy beside other programs, kept in benchmarks/baseline.json"
	@echo "make lock      bring requirements*.lock in line with pyproject.toml (remove them first to renew all)"
	@echo "make clean     remove what these made, .venv included (runs/ stays)"

# --- the environment ---------------------------------------------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "exodyn needs Python 3.11 or later: name one with 'make PYTHON=/path/to/python3.11 ...'" >&2; exit 1; }
	@echo "making $(VENV) (once; packages are downloaded)"
	@$(PYTHON) -m venv $(VENV)

$(USER): requirements.lock pyproject.toml | $(BIN)/python
	@$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements-dev.lock pyproject.toml | $(BIN)/python
	@$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@ $(USER)

# A release may ask for a later 3.11.x than Debian 12 has, so the oldest Python that is supported makes the locks.
lock: $(BIN)/python
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:3] > (3, 11, 2))' || { \
	  echo "lock with Debian 12's Python 3.11.2: make clean lock PYTHON=/usr/bin/python3" >&2; exit 1; }
	@$(BIN)/pip install --quiet pip-tools
	$(PIP_COMPILE) --output-file requirements.lock pyproject.toml
	$(PIP_COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

PIP_COMPILE = CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes \
  --strip-extras --allow-unsafe --build-deps-for editable \
  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options

# --- running -----------------------------------------------------------------------------------------------

DEMO := runs/demo

demo: $(USER)
	@mkdir -p $(dir $(DEMO)) && rm -rf $(DEMO)
	$(BIN)/exodyn run examples/stroke.toml --patients 200 --seed 1 -o $(DEMO)

bench: $(DEV)
	$(BIN)/python benchmarks/baseline.py

# --- testing -----------------------------------------------------------------------------------------------

PYTEST := $(BIN)/pytest --quiet --numprocesses 2 --dist worksteal

check: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# pytest comes last: its closing line is the result.
test: check docs
	$(PYTEST) -m "not slow"

test-all: check docs
	$(PYTEST)

docs: $(DEV)
	$(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf $(VENV) site build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -prune -exec rm -r {} +
