# GSHOP Studio. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
# These ask nothing of real time and run side by side; engine, media and window have the machine to themselves.
SIDE_BY_SIDE := tests/architecture/ tests/gshop_studio/
MEDIA := tests/gshop_studio/server/media
ALONE := $(filter-out $(SIDE_BY_SIDE),$(wildcard tests/*/)) $(MEDIA)

.PHONY: help setup setup-test run test bench lint screenshots lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 14

setup: ## install what running the show needs: system packages, .venv/, the page's modules
	@deploy/setup.sh run

setup-test: ## the same, and what the tests drive: ffmpeg, nginx-rtmp, PostgreSQL, Redis, Chromium, Xvfb, PulseAudio
	@deploy/setup.sh test

run: setup ## put a show on air: the studio's window, or the headless demo where there is no display
	@$(BIN)/gshop-studio run

test: setup-test lint ## lint, types, import rules and the whole suite with coverage
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest -n auto --maxprocesses 4 --dist worksteal $(SIDE_BY_SIDE) --ignore=$(MEDIA); beside=$$?; \
	  $(BIN)/coverage run -m pytest $(ALONE); alone=$$?; \
	  $(BIN)/coverage combine --quiet && $(BIN)/python -m tests.coverage_by_package; exit $$((beside | alone))

bench: setup-test ## measure beside ffmpeg and write docs/performance.md
	@$(BIN)/python -m tests.benchmarks

lint: setup ## ruff, mypy (strict), import-linter
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

screenshots: setup-test ## render the window, the page and the report in three languages, two themes, two sizes into build/screenshots
	@$(BIN)/python -m tests.screenshots

lock: ## pin the dependencies anew (hashed, no index addresses)
	@$(BIN)/python -m pip install --quiet uv && $(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --universal \
	  --python-version 3.11 --no-emit-index-url --no-header --quiet -o requirements.lock
	@npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

clean: ## remove what set-up and tests made
	@rm -rf .venv node_modules resources/viewer/vendor build dist .coverage* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} + ; find translations -name '*.mo' -o -name '*.qm' | xargs -r rm -f
