# Two commands on a fresh machine: `make quickstart` and `make test`. Both set up .venv first.

PYTHON ?= python3
BIN := .venv/bin
# The release that the results were made with; any torch >= 2.6 will do.
TORCH := torch==2.14.1

.PHONY: help install quickstart test test-slow lint docs

help:
	@echo "make quickstart  scenes, training, translations and a report, in about six minutes"
	@echo "make test        the tests that need no real pictures, in about ten minutes"
	@echo "make test-slow   the long ones: kills, exports, the notebook, real trainings"
	@echo "make install     .venv with every extra"
	@echo "make lint        style, types and layers"
	@echo "make docs        the documentation as a site, in ./site"

install: .venv/installed

.venv/installed: pyproject.toml Makefile
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[all]'
	@touch $@

quickstart: install
	$(BIN)/recyclegan quickstart

test: install
	$(BIN)/python -m pytest -n auto -m "not slow"

test-slow: install
	$(BIN)/python -m pytest -n auto -m slow

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
