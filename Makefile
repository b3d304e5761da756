.DEFAULT_GOAL := help
.PHONY: help python setup night titles test test-quick check ui bench bench-encode report clean
PYTHON ?= python3
BIN := .venv/bin
NIGHT ?=
FILE ?=

help:  ## Print every target with one line of help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: python  ## Set up and nothing else: .venv with the locked packages and the jars of Delta
	@$(PYTHON) -m jobs.setup

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "Marquee runs on Python 3.11 and $(PYTHON) is none: install python3.11 with its venv module" \
	  "and call make PYTHON=python3.11." >&2; exit 1; }

night: setup  ## Run one night through Airflow: import, train, pages, report (NIGHT=date for a given one)
	@$(BIN)/marquee night $(NIGHT)

titles: python  ## Make titles that play, protected: of clips, or of FILE=path, through Airflow
	@$(PYTHON) -m jobs.setup titles
	@$(BIN)/marquee encode --airflow $(if $(FILE),"$(FILE)")

test: python  ## Run every test, with the services that they start themselves
	@$(PYTHON) -m jobs.setup test
	$(BIN)/pytest -n $(shell $(PYTHON) -c 'import os; print(min(4, os.cpu_count() + 1))') --dist loadfile --no-loadscope-reorder

test-quick: setup  ## Run the tests that take seconds and need no service
	$(BIN)/pytest -m "not slow and not service"

check: setup  ## Check format, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

ui: setup  ## Open Airflow, MLflow, Data Docs and the report side by side
	@$(BIN)/marquee ui

bench: python  ## Measure ratios against peers and write bench/results.md
	@$(PYTHON) -m jobs.setup bench
	$(BIN)/python -m bench

bench-encode: python  ## Measure ladders against the fixed one and write bench/encode.md (FILM=all for a whole film)
	@$(PYTHON) -m jobs.setup titles
	$(BIN)/python -m bench.encode

report: setup  ## Build the report of the last night anew and say where it is
	@$(BIN)/marquee report

clean:  ## Remove everything made at run time
	@var=$$($(PYTHON) -c 'from lakehouse.settings import Settings; print(Settings.read().var)') && \
	  echo "rm -rf $$var" && rm -rf "$$var"
	rm -rf build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
