# Two commands: `make serve` (fresh machine to running mock) and `make test` (fresh machine to all tests passed).
# Both set themselves up in .venv; nothing else on the machine is touched.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
# One worker more than there are cores: tests wait for browsers, SDKs and servers that compute in processes of their own.
# Each worker takes the tests of one file after the other, and helps the others at the end.
WORKERS ?= $(shell expr 1 + $$(getconf _NPROCESSORS_ONLN))
PYTEST := $(BIN)/pytest --numprocesses=$(WORKERS) --dist=worksteal

# Biome, the linter and formatter of the page's and the examples' JavaScript.
BIOME := .clients/page-lint/node_modules/.bin/biome

# What the npm package in js/ is developed and tested with: the compiler, the runners, the SDKs.
JS := .clients/js/node_modules/.package-lock.json

# aimock, another mock of LLM APIs, which the benchmarks measure beside this one.
AIMOCK := .clients/aimock/node_modules/.package-lock.json

# Containers often set this. Without compiled files each worker rewrites every assertion, and each process that a test
# starts compiles the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: serve test quick check lint-page clients js-types bench bench-check matrix acts exam gate mutants attack soak pictures site lock \
  format clean

serve: $(VENV)/.base
	@$(BIN)/mockserver serve $(ARGS)

# Every test, in two runs: tests/support/measured.py says what the first measures, tools/coverage_goals.py how much of each
# folder it must cover.
test: check clients
	$(PYTEST) -m "not repeats" --hypothesis-profile=quick --cov --cov-report= $(ARGS)
	@$(BIN)/python -m tools.coverage_goals
	$(PYTEST) -m "repeats or hypothesis" $(ARGS)

# The tests that need no browser, no SDK, no process of their own and little time, with a tenth of the examples of each
# property.
quick: $(VENV)/.dev
	$(PYTEST) -m "not process and not slow" --hypothesis-profile=quick $(ARGS)

check: $(VENV)/.dev lint-page
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lint-page: $(BIOME)
	$(BIOME) check

clients: $(VENV)/.dev js/node_modules
	@PATH="$(CURDIR)/$(BIN):$$PATH" tests/clients/install.sh

# The types of the npm package, from the control API's document and the schemas of scenarios: writes js/src/generated/.
js-types: $(VENV)/.dev js/node_modules
	$(BIN)/python -m tools.control_document | node js/scripts/generate.mjs js/src/generated

# Every goal beside its baseline, in under five minutes: writes docs/performance.md. ARGS=whole measures one subject.
bench: $(VENV)/.dev $(AIMOCK)
	$(BIN)/python -m benchmarks $(ARGS)

# The same, compared with the committed figures: fails on a ratio that is worse by 15 %.
bench-check: $(VENV)/.dev $(AIMOCK)
	$(BIN)/python -m benchmarks --check $(ARGS)

# Real SDKs against every fault of a stream: writes docs/clients.md and docs/clients.json.
matrix: clients
	$(BIN)/python -m tools.matrix

# Real SDKs and frameworks at their defaults: writes docs/client-acts.md and client-profiles/. ARGS=NAME for one client.
acts: clients
	@PATH="$(CURDIR)/$(BIN):$$PATH" tests/clients/install.sh frameworks instructor
	$(BIN)/python -m tools.acts $(ARGS)

# Real SDKs and frameworks through the exam, one after the other: writes docs/exam-results.md. ARGS=NAME for one client.
exam: clients
	$(BIN)/python -m tools.exam $(ARGS)

# The mock against its own contract: the full gate on twenty seeds, nothing left unexamined. About 8 minutes.
gate: $(VENV)/.dev
	$(BIN)/python -m tools.seeds $(ARGS)

# The gate itself, measured: it runs against every faulty gateway. About 40 minutes; ARGS="--profile smoke": 3.
mutants: $(VENV)/.dev
	$(BIN)/python -m tools.mutants $(ARGS)

# The pictures of the README and the docs, from the real programs: writes docs/pictures/. Needs Chromium.
pictures: $(VENV)/.dev
	$(BIN)/python -m tools.pictures

# The documentation as a site in site/, every warning an error.
site: $(VENV)/.dev
	$(BIN)/zensical build --clean --strict

# The newest versions that pyproject.toml allows, for development and CI.
lock: $(VENV)/.dev
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras --group dev \
	  --no-header --no-annotate --no-emit-index-url --output-file requirements-dev.lock pyproject.toml

# Load, fuzzers, hostile clients, broken machinery, on loopback: at most 5 minutes. ARGS="--only load", ARGS=--list.
attack: $(VENV)/.dev
	$(BIN)/python -m tools.attack $(ARGS)

# A million mixed requests, each answer compared with the pure engine's: at most ten minutes. ARGS="--requests 50000".
soak: $(VENV)/.dev
	$(BIN)/python -m tools.soak $(ARGS)

format: $(VENV)/.dev $(BIOME)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIOME) check --write

clean:
	rm -rf $(VENV) .clients dist build site .cache .coverage .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# A stamp is newer than the files that name the packages, or the set-up is done again.
$(VENV)/.base: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml requirements-dev.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@ $(VENV)/.base

# npm needs the real path of the folder: .clients can be a link.
$(BIOME): tools/page-lint/package.json tools/page-lint/package-lock.json
	@mkdir -p .clients/page-lint
	@cp $^ .clients/page-lint
	@npm ci --prefix "$$(realpath .clients/page-lint)" --loglevel=error --no-audit --no-fund --ignore-scripts >/dev/null
	@touch $@

$(AIMOCK): benchmarks/aimock/package.json benchmarks/aimock/package-lock.json
	@mkdir -p .clients/aimock
	@cp $^ .clients/aimock
	@npm ci --prefix "$$(realpath .clients/aimock)" --loglevel=error --no-audit --no-fund --ignore-scripts >/dev/null
	@touch $@

$(JS): js/package.json js/package-lock.json
	@mkdir -p .clients/js
	@cp $^ .clients/js
	@npm ci --prefix "$$(realpath .clients/js)" --loglevel=error --no-audit --no-fund --ignore-scripts >/dev/null
	@touch $@

js/node_modules: | $(JS)
	@ln -sfn ../.clients/js/node_modules $@
