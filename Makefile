.DEFAULT_GOAL := help
.PHONY: help setup night test test-quick check ui bench report clean
PYTHON ?= python3
BIN := .venv/bin
NIGHT ?=

help:  ## Print every target with one line of help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup:
	@$(PYTHON) -m jobs.setup

night: setup  ## Run one night through Airflow: import, train, pages, report (NIGHT=date for a given one)
	@$(BIN)/marquee night $(NIGHT)

test: setup  ## Run every test, with the services that they start themselves
	$(BIN)/pytest

test-quick: setup  ## Run the tests that take seconds and need no service
	$(BIN)/pytest -m "not slow and not service"

check: setup  ## Check format, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

ui: setup  ## Open Airflow, MLflow, Data Docs and the report side by side
	@$(BIN)/marquee ui

bench: setup  ## Measure ratios against peers and write bench/results.md
	$(BIN)/python -m bench

report: setup  ## Build the report of the last night anew and say where it is
	@$(BIN)/marquee report

clean:  ## Remove everything made at run time
	rm -rf var build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
