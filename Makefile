# Everything a newcomer needs. `make help` lists it.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# Node 24 and the locked tools, first on the PATH.
WITH_NODE := tools/with-node.sh

.PHONY: help run test build generate lint format sim replay faults bench bench-messages fan-out stack-up stack-down cluster ps docs install clean

help: ## List all targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# On SIGINT or SIGTERM make waits for the platform to drain, and then ends by that signal itself (130 or 143): what exits with 0 is npm start.
run: ## Run the whole platform in one process at http://localhost:8080, web client included
	@exec tools/start.sh

test: install ## Run every check and test, after installing what they need; ends with "N passed, N failed"
	@exec $(WITH_NODE) node tools/src/run-tests.ts

build: generate ## Compile everything that changed
	@$(WITH_NODE) tsc -b
	@$(WITH_NODE) node tools/src/prune-dist.ts

generate: install ## Generate the types and codecs from proto/
	@$(WITH_NODE) node tools/src/generate-proto.ts

lint: install ## Run the checks without the tests: format, lint, types, protos, dependency rules, tidiness
	@exec $(WITH_NODE) node tools/src/run-tests.ts --checks

format: install ## Format the sources, and fix what the linter can fix
	@$(WITH_NODE) biome check --write .

sim: build ## Simulate the path of a message: SEED=7 for one run, SEEDS=1000 for many, STEPS=3000 for their length
	@exec $(WITH_NODE) node services/messages/dist/sim/main.js

replay: build ## Replay 7,168 real conversations against a running platform: ARGS="--concurrency 64" (--help lists all)
	@exec $(WITH_NODE) node loadtest/dist/main.js replay $(ARGS)

faults: build ## Break a platform on real servers while people talk, and check every history: ARGS="--scenarios owner-kill --minutes 5" (--list)
	@deploy/stack/provision.sh
	@exec $(WITH_NODE) node loadtest/dist/main.js faults $(ARGS)

bench: build ## Measure a ladder of rates beside a raw relay: ARGS="--rates 1000,8000 --write" (--help lists all)
	@exec $(WITH_NODE) node loadtest/dist/main.js bench $(ARGS)

bench-messages: build ## Measure one owner of a million stored conversations: ARGS="conversations --count 1000000" (its head comment lists all)
	@exec $(WITH_NODE) node services/messages/dist/bench/main.js $(ARGS)

fan-out: build ## Measure a channel on a cluster of its own: ARGS="--members 100000 --online 10000 --rate 2" (--help lists all)
	@exec $(WITH_NODE) node loadtest/dist/main.js fan-out $(ARGS)

stack-up: build ## Install and start Kafka, Cassandra, Redis and PostgreSQL on loopback (Debian; elsewhere: docker compose up)
	@deploy/stack/provision.sh
	@$(WITH_NODE) node packages/cluster/dist/main.js stack-up

stack-down: build ## Stop these servers; their data stays in .cache/stack
	@$(WITH_NODE) node packages/cluster/dist/main.js stack-down

cluster: build ## Run all services as separate processes on these servers, at http://localhost:8080
	@deploy/stack/provision.sh
	@$(WITH_NODE) node tools/src/web-export.ts
	@exec $(WITH_NODE) node packages/cluster/dist/main.js up

ps: build ## Show each process of the cluster, its health and its log: NAME=messages-1 for the end of one log
	@exec $(WITH_NODE) node packages/cluster/dist/main.js ps $(NAME)

docs: build ## Write what the documents say of errors and settings from the code
	@$(WITH_NODE) node tools/src/errors-doc.ts
	@$(WITH_NODE) node tools/src/settings-doc.ts

install: ## Install the locked packages, where the lock changed
	@tools/bootstrap.sh

clean: ## Remove what was built; packages, data and downloads stay
	@rm -rf packages/*/dist services/*/dist standalone/dist loadtest/dist tools/dist mobile/dist mobile/.expo packages/*/src/generated
