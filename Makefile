# Everything from a bare Debian or Ubuntu with make and Python >= 3.11: `make demo`, `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= $(VENV)/demo
JOBS ?= auto
FUZZ_SECONDS ?= 60
NATIVE := $(wildcard training/cooccurrence/native/* recsvc/native/*)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

.PHONY: install
install: $(VENV)/.train ## build .venv with the service and the trainer

.PHONY: install-serve
install-serve: $(VENV)/.serve ## build .venv with the service alone

.PHONY: demo
demo: $(VENV)/.train ## train on a generated shop and serve it on 127.0.0.1:8000
	@scripts/demo.sh $(BIN) $(DEMO)

.PHONY: test
test: lint $(VENV)/.redis ## lint, then all tests but the long ones
	RECSVC_REDIS_SERVER="$$(cat $(VENV)/.redis)" RECSVC_CHROMIUM="$$(scripts/chromium.sh)" \
		$(BIN)/pytest -m "not deep" -n $(JOBS)

.PHONY: test-deep
test-deep: $(VENV)/.dev $(VENV)/.redis ## the long variants
	RECSVC_REDIS_SERVER="$$(cat $(VENV)/.redis)" $(BIN)/pytest -m deep -n $(JOBS)

.PHONY: bench-serve
bench-serve: $(VENV)/.dev $(VENV)/.redis ## the service beside a bare route and implicit, under load (needs wrk)
	RECSVC_REDIS_SERVER="$$(cat $(VENV)/.redis)" $(BIN)/python bench/serve.py

.PHONY: fuzz
fuzz: $(VENV)/.fuzz ## search for files that break a reader, FUZZ_SECONDS (60) for each format
	scripts/fuzz.sh $(BIN)/python $(FUZZ_SECONDS)

.PHONY: lint
lint: $(VENV)/.dev ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.PHONY: audit
audit: $(VENV)/.dev ## known weaknesses in what is pinned, asked of the public advisory database; unanswered is failed
	$(BIN)/python -m pip_audit --strict --require-hashes --disable-pip -r locks/serve.txt
	$(BIN)/python -m pip_audit --strict --require-hashes --disable-pip -r locks/train.txt

.PHONY: sbom
sbom: $(VENV)/.dev ## what the service consists of, as CycloneDX JSON: sbom.json
	$(BIN)/python -m cyclonedx_py requirements locks/serve.txt --output-reproducible --of JSON -o sbom.json

.PHONY: lock
lock: ## pin every dependency with its hashes again (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		-o locks/serve.txt pyproject.toml
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--extra train -o locks/train.txt pyproject.toml
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--extra dev -o locks/dev.txt pyproject.toml
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--extra train --extra fuzz -o locks/fuzz.txt pyproject.toml
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		| uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		-o locks/build.txt -

.PHONY: clean
clean: ## remove .venv and every cache
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build

$(VENV)/bin/python:
	@scripts/check-python.sh $(PYTHON)
	$(PYTHON) -m venv $(VENV)

# The lock pins and hashes what is installed; the project itself comes last, without touching them.
$(VENV)/.serve $(VENV)/.train $(VENV)/.dev: $(VENV)/.%: locks/%.txt pyproject.toml CMakeLists.txt $(NATIVE) | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r locks/$*.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.fuzz: locks/fuzz.txt | $(VENV)/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r locks/fuzz.txt
	@touch $@

$(VENV)/.redis: scripts/redis.sh | $(VENV)/bin/python
	@scripts/redis.sh $(VENV)/redis > $@.tmp && mv $@.tmp $@
