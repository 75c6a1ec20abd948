# Two commands: `make serve` (fresh machine to running mock) and `make test` (fresh machine to all tests passed).
# Both set themselves up in .venv; nothing else on the machine is touched.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: serve test check clients bench matrix gate mutants format clean

serve: $(VENV)/.base
	@$(BIN)/mockserver serve $(ARGS)

test: check clients
	$(BIN)/pytest $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clients: $(VENV)/.dev
	@PATH="$(CURDIR)/$(BIN):$$PATH" tests/clients/install.sh

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks $(ARGS)

# Real SDKs against every fault of a stream: writes docs/clients.md and docs/clients.json.
matrix: clients
	$(BIN)/python -m tools.matrix

# The mock against its own contract: the full gate on twenty seeds, nothing left unexamined. About 8 minutes.
gate: $(VENV)/.dev
	$(BIN)/python -m tools.seeds $(ARGS)

# The gate itself, measured: it runs against every faulty gateway. About 40 minutes; ARGS="--profile smoke": 3.
mutants: $(VENV)/.dev
	$(BIN)/python -m tools.mutants $(ARGS)

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .clients dist build .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# A stamp is newer than pyproject.toml, or the set-up is done again.
$(VENV)/.base: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@ $(VENV)/.base
