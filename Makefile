# make run, make test and make lint each see to the environment they need, in .venv.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VENV := .venv
BIN := $(VENV)/bin
DECLARED := pyproject.toml requirements/constraints.txt requirements/build.txt popsim/version.py
# Versions are pinned, the build backend's too: it is installed first, and builds without an environment of its own.
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --constraint requirements/constraints.txt
EDITABLE := $(PIP) --no-build-isolation --editable
# Which study `make run` runs, and with what options.
STUDY ?= pops
ARGS ?=

.PHONY: help run test lint wheel clean

help: ## say what can be made
	@echo "make TARGET, where TARGET is"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 10
	@echo "An environment is made in $(VENV) first, with the newest Python of 3.11 to 3.13; PYTHON=... names another."

run: $(VENV)/.installed ## run the packaged study; report in results/pops (STUDY=my-study.toml ARGS="--seed 2")
	$(BIN)/popsim run $(STUDY) $(ARGS)

test: $(VENV)/.installed-test ## run all tests
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.installed-test ## check style, format, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

wheel: $(VENV)/.installed-test ## build the wheel, in dist/
	$(BIN)/python -m build --wheel --no-isolation

clean: ## delete the environment, caches and builds; results stay
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks .numba_cache
	find popsim tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.python: requirements/make_venv.sh
	@bash requirements/make_venv.sh $(VENV) "$(PYTHON)"
	@touch $@

$(VENV)/.installed: $(VENV)/.python $(DECLARED)
	@echo "Installing what popsim needs (a minute or two the first time) ..."
	$(PIP) --requirement requirements/build.txt
	$(EDITABLE) .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(EDITABLE) ".[test]"
	@touch $@
