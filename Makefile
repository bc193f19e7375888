# `make` alone lists the targets. Everything that the targets need lies in .venv, made from requirements.lock.
PORT ?= 8080
JSON ?=
UPGRADE ?=
NAME ?=
SEED ?=
SEEDS ?=
FIRST ?=
SECONDS ?=

PY := .venv/bin/python
LOCK_ARGS := --universal --generate-hashes --no-header --no-annotate --quiet $(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help install demo check test test-clients test-all bench crash fuzz new-erp lock changelog clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

install: .venv/installed ## Make .venv from the lock; nothing happens when it is up to date.

# Output goes to stderr: the stdout of a target belongs to what the target runs.
.venv/installed: requirements.lock pyproject.toml
	@echo "Installing the locked parts into .venv ..." >&2
	@python3 -m venv .venv >&2
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock >&2
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . >&2
	@touch $@

demo: install ## Fill a demo company once and serve it on this machine (PORT=8080).
	@.venv/bin/listino demo --port $(PORT)

check: install ## Format, lint, types, import rules and the tests that read the code (lengths, circles, dead code).
	$(PY) -m ruff format --check
	$(PY) -m ruff check
	$(PY) -m mypy
	.venv/bin/lint-imports --no-logo
	$(PY) -m pytest -q tests/house

test: install ## Run the tests, without those marked `long`.
	$(PY) -m pytest -n 2 --dist loadfile -m "not long"

test-clients: install ## Install real SOAP clients from the registries (PHP, Node, .NET, Java) and run them against us.
	$(PY) -m tests.clients.install
	$(PY) -m pytest tests/clients

test-all: install ## Run every test; installs the SOAP clients of `make test-clients`.
	$(PY) -m tests.clients.install
	$(PY) -m pytest -n 2 --dist loadfile

bench: install ## Measure the roads and print ratios as a table (JSON=1: one JSON object).
	@JSON=$(JSON) $(PY) -m bench

crash: install ## Run the hand-over of orders through storms of faults (SEEDS=100000 many, FIRST=500 from there on, SEED=123 one).
	@SEED=$(SEED) SEEDS=$(SEEDS) FIRST=$(FIRST) $(PY) -m tests.crash.simulator

fuzz: install ## Send every door of a server what schemathesis makes up from the contract (SECONDS=300, SEED=123 one).
	@$(PY) -m tests.fuzz "$(SECONDS)" "$(SEED)"

new-erp: install ## Write the two files of a new connector to a management system (NAME=acme).
	@$(PY) -m listino.testing.new_erp "$(NAME)"

lock: install ## Refresh requirements.lock from pyproject.toml (UPGRADE=1: newest versions allowed).
	$(PY) -m uv pip compile $(LOCK_ARGS) --group dev --output-file requirements.lock pyproject.toml

changelog: install ## Show what the fragments in changes/ will add to the changelog.
	$(PY) -m towncrier build --draft

clean: ## Remove .venv and everything that was built or cached.
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks .clients
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
