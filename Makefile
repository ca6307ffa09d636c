# Two commands on a fresh machine: `make quickstart` and `make test`. Both set up .venv first.

PYTHON ?= python3
BIN := .venv/bin
# The release that the results were made with; any torch >= 2.6 will do.
TORCH := torch==2.14.1

.PHONY: help install quickstart test lint

help:
	@echo "make quickstart  scenes, training, translations and a report, in about six minutes"
	@echo "make test        all tests that need no real pictures"
	@echo "make install     .venv with every extra"
	@echo "make lint        style, types and layers"

install: .venv/installed

.venv/installed: pyproject.toml Makefile
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[all]'
	@touch $@

quickstart: install
	$(BIN)/recyclegan quickstart

test: install
	$(BIN)/python -m pytest -n auto

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
