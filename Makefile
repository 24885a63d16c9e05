# Every target installs the packages that it needs. All targets need Python 3.11 or newer; `check` and `test` also need
# Node.js 18 or newer with npm.

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip --disable-pip-version-check --quiet
NODE   := node_modules/.bin
SOURCE := lifecycle dashboard monitor_project tests benchmarks manage.py hatch_build.py

.DELETE_ON_ERROR:
.PHONY: help lock run test test-postgres matrix check check-python check-scripts format bench soak wheel clean

help: ## List the targets.
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 22

run: $(VENV)/.run ## Start the monitor on HOST and PORT, by default 127.0.0.1 and 8000.
	@exec $(PY) manage.py start

# Coverage is measured only without ARGS: a selection of the tests never reaches the required coverage.
test: $(VENV)/.test ## Run all tests and measure their coverage, or run selected tests: make test ARGS="-k capture"
	@$(PY) -m pytest $(or $(strip $(ARGS)),--numprocesses 3 --dist loadfile --cov)

test-postgres: $(VENV)/.test ## Run most tests on a temporary PostgreSQL, or on the one in DATABASE_URL.
	@$(PY) -m tests.on_postgres $(or $(strip $(ARGS)),--numprocesses 3 --dist loadfile)

matrix: $(VENV)/.test ## Run a part of the tests with every Python and Django that is supported and installed.
	@$(PY) -m tests.matrix $(ARGS)

check: check-python check-scripts ## Check the style and types of Python and JavaScript, settings and migrations.

check-python: $(VENV)/.test
	$(PY) -m ruff check $(SOURCE)
	$(PY) -m ruff format --check $(SOURCE)
	$(PY) -m mypy
	$(PY) manage.py check --fail-level WARNING
	$(PY) manage.py makemigrations --check --dry-run

check-scripts: node_modules/.installed
	$(NODE)/tsc --project .
	$(NODE)/eslint --max-warnings 0 .

format: $(VENV)/.test ## Format the Python files and fix what ruff can fix.
	$(PY) -m ruff check --fix $(SOURCE)
	$(PY) -m ruff format $(SOURCE)

bench: $(VENV)/.test ## Measure the cost of the monitor; ARGS are options of each benchmark: make bench ARGS="--rounds 1"
	@$(PY) -m benchmarks $(ARGS)

soak: $(VENV)/.test ## Run ten minutes of traffic with random faults, or less: make soak SECONDS=60 SEED=7
	@SECONDS=$(SECONDS) SEED=$(SEED) $(PY) -m tests.faults.soak
	@OUTAGE_SECONDS=60 $(PY) -m pytest -q tests/faults/test_outage.py

# The packages of `make run` are locked for all systems and Python versions. Some packages of the tests exist for one only.
LOCK := -m uv --quiet pip compile --python-version 3.11 --generate-hashes --no-annotate \
  --custom-compile-command "make lock" --output-file
lock: $(VENV)/.test ## Write the hashes of the pinned packages into requirements/*.lock, after a change of requirements/*.txt.
	$(PY) $(LOCK) requirements/run.lock --universal requirements/run.txt
	$(PY) $(LOCK) requirements/postgres.lock --universal requirements/postgres.txt
	$(PY) $(LOCK) requirements/test.lock requirements/test.txt

wheel: $(VENV)/.test ## Build the wheel with both apps in dist/.
	$(PY) -m build --no-isolation

clean: ## Delete all files that the other targets created, except the data in var/.
	rm -rf $(VENV) .make.lock node_modules build dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# Only one make at a time may create $(VENV) and install into it. A second make, which holds the lock, finds out what is still
# to do. The lock ends with its process. A file system without locks does not prevent the installation.
define WITH_LOCK
import fcntl, os, sys
lock = os.open(".make.lock", os.O_RDONLY | os.O_CREAT, 0o666)
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("Another make is installing: waiting until it is done", flush=True)
    fcntl.flock(lock, fcntl.LOCK_EX)
except OSError:
    pass
os.set_inheritable(lock, True)
os.execvp(sys.argv[1], sys.argv[1:])
endef
export WITH_LOCK

ifndef LOCKED
$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed, but $(PYTHON) is: $$($(PYTHON) --version 2>&1 | head -n 1)" >&2; \
	  echo "Install a newer Python and set PYTHON to it, for example: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c "$$WITH_LOCK" $(MAKE) --silent LOCKED=yes $@

$(VENV)/.%: requirements/%.lock $(PY)
	@$(PY) -c "$$WITH_LOCK" $(MAKE) --silent LOCKED=yes $@
else
$(PY):
	@echo "Creating the virtual environment in $(VENV)"
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "$(PYTHON) cannot create virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	  exit 1; }

$(VENV)/.%: requirements/%.lock $(PY)
	@echo "Installing requirements/$*.lock"
	@$(PIP) install --require-hashes -r $< || { \
	  echo "The packages in $< could not be installed. Check that this machine can reach the package index." >&2; \
	  echo "If it cannot, set HTTPS_PROXY (a proxy), PIP_INDEX_URL (a mirror), or PIP_NO_INDEX=1 and PIP_FIND_LINKS" >&2; \
	  echo "(a folder of wheels, as published: each file needs its hash in $<). Then run make again." >&2; exit 1; }
	@touch $@
endif

node_modules/.installed: package-lock.json
	@command -v npm >/dev/null || { \
	  echo "npm is needed to check the scripts of the pages. On Debian and Ubuntu: apt-get install nodejs npm" >&2; exit 1; }
	@echo "Installing package-lock.json"
	@npm ci --no-audit --no-fund --loglevel=error || { \
	  echo "The packages in $< could not be installed. Check that this machine can reach the npm registry." >&2; \
	  echo "If it cannot, set HTTPS_PROXY (a proxy) or npm_config_registry (a mirror). Then run make again." >&2; exit 1; }
	@touch $@
