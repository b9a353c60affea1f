# Every target sets up what it needs: a clone and "make demo" or "make test" are enough.

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
SDKS := $(wildcard tests/sdks/package.json)
GUARD := banner/static/guard
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable
COMPILED := setup.py proxy/markup/reading/passing.py proxy/markup/reading/passing.pxd
# Chromium without a desktop takes half the time in tests; where it can't be had, any Chromium does.
BROWSER := -@.ci/programs chromium-headless-shell
# Most tests wait for browsers and servers, so that a core is never idle with one test more than there are cores.
JOBS ?= $(shell echo $$(($$(nproc 2>/dev/null || echo 2) + 1)))
ARGS ?=
# Hundreds of processes are started by tests: each would compile all of ours again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check coverage test-sites test-long bench guard catalogue release versions country-data format clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 24

demo: $(STAMPS)/run ## a small shop with trackers, proxied: open the addresses that it prints
	$(BIN)/holdback demo $(ARGS)

test: $(STAMPS)/dev $(STAMPS)/sdks $(STAMPS)/guard ## every test but the long ones: browsers and real sites too
	$(BROWSER)
	@.ci/programs chromium firefox-esr nginx postgresql
	cd $(GUARD) && npm run --silent check
	$(BIN)/python -m pytest -m "not long" -n $(JOBS) --dist loadgroup $(ARGS)

check: $(STAMPS)/dev $(STAMPS)/guard ## the quick half: lint, format, types, tests that need neither browser nor site
	@.ci/programs postgresql
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd $(GUARD) && npm run --silent check
	$(BIN)/python -m pytest -q -m "not browser and not site and not soak and not long" -n $(JOBS) --dist loadgroup $(ARGS)

coverage: $(STAMPS)/dev ## which lines of ours the tests of "check" never run in their own process; takes twice as long
	@.ci/programs postgresql
	$(BIN)/python -m pytest -q -m "not browser and not site and not soak and not long" -n $(JOBS) --dist loadgroup \
		--cov --cov-report=term-missing $(ARGS)

test-sites: $(STAMPS)/dev $(STAMPS)/sdks $(STAMPS)/sites ## real software behind Holdback: Django, Next.js, Node-RED, WordPress …
	$(BROWSER)
	@.ci/programs chromium mariadbd php wordpress
	$(BIN)/python -m pytest -m site -n $(JOBS) --dist loadgroup $(ARGS)

test-long: $(STAMPS)/dev $(STAMPS)/sdks $(STAMPS)/sites ## fuzzing, soaks, and the web platform's own tests
	$(BROWSER)
	@.ci/programs chromium firefox-esr WebKitWebDriver Xvfb mariadbd php postgresql wordpress
	-@.ci/web-platform-tests build/web-platform-tests
	$(BIN)/python -m pytest -m long $(ARGS)

bench: $(STAMPS)/dev ## Holdback, nginx, Caddy and mitmproxy side by side
	@.ci/programs nginx caddy wrk
	$(BIN)/python benchmarks/proxying.py $(ARGS)

guard: $(STAMPS)/guard ## build the guard script that is committed from its readable sources
	cd $(GUARD) && npm run --silent format && npm run --silent build

catalogue: $(STAMPS)/dev ## texts for a new language, or what an old one lacks: make catalogue LANGUAGE=nl
	@test -n "$(LANGUAGE)" || { echo "Say which: make catalogue LANGUAGE=nl" >&2; exit 2; }
	@mkdir -p build
	$(BIN)/pybabel --quiet extract --mapping pyproject.toml --no-wrap --no-location --project Holdback --output build/notice.pot banner/templates
	@if [ -f banner/locales/$(LANGUAGE)/LC_MESSAGES/notice.po ]; then verb=update; else verb=init; fi; \
	$(BIN)/pybabel --quiet $$verb --domain notice --input-file build/notice.pot --output-dir banner/locales --locale $(LANGUAGE) --no-wrap

release: $(STAMPS)/dev ## build wheel and sdist into dist/, and try the wheel in a fresh environment
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist .
	$(BIN)/python -m pytest -q tests/protocol/command/test_wheel.py

versions: $(STAMPS)/venv ## the newest versions that fit together into constraints.txt, with which all of this installs
	@mkdir -p build && $(BIN)/python .ci/versions > build/constraints.txt && mv build/constraints.txt constraints.txt

country-data: $(STAMPS)/run ## fetch the free country database (CC0; NRO data, CC BY 4.0)
	$(BIN)/python -m holdback.proxy.rules.country_data $(ARGS)

format: $(STAMPS)/dev ## rewrite the sources in the house format
	$(BIN)/ruff check --fix-only -q .
	$(BIN)/ruff format .

clean: ## remove what the targets above made
	rm -rf $(VENV) build dist *.egg-info tests/sdks/node_modules tests/sites/node/node_modules $(GUARD)/node_modules

# Stamps live in the environment, so that removing it is all that a fresh start takes.
$(STAMPS)/venv: .python-version
	@python=$$(.ci/python) && echo "Python: $$python" && "$$python" -m venv --clear $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: $(STAMPS)/venv pyproject.toml constraints.txt $(COMPILED)
	-@.ci/programs cc # without a compiler it works too, slower
	$(INSTALL) .
	@touch $@

$(STAMPS)/dev: $(STAMPS)/venv pyproject.toml constraints.txt $(COMPILED)
	@.ci/programs cc
	$(INSTALL) '.[dev]'
	@touch $@ $(STAMPS)/run

$(STAMPS)/sdks: $(STAMPS)/venv $(SDKS) $(wildcard tests/sdks/package-lock.json)
ifneq ($(SDKS),)
	@.ci/programs node npm
	cd tests/sdks && if [ -f package-lock.json ]; then npm ci --silent; else npm install --silent --no-package-lock; fi
endif
	@touch $@

$(STAMPS)/guard: $(STAMPS)/venv $(GUARD)/package-lock.json
	@.ci/programs node npm
	cd $(GUARD) && npm ci --silent
	@touch $@

# Streamlit has an environment of its own: it wants other versions of what Holdback uses.
$(STAMPS)/sites: $(STAMPS)/venv tests/sites/node/package-lock.json tests/sites/requirements.txt
	@.ci/programs node npm
	cd tests/sites/node && npm ci --silent
	$(BIN)/python -m venv --clear $(VENV)/streamlit
	$(VENV)/streamlit/bin/python -m pip install --quiet --disable-pip-version-check -r tests/sites/requirements.txt
	@touch $@
