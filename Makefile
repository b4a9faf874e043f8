# The main commands are `make run` and `make test`. They need Python >= 3.11, git and make, and install the rest.

# GNU Make 3.81, the version of macOS, must be able to read this file. It knows no .SHELLFLAGS, so a failed command ends a
# recipe only if it is the last one of its line: write one command in each line, and no pipes.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
TOOLS := .tools
VENV := .venv
# uv from PATH, whatever its version and origin, or else from the virtual environment $(TOOLS): this one has the version
# and a hash of uv.lock. Both check each package against uv.lock. 'make setup UV=.tools/bin/uv' uses the second one.
UV := $(or $(shell command -v uv 2>/dev/null),$(TOOLS)/bin/uv)
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# 'pulumi install' removes the packages that a program does not need: install them again.
REMOVED := $(if $(wildcard $(BIN)/pytest),,removed-packages)

# Without bytecode, every process of the local stack would compile its imports again.
unexport PYTHONDONTWRITEBYTECODE
unexport VIRTUAL_ENV

STACK ?= dev

.PHONY: help setup run local local-down test check test-fast test-engine test-artifacts test-faults bench bench-check \
	snapshots clean removed-packages

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) $(BIN)/runs ## Install the packages of uv.lock and the command 'runs', and build the two bundles
	@$(BIN)/python -m components.bundles.build

run: setup ## Run the whole system on this machine: deploy, request a run, follow it, show its report
	@$(BIN)/python -m local run --stack $(STACK)

local: setup ## Keep the whole system up on this machine until Ctrl-C; DETACH=1 keeps it in the background
	@$(BIN)/python -m local up --stack $(STACK) $(if $(DETACH),--detach)

local-down: setup ## End the system that 'make local' keeps up
	@$(BIN)/python -m local down

check: setup ## Check format, lint, types and lock file; changes nothing
	@$(BIN)/ruff format --check --quiet . || { echo "Format differs: run '$(BIN)/ruff format .'" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@"$(UV)" lock --check --quiet || { echo "uv.lock is older than pyproject.toml: run 'uv lock'" >&2; exit 1; }

test: check ## Run every check and every test
	@$(BIN)/pytest

test-fast: setup ## Run the tests that need no emulated account and little time
	@$(BIN)/pytest -n 3 -m 'not local and not slow'

test-engine: setup ## Test the program under the real Pulumi engine, and the bundles as AWS starts them
	@$(BIN)/python -m tests.engine.cli
	@$(BIN)/python -m tests.artifacts.tools
	@$(BIN)/pytest -n 2 tests/engine tests/artifacts

test-artifacts: setup ## Test the bundles as AWS starts them
	@$(BIN)/python -m tests.artifacts.tools
	@$(BIN)/pytest -n 2 tests/artifacts

snapshots: setup ## Update snapshots/ with the resources of each stack; commit it with the change
	@$(BIN)/python -m tests.delivery.graph

test-faults: setup ## Test many runs with random faults: SEED=7 RUNS=200
	@$(BIN)/python -m tests.faults $(if $(SEED),--seed $(SEED)) $(if $(RUNS),--runs $(RUNS))

bench: setup ## Measure speed and cost (10 minutes on a quiet machine), and write benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks

bench-check: setup ## Measure again, and fail if a ratio is a quarter above that in benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks --check

clean: ## Remove everything that setup and runs created, including reports
	rm -rf $(VENV) $(TOOLS) .cache .local .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(TOOLS)/bin/uv: uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than 3.11: name a newer one, as in 'make PYTHON=python3.12'" >&2; exit 1; }
	@echo "Installing uv into $(TOOLS)"
	@$(PYTHON) -m venv $(TOOLS)
	@awk -F '"' '/^name = "uv"$$/ { found = 1 } found && /^version = / { printf "uv==%s", $$2 } \
		found && /^    . url = / { printf " --hash=%s", $$4 } found && /^$$/ { exit }' uv.lock > $(TOOLS)/uv.txt
	@$(TOOLS)/bin/pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r $(TOOLS)/uv.txt
	@touch -c $@

$(READY): pyproject.toml uv.lock $(if $(findstring $(TOOLS),$(UV)),$(TOOLS)/bin/uv) $(REMOVED)
	@echo "Installing the packages of uv.lock and compiling them (about a minute, once)"
	@"$(UV)" sync --frozen --quiet --group dev --compile-bytecode --python "$${UV_PYTHON:->=3.11}"
	@touch $@

$(BIN)/runs: runs/launcher.sh $(READY)
	@cp runs/launcher.sh $@
	@chmod 755 $@
