# Two commands matter: `make sandbox` to try it, `make test` to test it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=
# uv takes a third of pip's processor time. Where only pip knows of an index, pip does it.
FETCH   = $(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r $(1) || \
          $(BIN)/pip install --quiet --require-hashes -r $(1)

.PHONY: help sandbox test check docs pictures bench chaos fuzz e2e-litellm sbom advisories lock install clean

help:  ## Show what can be made
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

sandbox: $(VENV)/.run  ## Open a Slack-like workspace in the browser with the bot in it
	@$(BIN)/hypercare sandbox $(ARGS)

# Half of a test is waiting, so each core has two workers; and what one of them has compiled is for all of them.
test: $(VENV)/.test  ## Run every test; ARGS=--all-shapes walks each route everywhere, ARGS=--random-start begins anytime
	@PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --numprocesses $$((2 * $$(getconf _NPROCESSORS_ONLN))) --dist worksteal $(ARGS)

check: $(VENV)/.test  ## Lint and type-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.run  ## Write the tables of docs/settings.md from the code
	@$(BIN)/python -m bot.settings.reference

pictures: $(VENV)/.test  ## Take the pictures of README and docs anew
	@$(BIN)/python -m tests.pictures $(ARGS)

bench: $(VENV)/.test  ## Measure the goals of docs/performance.md as ratios
	@$(BIN)/python -m bench $(ARGS)

fuzz: $(VENV)/.test  ## Send a million odd payloads to every way in; HYPERCARE_FUZZ=10000 for fewer, FUZZ_SEED=7 for the same
	@seed=$${FUZZ_SEED:-$$(date +%s)}; echo "FUZZ_SEED=$$seed plays the same payloads again."; \
	  FUZZ_SEED=$$seed HYPERCARE_FUZZ=$${HYPERCARE_FUZZ:-1000000} \
	  $(BIN)/pytest -n auto --timeout 0 --all-shapes tests/delivery/test_http_door.py -k no_payload -rP $(ARGS) && \
	  HYPERCARE_FUZZ=all $(BIN)/pytest --timeout 0 tests/trust/test_bad_input.py

install: $(VENV)/.run  ## Make .venv with the `hypercare` command in it

chaos: $(VENV)/.test  ## Kill, cut, flood, damage and restore it, and what it calls, for 200 rounds on each database, and count what was lost or doubled
	@$(BIN)/python -m tests.chaos --rounds 200 --database sqlite $(ARGS)
	@$(BIN)/python -m tests.chaos --rounds 200 --database postgresql --replicas 3 $(ARGS)

# A proxy of this size has no place in the suite; it gets an environment of its own beside .venv.
e2e-litellm: $(VENV)/.test $(VENV)-litellm/bin/litellm  ## Let a real LiteLLM proxy (760 MB) send its calls to the bot
	@$(BIN)/python -m tests.gateways.litellm_proxy $(VENV)-litellm/bin/litellm

$(VENV)-litellm/bin/litellm:
	@$(PYTHON) -m venv $(VENV)-litellm
	@$(VENV)-litellm/bin/pip install --quiet 'litellm[proxy]==1.108.7' opentelemetry-sdk opentelemetry-exporter-otlp-proto-http

sbom: $(VENV)/.test  ## Write the bill of materials, hypercare.cdx.json
	@$(BIN)/cyclonedx-py requirements locks/run.txt --pyproject pyproject.toml --output-reproducible --validate \
	  -o hypercare.cdx.json

advisories: $(VENV)/.test  ## Check the locked packages for known advisories; FILE=all.zip without a network
	@$(BIN)/python -m tests.supply $(FILE)

lock:  ## Resolve the dependencies again and write locks/
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade uv
	echo uv | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  - -o locks/uv.txt --upgrade
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  pyproject.toml --extra all --group build -o locks/run.txt --upgrade
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  pyproject.toml --extra all --group test -o locks/test.txt --upgrade --constraints locks/run.txt

clean:  ## Remove everything that was made
	rm -rf $(VENV) $(VENV)-litellm build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.run: locks/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Hypercare needs Python 3.11 or newer; set PYTHON=… to choose one.")'
	@echo "Installing what Hypercare needs into $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --require-hashes -r locks/uv.txt || echo "uv is not to be had, so pip takes its time."
	@$(call FETCH,locks/run.txt)
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run locks/test.txt
	@echo "Installing what the tests need into $(VENV) …"
	@$(call FETCH,locks/test.txt)
	@touch $@
