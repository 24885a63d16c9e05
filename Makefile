# Every target installs what it needs. Only Python 3.11 or newer, make, and for the pages' scripts Node.js 18 or
# newer with npm have to be there.

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip --disable-pip-version-check --quiet
NODE   := node_modules/.bin
SOURCE := lifecycle dashboard monitor_project tests benchmarks manage.py

.DELETE_ON_ERROR:
.PHONY: help lock run test test-postgres check check-python check-scripts format bench soak wheel clean

help: ## List the targets.
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 22

run: $(VENV)/.run ## Start the monitor on 127.0.0.1:8000, or on HOST and PORT.
	@exec $(PY) manage.py start

# Only the complete run is measured: a selection of the tests would always miss the floor.
test: $(VENV)/.test ## Run every test and measure the coverage, or a selection, as in: make test ARGS="-k capture"
	@$(PY) -m pytest $(or $(strip $(ARGS)),--cov)

test-postgres: $(VENV)/.test ## Run every test again, on a PostgreSQL of their own.
	@$(PY) -m tests.on_postgres $(ARGS)

check: check-python check-scripts ## Check style and types of Python and JavaScript, settings and migrations.

check-python: $(VENV)/.test
	$(PY) -m ruff check $(SOURCE)
	$(PY) -m ruff format --check $(SOURCE)
	$(PY) -m mypy
	$(PY) manage.py check --fail-level WARNING
	$(PY) manage.py makemigrations --check --dry-run

check-scripts: node_modules/.installed
	$(NODE)/tsc --project .
	$(NODE)/eslint --max-warnings 0 .

format: $(VENV)/.test ## Put the Python files into shape.
	$(PY) -m ruff check --fix $(SOURCE)
	$(PY) -m ruff format $(SOURCE)

bench: $(VENV)/.test ## Measure what the monitor costs; ARGS goes to each benchmark, as in: make bench ARGS="--rounds 1"
	@$(PY) -m benchmarks $(ARGS)

soak: $(VENV)/.test ## Ten minutes of traffic and random faults, as in: make soak SECONDS=60 SEED=7
	@SECONDS=$(SECONDS) SEED=$(SEED) $(PY) -m tests.faults.soak
	@OUTAGE_SECONDS=60 $(PY) -m pytest -q tests/faults/test_outage.py

# What `make run` needs is locked for all systems and Python versions at once. Packages of the tests do not exist for all.
LOCK := -m uv --quiet pip compile --python-version 3.11 --generate-hashes --no-annotate \
  --custom-compile-command "make lock" --output-file
lock: $(VENV)/.test ## Write the hashes of the pinned packages into requirements/*.lock, after a change of requirements/*.txt.
	$(PY) $(LOCK) requirements/run.lock --universal requirements/run.txt
	$(PY) $(LOCK) requirements/postgres.lock --universal requirements/postgres.txt
	$(PY) $(LOCK) requirements/test.lock requirements/test.txt

wheel: $(VENV)/.test ## Build the package of both apps into dist/.
	$(PY) -m build --no-isolation

clean: ## Remove what the other targets made, but not the data in var/.
	rm -rf $(VENV) node_modules build dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed, but $(PYTHON) is: $$($(PYTHON) --version 2>&1 | head -n 1)" >&2; \
	  echo "Install one and name it, as in: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@echo "Making the virtual environment in $(VENV)"
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	  exit 1; }

$(VENV)/.%: requirements/%.lock $(PY)
	@echo "Installing requirements/$*.lock"
	@$(PIP) install --require-hashes -r $< || { \
	  echo "The packages of $< could not be installed. Is the package index reachable from here?" >&2; \
	  echo "pip obeys HTTPS_PROXY (a proxy), PIP_INDEX_URL (a mirror), PIP_NO_INDEX=1 with PIP_FIND_LINKS" >&2; \
	  echo "(a folder of wheels, as published: each file needs its hash in $<). Then run make again." >&2; exit 1; }
	@touch $@

node_modules/.installed: package-lock.json
	@command -v npm >/dev/null || { \
	  echo "npm is needed to check the pages' scripts. On Debian and Ubuntu: apt-get install nodejs npm" >&2; exit 1; }
	@echo "Installing package-lock.json"
	@npm ci --no-audit --no-fund --loglevel=error || { \
	  echo "The packages of $< could not be installed. Is the npm registry reachable from here?" >&2; \
	  echo "npm obeys HTTPS_PROXY (a proxy) and npm_config_registry (a mirror). Then run make again." >&2; exit 1; }
	@touch $@
