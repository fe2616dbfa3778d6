# Everything that a person types. Needs make and Python >= 3.11; the rest is fetched into this folder.
PYTHON ?= python3
TRANSPORT ?= local
ARGS ?=
PAIRS ?=
WORKERS ?= 4
BIN := .venv/bin
LOCK_OPTIONS := --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

# Hundreds of processes start during the tests. Where the machine forbids keeping compiled modules, each would compile all of them anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo test soak check format bench screenshots lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name text; do printf '%-18s %s\n' "$$name" "$$text"; done

setup: ## environment, packages, the pages' assets (by itself before the others; quick when nothing changed)
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo 'There is no $(PYTHON) here. Install Python 3.11 or newer, or name one: make setup PYTHON=/path/to/python3'; exit 1; }
	@$(PYTHON) deploy/bootstrap.py

demo: setup ## the platform with sample data, on this machine; TRANSPORT=kafka runs it on a real broker
	@exec $(BIN)/puente demo --transport $(TRANSPORT) $(ARGS)

test: check ## everything: the checks, then every test on both transports, WORKERS=4 at a time; says what it left out (CI=true leaves nothing out)
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

soak: setup ## the random and the crash tests for hours: every pair of faults, a million histories of the quota core, every page in every language
	$(BIN)/python -m tests.soak $(PAIRS)
	PUENTE_TEST_HISTORIES=1000000 $(BIN)/python -m pytest tests/unit/quotas/test_histories.py $(ARGS)
	PUENTE_TEST_API_EXAMPLES=500 $(BIN)/python -m pytest -o timeout=0 -k as_the_description_says tests/integration $(ARGS)
	PUENTE_TEST_LOOKS=all $(BIN)/python -m pytest -o timeout=0 -k 'every_page_is_light or every_page_fits' tests/integration $(ARGS)

check: setup ## style, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo 'Some files are not formatted: make format'; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: setup ## write every file in the one format
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

bench: setup ## ratios of speed on a real broker, in one run; not a test
	$(BIN)/python -m tests.bench $(ARGS)

screenshots: setup ## pictures of the main pages into var/screenshots, on a phone and on a desk; needs Chromium
	$(BIN)/python -m tests.pictures $(ARGS)

lock: setup ## requirements.lock and requirements-run.lock anew, from requirements-dev.in and requirements.in
	$(BIN)/uv pip compile $(LOCK_OPTIONS) $(ARGS) requirements-dev.in --output-file requirements.lock
	$(BIN)/uv pip compile $(LOCK_OPTIONS) $(ARGS) requirements.in --constraint requirements.lock --no-annotate --output-file requirements-run.lock

clean: ## remove what make setup made; data in var/ stays
	rm -rf .venv node_modules shared/web/static
