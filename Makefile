# `make` lists the targets. Needed: Python 3.11 or newer with venv, and make.
# Everything is installed below this directory; `make clean` removes it again.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MINUTES ?= 30
TIMES ?= 100
# One more than there are cores: some tests wait.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

# Each stamp says that an installation is complete and as new as its lock file.
DEMO := $(VENV)/.demo-installed
DEV := $(VENV)/.dev-installed
PACKAGE := $(VENV)/.package-installed
ORACLE := .venv-oracle/.installed
WHEEL := .venv-wheel/.installed
NEIGHBOURS := .venv-neighbours/.installed
NODE := node_modules/.installed

PIP := -m pip --disable-pip-version-check --quiet
LOCKED := install --require-hashes --no-deps -r
# npm and its programs look for node on the PATH.
WITH_NODE := PATH="$(CURDIR)/$(BIN):$$PATH"
COMPILE := ../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url $(if $(UPGRADE),--upgrade)

.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo quick test repeat neighbours matrix soak bench check lint types imports names docs states words build lock clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: $(DEMO) $(PACKAGE) $(if $(TURBO),$(NODE))  ## Start the example shop with a simulated Antom
	@$(BIN)/python -m example_app $(if $(MODE),--mode $(MODE)) \
		$(if $(TURBO),--turbo node_modules/@hotwired/turbo/dist/turbo.es2017-umd.js)

quick: $(DEV) $(PACKAGE)  ## Run the tests that need no server, no browser and little time
	@$(BIN)/python -m pytest --quiet --numprocesses=$(WORKERS) -m quick

test: $(DEV) $(PACKAGE) $(ORACLE) $(NODE)  ## Run all tests; COVERAGE=1 as CI does, THOROUGH=1 more of them
	@$(BIN)/python -m tests.support.browser
	@$(BIN)/python -m tests.support.databases
	@$(BIN)/python -m tests.support.galera
	@$(BIN)/python -m tests.support.redis_server
	@$(BIN)/python -m tests.support.rabbitmq_server
	@$(if $(THOROUGH),ANTOM_THOROUGH=1) $(BIN)/python -m pytest $(if $(COVERAGE)$(THOROUGH),--cov) \
		--numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder

repeat: $(DEV) $(PACKAGE) $(NODE)  ## Play the buyers with Antom's own SDK TIMES (100)
	@$(BIN)/python -m tests.support.browser
	@for number in $$(seq $(TIMES)); do \
		printf '%s ' "$$number" && $(BIN)/python -m pytest --quiet --quiet --numprocesses=$(WORKERS) \
			--dist=worksteal \
			tests/browser/real_sdk/test_real_sdk.py tests/browser/real_sdk/test_hazards.py \
			tests/browser/journeys || exit 1; \
	done

neighbours: $(NEIGHBOURS)  ## Try drivers, servers, proxies, PgBouncer; ONLY="drivers servers pooler"
	@.venv-neighbours/bin/python -m tests.neighbours --workers $(WORKERS) $(ONLY)

matrix: $(DEV)  ## Run quick tests on each Python and its dependencies, or in CELL
	@$(BIN)/nox $(if $(CELL),--session $(CELL)) -- --numprocesses=$(WORKERS)

soak: $(DEV) $(PACKAGE)  ## Play a shop at random; MINUTES (30), DATABASE, SEED, FROM, ROUNDS
	@$(BIN)/python -m tests.support.databases
	@$(BIN)/python -m tests.machine.soak --minutes $(MINUTES) \
		$(if $(DATABASE),--database $(DATABASE)) $(if $(SEED),--seed $(SEED)) \
		$(if $(FROM),--from $(FROM)) $(if $(ROUNDS),--rounds $(ROUNDS))

bench: $(DEV) $(PACKAGE)  ## Measure; AGAINST=commit, ONLY="cost rate", ROUNDS=7, LIMIT=1.10
	@$(BIN)/python -m benchmarks $(if $(AGAINST),--against $(AGAINST)) \
		$(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(LIMIT),--limit $(LIMIT)) $(ONLY)

check: lint types imports  ## Run all linters and type checkers

lint: $(DEV)  ## Check style, formatting and plain English
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/python -m tools.prose

types: $(DEV) $(PACKAGE) $(NODE)  ## Check types with mypy and pyright
	@$(BIN)/mypy
	@$(WITH_NODE) node_modules/.bin/pyright
	@report=$$($(WITH_NODE) node_modules/.bin/pyright --verifytypes flask_antom \
		--ignoreexternal) || { echo "$$report"; exit 1; }

imports: $(DEV) $(PACKAGE)  ## Check that imports run one way
	@$(BIN)/lint-imports --no-logo --no-cache

docs: $(DEV) $(PACKAGE)  ## Build the documentation; warnings are errors
	@if [ -d docs ]; then \
		$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet docs docs/_build/html; \
	else \
		echo "There is no docs/ directory: nothing to build."; \
	fi

states: $(DEV) $(PACKAGE)  ## Print the table of states as Markdown
	@$(BIN)/python docs/states_table.py

words: $(DEV) $(PACKAGE)  ## Bring the translations up to date and compile them
	@$(BIN)/python -m tools.catalogues
	@$(BIN)/python -m tools.formats

names: $(DEV)  ## Record the public names and their signatures
	@$(BIN)/python -m tools.public_names

build: $(DEV) $(WHEEL)  ## Build sdist and wheel, and test the wheel on its own
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation
	@.venv-wheel/bin/python $(PIP) install --no-deps --force-reinstall dist/*.whl
	@$(BIN)/python -m tools.try_wheel

lock: $(DEV)  ## Recompile the lock files; UPGRADE=1 takes the newest versions
	@cd requirements && for name in demo dev oracle neighbours-build neighbours \
			bench bench-sdk bench-stripe; do \
		echo "Locking requirements/$$name.txt" && \
		$(COMPILE) $$name.in --output-file $$name.txt || exit 1; \
	done
	@echo "Locking requirements/wheel.txt"
	@cd requirements && $(COMPILE) --all-extras ../pyproject.toml wheel.in --output-file wheel.txt
	@echo "Locking requirements/lowest.txt"
	@cd requirements && $(COMPILE) --resolution lowest-direct --all-extras ../pyproject.toml lowest.in \
		--output-file lowest.txt
	@echo "Locking package-lock.json"
	@$(WITH_NODE) npm install --package-lock-only --loglevel=error

clean:  ## Remove everything that was installed or built
	rm -rf .venv .venv-matrix .venv-neighbours .venv-oracle .venv-wheel node_modules dist docs/_build \
		.hypothesis .coverage .coverage.* .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

.venv/bin/python .venv-neighbours/bin/python .venv-oracle/bin/python .venv-wheel/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Flask-Antom needs Python 3.11 or newer, and $(PYTHON) is not:" \
		"name another one, as in 'make PYTHON=python3.13'." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
		echo "$(PYTHON) has no venv module: install it (Debian, Ubuntu:" \
		"apt-get install python3-venv)." >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(@:/bin/python=)

$(DEMO): requirements/demo.txt | $(BIN)/python
	@echo "Installing what the example shop needs into $(VENV)"
	@$(BIN)/python $(PIP) $(LOCKED) $<
	@touch $@

$(DEV): requirements/dev.txt $(DEMO)
	@echo "Installing what tests and checks need into $(VENV); this takes a while"
	@$(BIN)/python $(PIP) $(LOCKED) $<
	@touch $@

$(PACKAGE): pyproject.toml $(DEMO)
	@echo "Installing Flask-Antom in place"
	@$(BIN)/python $(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(ORACLE): requirements/oracle.txt | .venv-oracle/bin/python
	@echo "Installing Antom's own SDK, to compare signatures with, into .venv-oracle"
	@.venv-oracle/bin/python $(PIP) $(LOCKED) $<
	@touch $@

$(WHEEL): requirements/wheel.txt | .venv-wheel/bin/python
	@echo "Installing what the wheel and its tests need into .venv-wheel"
	@.venv-wheel/bin/python $(PIP) $(LOCKED) $<
	@touch $@

$(NEIGHBOURS): requirements/neighbours.txt requirements/neighbours-build.txt requirements/dev.txt \
		pyproject.toml $(DEV) | .venv-neighbours/bin/python
	@$(BIN)/python -m tests.support.drivers
	@$(BIN)/python -m tests.neighbours.programs
	@echo "Installing the tests, all drivers and all servers into .venv-neighbours; this takes a while"
	@.venv-neighbours/bin/python $(PIP) $(LOCKED) requirements/dev.txt
	@.venv-neighbours/bin/python $(PIP) $(LOCKED) requirements/neighbours-build.txt
	@.venv-neighbours/bin/python $(PIP) install --no-build-isolation --require-hashes --no-deps -r $<
	@.venv-neighbours/bin/python $(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(NODE): package.json package-lock.json .npmrc $(DEV)
	@echo "Installing what tests need from npm into node_modules"
	@$(WITH_NODE) npm ci --loglevel=error
	@touch $@
