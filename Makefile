# Everything a newcomer needs. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
NODE := tools/with-node.sh

.PHONY: help install build run test check format sim replay bench docs clean

help: ## List all targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## Install the pinned packages, where the lock changed
	@tools/bootstrap.sh

build: install ## Generate the codecs and compile everything
	@$(NODE) node tools/src/generate-proto.ts
	@$(NODE) tsc -b

run: build ## Run the whole platform in one process, web client included, at http://localhost:8080
	@$(NODE) tools/web-export.sh
	@exec $(NODE) node standalone/dist/main.js

test: build ## Install what the tests need, run every check and test; ends with "N passed, N failed"
	@tools/provision.sh
	@$(NODE) tools/web-export.sh
	@exec $(NODE) node tools/src/run-tests.ts

check: build ## The checks alone: format, lint, protos, unused code, dependency rules, tidiness
	@exec $(NODE) node tools/src/run-tests.ts --checks

format: install ## Format the sources
	@$(NODE) biome check --write .

sim: build ## Simulate the message path: SEED=1 SEEDS=100 STEPS=400
	@$(NODE) node services/messages/dist/sim/main.js --seed $(or $(SEED),1) --seeds $(or $(SEEDS),1) --steps $(or $(STEPS),400)

replay: build ## Replay 7,168 real conversations against a running platform: ARGS="--url http://localhost:8080 --speed max"
	@exec $(NODE) node loadtest/dist/main.js replay $(ARGS)

bench: build ## Measure a rate ladder beside a raw relay: ARGS="--rates 1000,2000,4000,8000"
	@exec $(NODE) node loadtest/dist/main.js bench $(ARGS)

docs: build ## Write what docs say of errors and settings from the code
	@$(NODE) node tools/src/errors-doc.ts
	@$(NODE) node tools/src/settings-doc.ts

clean: ## Remove what was built; data and packages stay
	@rm -rf packages/*/dist services/*/dist standalone/dist loadtest/dist tools/dist mobile/dist mobile/.expo packages/*/src/generated .cache
