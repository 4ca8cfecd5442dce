# Every target makes the environment it needs, and says nothing when there is nothing to do.
PY := .venv/bin/python
CATALOGUES := $(wildcard portal/translations/*/LC_MESSAGES/messages.po)
WORKERS ?= 2
SPREAD = -n $(WORKERS) --dist worksteal
# Byte code is kept, whatever the shell says: each of the processes that tests start would compile all it imports anew.
unexport PYTHONDONTWRITEBYTECODE
# What test-fast leaves out.
SLOW := tests/browser tests/local tests/notify tests/access tests/commands tests/deploy tests/likeness tests/test_budget.py \
	tests/matters/test_any_acts.py tests/network/test_any_changes.py tests/network/test_network_workbooks.py \
	tests/web/test_belongings.py tests/web/test_cold_start.py tests/web/test_patience.py tests/web/test_typed.py

.PHONY: help run prepare test test-fast test-all one test-ready check format bench likeness translate \
	permissions lock clean environment environment-dev

help:  ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name words; do \
		printf '  make %-16s %s\n' "$$name" "$$words"; done

run: environment $(CATALOGUES:.po=.mo)  ## start the portal on this machine; Ctrl-C stops everything
	@$(PY) -m portal.local run --follow-parent

# For a service that may write nothing here.
prepare: environment $(CATALOGUES:.po=.mo)  ## everything that `run` needs, compiled
	@$(PY) -m compileall -q .venv/lib portal migrations wsgi.py

test: test-ready  ## all tests, with coverage, budgets of seconds and the slowest: what every change must pass (TESTS=… a part)
	@mkdir -p .make
	$(PY) -m slipcover --out .make/coverage.txt -m pytest $(SPREAD) --durations=15 $(TESTS)
	@echo 'Lines of portal/ that the tests run through, the least covered files last (all: .make/coverage.txt)'
	@sed '1,3d; /^---/d' .make/coverage.txt | sort -rn -k4,4 | tail -n 15 | cut -c-110; tail -n 1 .make/coverage.txt

test-fast: test-ready  ## the quick two thirds, in some five minutes: without browsers, processes, messages on their way, cross products
	$(PY) -m pytest $(SPREAD) -q $(SLOW:%=--ignore=%)

test-all: test-ready  ## all tests and the full cross products that `make test` samples
	$(PY) -m pytest $(SPREAD) --durations=15 -m ''

one: environment-dev $(CATALOGUES:.po=.mo)  ## one thing, in one process: T=tests/web/test_formats.py, T=….py::test_x, T='-k words'
	$(PY) -m pytest -m '' $(if $(T),$(T),$(error name it: make one T=tests/web/test_formats.py))

test-ready: environment-dev $(CATALOGUES:.po=.mo)
	@deploy/test-needs

check: environment-dev $(CATALOGUES:.po=.mo)  ## linting, formatting, types, the floors, migrations, known faults of packages
	.venv/bin/ruff check .
	@deploy/layout --check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo --no-cache
	$(PY) -m portal.local check-migrations
	$(PY) deploy/audit_packages.py requirements.txt

format: environment-dev  ## lay out the code as `make check` wants it
	@deploy/layout

bench: environment-dev $(CATALOGUES:.po=.mo)  ## what it can carry: growth, statements, throughput, memory
	@$(PY) -m bench

likeness: environment-dev $(CATALOGUES:.po=.mo)  ## name every row, page and message of the demonstration city that is not as kept (KEEP=1 keeps)
	@KEEP=$(KEEP) $(PY) -m tests.likeness

# What is new then waits for its translation.
translate: environment-dev  ## bring the English catalogue up to date with the words on screen
	@mkdir -p .make
	.venv/bin/pybabel -q extract -F pyproject.toml -k _l -k _n:1,2 --no-location --sort-output -o .make/messages.pot .
	.venv/bin/pybabel -q update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date -w 120 -l en \
		-i .make/messages.pot -o portal/translations/en/LC_MESSAGES/messages.po

permissions: environment $(CATALOGUES:.po=.mo)  ## write docs/permissions.md, who may do what, as the rules say now
	@mkdir -p .make
	@$(PY) -m portal.local with flask permissions > .make/permissions.md
	@mv .make/permissions.md docs/permissions.md

lock: environment-dev  ## pin the packages again, after a change of requirements*.in
	.venv/bin/uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 requirements.in -o requirements.txt
	.venv/bin/uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	@deploy/environment dev

# `python -m portal.local forget` removes the data too.
clean:  ## remove what can be made again; the data stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -f portal/translations/*/LC_MESSAGES/messages.mo
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

environment:  ## make .venv for running
	@deploy/environment run

environment-dev:  ## make .venv for tests and checks too
	@deploy/environment dev

%.mo: %.po | environment
	@.venv/bin/pybabel -q compile -i $< -o $@
