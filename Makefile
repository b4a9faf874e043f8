# Two commands matter: `make run` and `make test`. Everything they need besides Python >= 3.11, git and make, they install.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
TOOLS := .tools
VENV := .venv
# uv from PATH when there is one, otherwise one of our own in a virtual environment beside the project's.
UV := $(or $(shell command -v uv 2>/dev/null),$(TOOLS)/bin/uv)
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# 'pulumi install' removes the packages that a program does not need: install them again.
REMOVED := $(if $(wildcard $(BIN)/pytest),,removed-packages)

# Some machines forbid bytecode; without it every process of the local stack would compile its imports anew.
unexport PYTHONDONTWRITEBYTECODE
unexport VIRTUAL_ENV

STACK ?= dev

.PHONY: help setup run test check test-fast test-engine test-artifacts test-faults snapshots clean removed-packages

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Install what the lock file pins, and build the two bundles
	@$(BIN)/python -m components.bundles.build

run: setup ## Run the whole system on this machine: deploy, request a run, watch it, show the report
	@$(BIN)/python -m local run --stack $(STACK)

check: setup ## Format, lint, types and lock file: fails, changes nothing
	@$(BIN)/ruff format --check --quiet . || { echo "Format differs: run '$(BIN)/ruff format .'" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(UV) lock --check --quiet || { echo "uv.lock is older than pyproject.toml: run 'uv lock'" >&2; exit 1; }

test: check ## Every check and every test
	@$(BIN)/pytest

test-fast: setup ## The tests that need neither the emulated account nor much time
	@$(BIN)/pytest -n 2 -m 'not local and not slow'

test-engine: setup ## The program under the real Pulumi engine, and the bundles as AWS starts them
	@$(BIN)/python -m tests.engine.cli
	@$(BIN)/python -m tests.artifacts.tools
	@$(BIN)/pytest -n 2 tests/engine tests/artifacts

test-artifacts: setup ## The bundles alone, as AWS starts them
	@$(BIN)/python -m tests.artifacts.tools
	@$(BIN)/pytest -n 2 tests/artifacts

snapshots: setup ## Write what both stacks consist of into snapshots/, to be committed with the change
	@$(BIN)/python -m tests.delivery.graph

test-faults: setup ## Random faults for many runs: SEED=7 RUNS=200
	@$(BIN)/python -m tests.faults $(if $(SEED),--seed $(SEED)) $(if $(RUNS),--runs $(RUNS))

clean: ## Remove what setup and runs have left (the reports in .local too)
	rm -rf $(VENV) $(TOOLS) .cache .local .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(TOOLS)/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than 3.11: name a newer one, as in 'make PYTHON=python3.12'" >&2; exit 1; }
	@echo "Installing uv into $(TOOLS)"
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'

$(READY): pyproject.toml uv.lock $(if $(findstring $(TOOLS),$(UV)),$(TOOLS)/bin/uv) $(REMOVED)
	@echo "Installing the packages of uv.lock and compiling them (about a minute, once)"
	@$(UV) sync --frozen --quiet --group dev --compile-bytecode --python '>=3.11'
	@touch $@
