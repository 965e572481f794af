# make run, make test and make lint each see to the environment they need, in .venv.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VENV := .venv
BIN := $(VENV)/bin
PEERS := $(VENV)/peers
OLDEST := $(VENV)/oldest
# What test-oldest runs: what calls the libraries most.
OLD_TESTS ?= tests/study tests/families tests/tables tests/plan tests/engine/test_store.py tests/engine/test_open_ensemble.py \
	tests/engine/test_same_numbers.py tests/engine/test_stored_hashes.py tests/engine/test_runs.py tests/engine/test_sweep.py \
	tests/report/test_figures.py tests/report/test_excel.py tests/report/test_word.py tests/report/test_content.py tests/plot \
	tests/analysis/test_compare.py tests/analysis/test_summarise.py tests/analysis/test_joint.py
# What bench-json writes.
JSON ?= .benchmarks/ratios.json
# Where bench-history keeps what was measured.
HISTORY ?= benchmarks/history
DECLARED := pyproject.toml requirements/constraints.txt requirements/build.txt popsim/version.py
# Versions are pinned, the build backend's too: it is installed first, and builds without an environment of its own.
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --constraint requirements/constraints.txt
EDITABLE := $(PIP) --no-build-isolation --editable
SCHEMA := $(BIN)/check-jsonschema --quiet --builtin-schema vendor.
# Which study `make run` runs, and with what options.
STUDY ?= pops
ARGS ?=

.PHONY: help run test test-slow test-coverage test-hashes test-arm test-oldest release-check test-kills fuzz fuzz-smoke test-statistical coverage test-documents test-pages test-cluster test-memory test-scripts lint lint-scripts bench bench-json bench-history bench-smoke bench-large bench-peers wheel rng-quality clean bench-convergence bench-linear bench-seconds docs docs-serve docs-reference translations validate mutations screenshots notebook

help: ## say what can be made
	@echo "make TARGET, where TARGET is"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
	@echo "An environment is made in $(VENV) first, with the newest Python of 3.11 to 3.14; PYTHON=... names another."

run: $(VENV)/.installed ## run the packaged study; report in results/pops (STUDY=my-study.toml ARGS="--seed 2")
	$(BIN)/popsim run $(STUDY) $(ARGS)

test: $(VENV)/.installed-test ## run the tests that CI runs
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

test-slow: $(VENV)/.installed-test ## run further cases of what `make test` sees in one: some minutes
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "slow and not documents and not slow_statistical" $(ARGS)

test-statistical: $(VENV)/.installed-test ## whole studies against their re-implementation in 200,000 scenarios; errors over 400 seeds; fits of 2,000 data sets: up to two hours
	$(BIN)/python -m pytest tests/reproduction tests/statistical tests/fits -m slow_statistical $(ARGS)

coverage: $(VENV)/.installed-test ## how often stated errors hold the true value, over 400 runs of each statistic and design: writes the tables of docs/concepts/precision.md, an hour
	rm -f results/coverage.json
	$(BIN)/python -m tests.statistical.coverage docs/concepts/precision.md
	$(BIN)/python -m tests.statistical.further_coverage docs/concepts/precision.md

test-documents: $(VENV)/.installed-documents $(VENV)/.installed-docs ## open the documents and some pages of the site in a browser, documents in LibreOffice, which are installed where they are missing (Debian, Ubuntu)
	@bash requirements/system_packages.sh
	$(BIN)/python -m pytest tests/documents -m "documents and not slow" -n 2 --dist worksteal $(ARGS)

test-pages: $(VENV)/.installed-documents $(VENV)/.installed-docs ## open every page of the site, run the code of all pages, follow the start page with libraries from the index
	@bash requirements/system_packages.sh
	$(BIN)/python -m pytest tests/documents tests/packaging/test_newcomer.py -m "documents and slow" -n 2 $(ARGS)

test-cluster: $(VENV)/.installed-objects ## end workers of a cluster again and again; store a run in object storage
	$(BIN)/python -m pytest tests -m cluster $(ARGS)

test-memory: $(VENV)/.installed-test ## analyses and documents of 2,000,000 scenarios, in the memory of some outputs: some five minutes
	$(BIN)/python -m pytest tests/analysis/test_memory.py -m memory $(ARGS)

test-kills: $(VENV)/.installed-test ## kill commands at random moments, let single operations on files fail or end them, damage a thousand run folders: some three quarters of an hour
	$(BIN)/python -m pytest tests -m kills $(ARGS)

fuzz: $(VENV)/.installed-fuzz ## studies with mistakes, calls with wrong arguments, damaged runs, files changed as guided by coverage: half an hour (ARGS="--minutes 5 --seed 2")
	$(BIN)/python -m tests.fuzz $(ARGS)

fuzz-smoke: $(VENV)/.installed-fuzz ## some seconds of guided fuzzing for each loader of files; says so where there is no package of atheris
	$(BIN)/python -m tests.fuzz.guided --seconds 12 $(ARGS)

test-coverage: $(VENV)/.installed-coverage ## run all tests and see how many lines and branches they reach, those of kernels by plain Python: 95 % at least
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage combine
	$(BIN)/coverage report

test-hashes: $(VENV)/.installed-test ## compare numbers with their stored hashes, which are the same on all machines
	$(BIN)/python -m pytest tests -k "always_were or lesser_machine or stored_hashes" $(ARGS)

test-arm: $(VENV)/.installed-test ## compare numbers with their stored hashes on an emulated ARM processor: as root on Debian or Ubuntu, some minutes
	@bash requirements/test_arm.sh $(VENV)/arm $(BIN)/python

test-oldest: $(OLDEST)/.installed ## run tests with the oldest libraries that pyproject.toml allows
	$(OLDEST)/bin/python -m pytest -n 2 -W default $(OLD_TESTS) $(ARGS)

lint: $(VENV)/.installed-lint ## check style, format, types, layers, spelling and workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	RUST_LOG=error $(BIN)/taplo format --check
	$(BIN)/typos
	$(SCHEMA)github-workflows .github/workflows/*.yml
	$(SCHEMA)dependabot .github/dependabot.yml
	$(SCHEMA)github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(SCHEMA)github-issue-forms $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	$(SCHEMA)citation-file-format CITATION.cff

lint-scripts: node_modules/.installed ## check the scripts of the page (eslint); needs node and npm
	npm run --silent lint

validate: $(VENV)/.installed-validation ## test every claim of the validation dossier, and write docs/validation (ARGS="sums" for one page)
	$(BIN)/python -m tests.validation $(ARGS)

mutations: $(VENV)/.installed-test ## put deliberate faults into a copy of the sources, see that tests notice each: docs/validation/mutations.md
	$(BIN)/python -m tests.validation.mutations $(ARGS)

test-scripts: ## test the arithmetic of the scripts of the page; needs node 20
	@command -v node > /dev/null || { echo "node is missing. On Debian and Ubuntu: sudo apt-get update && sudo apt-get install nodejs npm" >&2; exit 1; }
	node --test tests/scripts/

bench: $(VENV)/.installed-test ## measure everything and write the tables of benchmarks/README.md
	@mkdir -p .benchmarks
	$(BIN)/python -m pytest benchmarks --benchmark-json=.benchmarks/bench.json --benchmark-columns=median,iqr,rounds $(ARGS)
	$(BIN)/python -m benchmarks.table .benchmarks/bench.json

bench-json: $(VENV)/.installed-test ## measure the ratios alone, into a JSON file (JSON=FILE)
	@mkdir -p $(dir $(JSON))
	$(BIN)/python -m pytest benchmarks/test_ratios.py -q --benchmark-json=$(JSON) $(ARGS)

bench-history: bench-json ## measure the ratios, keep them in benchmarks/history (HISTORY=FOLDER), draw all that is kept: docs/speed.md
	$(BIN)/python -m benchmarks.history keep $(JSON) $(HISTORY)
	$(BIN)/python -m benchmarks.history page $(HISTORY) docs/speed.md docs/images/speed.svg

bench-smoke: $(VENV)/.installed-test ## run every benchmark once, and hold the ratios that CI holds
	$(BIN)/python -m pytest benchmarks --smoke --benchmark-disable -q -n 2
	$(BIN)/python -m benchmarks.gate

bench-large: $(VENV)/.installed ## stream the packaged study at 10,000,000 scenarios: peak memory and throughput; 20 GB of disk (ARGS="--scenarios 300000")
	$(BIN)/python -m benchmarks.large $(ARGS)

bench-peers: $(PEERS)/.installed ## the same jobs through other libraries, in an environment of their own
	$(PEERS)/bin/python -m benchmarks.peers $(ARGS)

bench-convergence: $(VENV)/.installed-test ## draw error against scenarios for the three designs: docs/images/convergence.svg
	$(BIN)/python -m benchmarks.convergence

bench-linear: $(VENV)/.installed-test ## time over scenarios, countries and options: docs/images/linear.svg
	$(BIN)/python -m benchmarks.linear

bench-seconds: $(VENV)/.installed-test ## seconds until the quantiles of the total are known to 0.5 % (ten minutes)
	$(BIN)/python -m benchmarks.seconds

docs: $(VENV)/.installed-docs ## build the documentation site in site/; warnings and dead links are errors
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict $(ARGS)

docs-serve: $(VENV)/.installed-docs ## show the site on http://127.0.0.1:8000 while pages are written (ARGS="--dirty" for one page at a time)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve $(ARGS)

docs-reference: $(VENV)/.installed ## write the pages of commands, public names, keys, variables and columns: docs/reference
	$(BIN)/python -m popsim.study.describe docs/reference/keys.md docs/reference/variables.md docs/how-to/import-costs.md
	$(BIN)/python -m popsim.report.written docs/reference/files.md
	$(BIN)/python -m popsim.cli.describe docs/reference/command-line.md
	$(BIN)/python docs/hooks/names.py docs/reference/api/*.md

translations: $(VENV)/.installed ## bring the catalogues of languages up to date with the sentences in the code: popsim/report/locales
	$(BIN)/python -m popsim.report.catalogues

screenshots: $(VENV)/.installed-documents ## take the pictures of the pages that show documents anew: docs/images (ARGS=results/pops takes that run)
	@bash requirements/system_packages.sh
	$(BIN)/python -m tests.documents.screenshots $(ARGS)

notebook: $(VENV)/.installed-docs ## execute the notebook for analysts, and write it as a page: docs/tutorial-analyst.md
	$(BIN)/python -m tests.docs.notebook

wheel: $(VENV)/.installed-test ## build the wheel, in dist/
	$(BIN)/python -m build --wheel --no-isolation

release-check: $(VENV)/.installed-release ## rehearse a release without publishing: version, changelog, wheel and sdist, a run in an empty environment (ARGS="--tag v0.2.0")
	$(BIN)/python -m requirements.release $(ARGS)

rng-quality: $(VENV)/.installed-test ## test the random numbers with dieharder (half an hour); table in docs/rng-quality.md
	@command -v dieharder > /dev/null || { echo "dieharder is missing. On Debian and Ubuntu: sudo apt-get update && sudo apt-get install dieharder" >&2; exit 1; }
	mkdir -p results
	@status=0; $(BIN)/python tests/statistical/rng_quality/battery.py run | tee results/rng-quality.txt || status=$$?; \
	$(BIN)/python tests/statistical/rng_quality/battery.py table results/rng-quality.txt docs/rng-quality.md; exit $$status

clean: ## delete the environment, caches and builds; results stay
	rm -rf $(VENV) node_modules build dist site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks .numba_cache
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

$(VENV)/.installed-lint: $(VENV)/.installed-test
	$(EDITABLE) ".[test,lint]"
	@touch $@

$(VENV)/.installed-coverage: $(VENV)/.installed-test
	$(EDITABLE) ".[test,coverage]"
	@touch $@

$(VENV)/.installed-release: $(VENV)/.installed-test
	$(EDITABLE) ".[test,release]"
	@touch $@

$(VENV)/.installed-documents: $(VENV)/.installed-test
	$(EDITABLE) ".[test,documents,docs]"
	@touch $@

$(VENV)/.installed-docs: $(VENV)/.installed
	$(EDITABLE) ".[docs]"
	@touch $@

# What .ci/run needs, in one step: pip is then started once, and looks at all that is asked for once.
$(VENV)/.installed-ci: $(VENV)/.python $(DECLARED)
	$(PIP) --requirement requirements/build.txt
	$(EDITABLE) ".[test,lint,documents,docs,fuzz]"
	@touch $(VENV)/.installed
	@touch $(addprefix $(VENV)/.installed-,test docs)
	@touch $(addprefix $(VENV)/.installed-,lint documents fuzz) $@

$(VENV)/.installed-validation: $(VENV)/.installed-test
	$(EDITABLE) ".[test,validation]"
	@touch $@

$(VENV)/.installed-fuzz: $(VENV)/.installed-test
	$(EDITABLE) ".[test,fuzz]"
	@touch $@

$(VENV)/.installed-objects: $(VENV)/.installed-test
	$(EDITABLE) ".[test,objects]"
	@touch $@

$(OLDEST)/.installed: $(VENV)/.python pyproject.toml requirements/oldest.txt requirements/build.txt
	@bash requirements/make_venv.sh $(OLDEST) $(BIN)/python
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(OLDEST)/bin/python -m pip install --quiet --requirement requirements/build.txt
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(OLDEST)/bin/python -m pip install --quiet --constraint requirements/oldest.txt --no-build-isolation --editable ".[test]"
	@touch $@

$(PEERS)/.installed: $(VENV)/.installed requirements/peers.txt
	@echo "Installing the libraries that popsim is held against ..."
	@bash requirements/make_venv.sh $(PEERS) $(BIN)/python
	$(PIP:$(BIN)/%=$(PEERS)/bin/%) --requirement requirements/peers.txt --requirement requirements/build.txt
	$(PIP:$(BIN)/%=$(PEERS)/bin/%) --no-build-isolation --editable .
	@touch $@

node_modules/.installed: package.json package-lock.json
	@command -v npm > /dev/null || { echo "npm is missing. On Debian and Ubuntu: sudo apt-get update && sudo apt-get install nodejs npm" >&2; exit 1; }
	npm ci --silent
	@touch $@
