# Every verb sets up what it needs and says what it does; a second run starts in seconds.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

help: ## list the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: ## start the gateway in front of four demo legacy systems on 127.0.0.1:8080, or LISTEN=127.0.0.1:PORT
	@scripts/setup run
	@exec gateway demo $(if $(LISTEN),--listen $(LISTEN))

test: ## run the tests against real servers (sshd, mosquitto, PostgreSQL, SQLite, a Node SOAP stack)
	@scripts/setup test
	@pytest -n 2 --dist loadgroup -m "not long" $(ARGS)

test-long: ## soak, fuzz and load tests
	@scripts/setup test
	@pytest -m long --timeout 1800 $(ARGS)

check: ## ruff, mypy --strict, import-linter, generated documents up to date
	@scripts/setup test
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	python -m scripts.docs --check

fmt: ## format the code and fix what can be fixed
	@scripts/setup test
	ruff format .
	ruff check --fix .

docs: ## regenerate the reference pages
	@scripts/setup test
	python -m scripts.docs

bench: ## measure each path beside a plain hand-written equivalent in the same run
	@scripts/setup test
	@python -m bench

lock: ## resolve the dependencies again and pin them with hashes
	@scripts/lock

.PHONY: help run test test-long check fmt docs bench lock
