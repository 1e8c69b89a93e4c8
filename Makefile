# The commands of the project; `make` alone lists them. They need Python 3.11 or newer and make.

PY := .venv/bin/python
# The first Python on the machine that will do; another one: make run PYTHON=/path/to/python3.
FITS := import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))
CANDIDATES := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
BASE_PY := $(shell for python in $(CANDIDATES); do \
	"$$python" -c '$(FITS)' >/dev/null 2>&1 && { echo "$$python"; break; }; done)
INSTALL = $(BASE_PY) -m config.local.install

.DEFAULT_GOAL := help
.PHONY: help run install install-dev python test check lint types imports migrations lock-check \
	schema format compose-check chaos chaos-short chaos-mutants \
	fuzz browser-check bench bench-compare \
	conformance audit

help: ## List the commands.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' $(MAKEFILE_LIST)

# With `exec`, make's SIGTERM reaches Python itself, which stops everything in order.
run: install ## Run the whole shop in the foreground; Ctrl-C stops it.
	@exec $(PY) -m config.local

install: python ## Install what the shop needs into .venv.
	@exec $(INSTALL) requirements.lock

install-dev: python ## Install the tools to work on the shop as well.
	@exec $(INSTALL) requirements-dev.lock

python:
	@test -n "$(BASE_PY)" || { echo "make: Python 3.11 or newer with venv is needed, and" \
	"$(firstword $(CANDIDATES)) is $$($(firstword $(CANDIDATES)) -V 2>&1 || :): install one (on" \
	"Debian and Ubuntu also python3-venv), or name it: make PYTHON=/path/to/python3" >&2; exit 1; }

test: install-dev ## Run the tests on servers of their own; ARGS="-k cart" picks some.
	@exec $(PY) -m $(if $(ARGS),pytest $(ARGS),tests)

check: install-dev lint types imports migrations lock-check test ## What CI runs: all of the following.

lint: install-dev ## Check formatting and style.
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

types: install-dev ## Check types.
	$(PY) -m mypy

imports: install-dev ## Check the contracts between the layers.
	.venv/bin/lint-imports

migrations: install-dev ## Check that the models, their migrations and Django's own rules agree.
	$(PY) manage.py check
	$(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

lock-check: ## Check that the locked packages name no index.
	@! grep -nE '://|--(extra-)?index-url|--find-links' requirements.lock requirements-dev.lock

schema: install-dev ## Renew docs/openapi.json from the code; refuses what would break clients.
	@exec $(PY) -m tests.openapi

compose-check: install-dev ## Run the shop in containers, kill each, and see it heal; needs Docker.
	@exec $(PY) -m tests.containers

chaos: install-dev ## Send jobs and break things meanwhile; JOBS, FAULTS, SEED, MINUTES, ARGS="--kinds …".
	@exec $(PY) -m tests.chaos $(if $(JOBS),--jobs $(JOBS)) $(if $(FAULTS),--faults $(FAULTS)) \
		$(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(ARGS)

chaos-short: install-dev ## The same with 300 jobs, and each kind of fault once.
	@exec $(PY) -m tests.chaos --short $(ARGS)

chaos-mutants: install-dev ## Break the shop on purpose; tests and faults must notice. ARGS="NAME" picks breaks.
	@exec $(PY) -m tests.chaos.mutants $(ARGS)

bench: install-dev ## Measure what the shop carries and costs; JSON=FILE keeps it, ARGS="--quick …".
	@exec $(PY) -m tests.bench $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(JOBS),--jobs $(JOBS)) \
		$(if $(SECONDS),--seconds $(SECONDS)) $(if $(JSON),--json $(JSON)) $(ARGS)

bench-compare: install-dev ## How two runs of it differ: A=FILE B=FILE.
	@exec $(PY) -m tests.bench.compare $(A) $(B)

fuzz: install-dev ## Send mutated requests to the port of a shop; SECONDS, SEED.
	@exec $(PY) -m tests.fuzz $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

browser-check: install-dev ## Place an order from /api/docs, and look at each page, in Chromium.
	@exec $(PY) -m tests.browser $(ARGS)

conformance: install-dev ## Have schemathesis judge all answers to all roles; SECONDS, SEED, ARGS="--roles …".
	@exec $(PY) -m tests.conformance $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) \
		$(ARGS)

audit: install-dev ## Look for known weaknesses in the locked packages; needs the network.
	$(PY) -m pip_audit --requirement requirements-dev.lock --require-hashes --disable-pip --strict

format: install-dev ## Format the code.
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .
