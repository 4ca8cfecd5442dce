# Every target makes the environment it needs, and says nothing when there is nothing to do.
PY := .venv/bin/python
CATALOGUES := $(wildcard portal/translations/*/LC_MESSAGES/messages.po)
WORKERS ?= 2

.PHONY: run prepare test check bench translate permissions lock clean environment environment-dev

run: environment $(CATALOGUES:.po=.mo)
	@$(PY) -m portal.local run --follow-parent

# Everything that `run` needs, compiled: for a service that may write nothing here.
prepare: environment $(CATALOGUES:.po=.mo)
	@$(PY) -m compileall -q .venv/lib portal migrations wsgi.py

test: environment-dev $(CATALOGUES:.po=.mo)
	@deploy/test-needs
	$(PY) -m pytest -n $(WORKERS) $(TESTS)

check: environment-dev $(CATALOGUES:.po=.mo)
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo --no-cache
	$(PY) -m portal.local check-migrations
	$(PY) deploy/audit_packages.py requirements.txt

bench: environment-dev $(CATALOGUES:.po=.mo)
	@$(PY) -m bench

# Brings the English catalogue up to date with the words on screen; what is new then waits for its translation.
translate: environment-dev
	@mkdir -p .make
	.venv/bin/pybabel -q extract -F pyproject.toml -k _l -k _n:1,2 --no-location --sort-output -o .make/messages.pot .
	.venv/bin/pybabel -q update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date -w 120 -l en \
		-i .make/messages.pot -o portal/translations/en/LC_MESSAGES/messages.po

# Writes who may do what, as the rules say now.
permissions: environment $(CATALOGUES:.po=.mo)
	@mkdir -p .make
	@$(PY) -m portal.local with flask permissions > .make/permissions.md
	@mv .make/permissions.md docs/permissions.md

# After a change of requirements.in or requirements-dev.in.
lock: environment-dev
	.venv/bin/uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 requirements.in -o requirements.txt
	.venv/bin/uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	@deploy/environment dev

# Removes what can be made again. The data stay: `python -m portal.local forget` removes those.
clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -f portal/translations/*/LC_MESSAGES/messages.mo
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

environment:
	@deploy/environment run

environment-dev:
	@deploy/environment dev

%.mo: %.po | environment
	@.venv/bin/pybabel -q compile -i $< -o $@
