# Two commands matter: `make serve` and `make test`.  Each sets up all it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SECTION := $(BIN)/python bench/sections.py
# Uncompiled: five modules in six of what is installed are never loaded, and the first use compiles the sixth.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
# What is compiled is kept, whatever else the environment wishes: the tests load the same code in dozens of processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup serve test check lint torture bench lock clean browser
.DEFAULT_GOAL := setup

setup: $(VENV)/.runtime  ## the command `askare` in .venv

serve: setup  ## the server with demo data on http://127.0.0.1:8080
	$(BIN)/askare serve --demo

test: lint browser  ## the gates and every test, on SQLite and on a real PostgreSQL
	@echo "The types are checked beside the tests, and told after them."
	@$(BIN)/mypy >$(VENV)/types.txt 2>&1 & checked=$$!; \
	$(BIN)/python -m pytest -n 4 --dist loadgroup; tests=$$?; \
	wait $$checked; types=$$?; \
	cat $(VENV)/types.txt; \
	exit $$((tests || types))

check: lint  ## formatting, lint, types and the import rule
	$(BIN)/mypy

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

torture: $(VENV)/.dev  ## ten simulated years of a thousand timetables, and the race for 100,000 starts (an hour)
	$(BIN)/python -m tests.years --timetables 1000 --years 10
	$(BIN)/python -m tests.claims --tasks 200 --seconds 520 --workers 4

bench: $(VENV)/.dev  ## speed, side by side with peers; writes docs/benchmarks.md
	$(BIN)/python bench/run.py
	$(BIN)/python bench/timetable.py
	$(BIN)/python bench/watches.py --import 1000 --docs
	$(BIN)/python bench/watches.py --watches 1000000 --docs
	$(BIN)/python bench/letters.py --docs
	$(SECTION) exchange "Files of many things" bench/exchange.py --rows 100000
	$(BIN)/python bench/calls.py --titles 1000000 --calls 2000 --rounds 3 --docs
	$(BIN)/python bench/summaries/run.py

lock:  ## newest versions of everything, with hashes and without addresses (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
	    --no-header requirements/pip.in -o requirements/pip.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
	    --no-header requirements/runtime.in -o requirements/runtime.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
	    --no-header requirements/dev.in -o requirements/dev.txt
	for peer in bench/peers/fastapi_peer bench/peers/timetable_peers bench/summaries; do \
	    uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
	        --no-header $$peer/requirements.in -o $$peer/requirements.txt; done

clean:  ## all that these commands made, except data folders
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build

browser: $(VENV)/.dev
	@sh tests/need_chromium.sh

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) --require-hashes -r requirements/pip.txt

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	$(PIP_INSTALL) --require-hashes -r requirements/runtime.txt
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@# Our own modules, and what they load at once of others: a start that compiles takes nearly twice the CPU.
	@$(BIN)/python -m compileall -q src
	@$(BIN)/python -c "import askare.cli.running, askare.main, askare.worker, askare.doctor"
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	$(PIP_INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@
