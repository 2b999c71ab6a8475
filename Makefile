# Every entry point of this checkout. Downloads are cached outside of it; nothing is installed on the machine.
SHELL := /bin/bash
BINARY = $(or $(CARGO_TARGET_DIR),target)/release/flts

SOAK = cargo run --quiet --release --locked --bin flts-soak --
ARGS =

.PHONY: help setup build run test test-real test-ledger test-crash test-faults fuzz lint bench bench-claims soak-panics soak-hang soak-stops image chart test-platform
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

setup: ## check the machine, fetch libtorch once, write .cargo/config.toml
	@scripts/setup.sh

build: setup ## the release binary
	@cargo build --release --locked --bin flts
	@echo "built $(BINARY)"

run: export DATA_DIR ?= ./flts-data
# DATA=file.csv TEST=file_test.csv runs on your own data
run: build ## one node with all roles on DATA= (and TEST=), else on synthetic data
	@scripts/run.sh "$(BINARY)" "$(DATA)" "$(TEST)"

test: setup ## every test; ends with 'N passed, N failed'
	@scripts/test.sh

test-crash: setup ## kill -9 at every fault point, three times each (make test does it once)
	@CRASH_ROUNDS=3 scripts/test.sh --test node -- crash_anywhere::

test-faults: setup ## every actor and thread broken in every way at every time, with the time from fault to service
	@FAULT_TABLE=all scripts/test.sh --test node -- every_fault:: --nocapture --test-threads 1

fuzz: SECONDS = 10
fuzz: setup ## mutated inputs for every reader of foreign bytes: no panic, no hang, bounded memory; SECONDS=600 for each target
	@scripts/fuzz.sh $(SECONDS) $(TARGETS)

lint: setup ## format, imports, clippy, docs, unused dependencies, spelling
	@scripts/lint.sh

bench: build ## criterion on the hot paths of domain and runtime, then start-up, memory and loop time of whole nodes
	@cargo bench --locked --benches
	@python3 scripts/measure_node.py "$(BINARY)"

soak-panics: build ## a panic every 500 ms under 200 requests/s; ARGS='--seconds 10' and the like go to each soak
	@$(SOAK) panics --bin "$(BINARY)" $(ARGS)

soak-hang: build ## a hung inference worker under load, until the node escalates
	@$(SOAK) hang --bin "$(BINARY)" $(ARGS)

soak-stops: build ## SIGTERM under 200 requests/s, 50 times
	@$(SOAK) stops --bin "$(BINARY)" $(ARGS)

test-real: setup ## the suites of Kafka and S3 on a real Apache Kafka and a real MinIO, which it fetches and starts
	@scripts/test_real.sh

test-ledger: setup ## 20,000 claims in five minutes, while processes, broker and store are killed
	@LEDGER_SECONDS=300 scripts/test_real.sh ledger

bench-claims: build ## claims a second, lag and idle latency of a node beside a real broker and store
	@. scripts/real.sh && cargo run --quiet --release --locked --example claims -- throughput 20000 50 \
	  && cargo run --quiet --release --locked --example claims -- throughput 4000 4000 \
	  && cargo run --quiet --release --locked --example claims -- idle 100

image: ## the container image, with docker, podman or buildah; its layers
	@scripts/image/build.sh $(ARGS)

chart: ## the chart alone: lint, templates against the schemas of Kubernetes, snapshots
	@tests/chart/run.sh test_valid test_snapshots

test-platform: build ## what is heavier than CI: every test of the chart, with the program reading its pods' settings
	@FLTS="$(abspath $(BINARY))" tests/chart/run.sh
