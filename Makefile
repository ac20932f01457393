# Everything is set up by itself in .venv from a locked list; nothing has to be installed by hand.
SHELL := /bin/sh
PYTHON ?= $(shell for python in python3.11 python3.12 python3.10 python3; do \
	$$python -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null && { echo $$python; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
SEEDS ?= 1000
READY := $(VENV)/.ready
LOCK := requirements/development.txt requirements/function-runtime.txt
CLIENTS := $(VENV)/.clients

.DEFAULT_GOAL := help
.PHONY: help setup demo up test bytecode check simulate bench contracts package lock clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: $(READY) ## Install what the project needs into .venv

$(READY): $(LOCK)
	@test -n "$(PYTHON)" || { echo "Python 3.10, 3.11 or 3.12 is needed; say where with PYTHON=..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/development.txt
	@rm -rf $(VENV)/function-runtime
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		--target $(VENV)/function-runtime -r requirements/function-runtime.txt
	@touch $@

# The contract tests alone need these; nobody who runs the demo waits for them.
$(CLIENTS): requirements/clients.txt $(READY)
	@echo "Installing the official clients for the contract tests ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/clients.txt
	@touch $@

demo: $(READY) ## Train sample people on this machine and show it live; PHOTOS=folder takes folder/<person>/*.jpg
	@$(BIN)/python -m local demo $(if $(PHOTOS),--photos "$(PHOTOS)")

up: $(READY) ## Run the whole stack in the foreground, durable under .local, until Ctrl-C
	@$(BIN)/python -m local up

TESTS := $(BIN)/python -m pytest --ignore tests/contracts

test: export PYTHONDONTWRITEBYTECODE =
test: $(READY) ## Run all checks and all tests but the official clients' (make contracts)
	@$(MAKE) --no-print-directory -j 2 check bytecode
	@# Five processes on two cores: the end-to-end tests mostly wait.
	@$(TESTS) --quiet -n 5 --dist worksteal

# What the tests are compiled to, with their asserts spelled out, is made once and not by each process.
bytecode: $(READY)
	@$(TESTS) --collect-only -qq >/dev/null 2>&1 || true

check: $(READY) ## Run the linters, the type checker and the import contracts
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > $(VENV)/import-contracts.txt || { cat $(VENV)/import-contracts.txt; exit 1; }

simulate: $(READY) ## Play SEEDS=N seeds of the simulation (default 1000), and every crash point and pair of them
	@$(BIN)/python -m tests.simulation --seeds $(SEEDS)
	@$(BIN)/python -m pytest --quiet -n 2 tests/simulation/test_crash_points.py

bench: $(READY) $(CLIENTS) ## Measure beside peers in the same run; also writes .local/bench.json
	@$(BIN)/python -m tests.benchmarks

contracts: $(READY) $(CLIENTS) ## Drive the local cloud with the official clients, in Python and (with npm) in Node
	@$(BIN)/python -m pytest --quiet -n 2 --dist worksteal tests/contracts
	@$(BIN)/python tests/contracts/node/run.py

package: $(READY) ## Build the zip that Function Compute gets, into dist/
	@$(BIN)/python -m local package

lock: $(READY) ## Write the locked lists anew from pyproject.toml and requirements/function-runtime.in
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header --no-emit-index-url \
		--extra local --extra dev pyproject.toml -o requirements/development.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header --no-emit-index-url \
		--extra local --extra clients --constraint requirements/development.txt pyproject.toml -o requirements/clients.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-package enum34 requirements/function-runtime.in -o requirements/function-runtime.txt

clean: ## Remove everything that was made here, the local cloud's data too
	rm -rf $(VENV) .local dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
