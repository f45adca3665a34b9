# `make demo` and `make test` need Python 3.11 or newer and make, nothing else.
VENV := .venv
BIN := $(VENV)/bin
TESTS ?= tests
export JAX_COMPILATION_CACHE_DIR ?= $(CURDIR)/.cache/jax

.DEFAULT_GOAL := help
.PHONY: help demo test bench format clean

help:  ## list what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

demo: $(VENV)/.installed-viewer  ## install, then run the demonstration
	$(BIN)/python -m experiments.demo --workdir=runs/demo

test: $(VENV)/.installed-dev  ## format, lint, types and tests, as CI runs them
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist worksteal $(TESTS)

bench: $(VENV)/.installed-tools  ## install the peers, then measure beside them
	$(BIN)/python -m benchmarks.kinematics --table=runs/bench/kinematics.md
	$(BIN)/python -m benchmarks.fitting --table=runs/bench/fitting.md
	$(BIN)/python -m benchmarks.triangulation --table=runs/bench/triangulation.md
	$(BIN)/python -m benchmarks.capture --table=runs/bench/capture.md
	$(BIN)/python -m benchmarks.session --table=runs/bench/session.md

format: $(VENV)/.installed-dev  ## format the code and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove the environment and all caches
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf build dist *.egg-info

# The stamps are written last, so an interrupted install is done again.
$(VENV)/.created:
	@for python in python3.13 python3.12 python3.11 python3; do \
	  $$python -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' \
	    2>/dev/null || continue; \
	  if command -v uv >/dev/null; then \
	    uv venv --quiet --allow-existing --python $$python $(VENV) || exit 1; \
	  else \
	    $$python -m venv $(VENV) || exit 1; \
	  fi; \
	  touch $@; exit 0; \
	done; \
	echo "lmmjax needs Python 3.11 or newer, and none was found on PATH." >&2; exit 1

# Without what they require: it would replace OpenCV by a build that needs a display.
$(VENV)/.installed-tools: $(VENV)/.installed-bench
	@if command -v uv >/dev/null; then \
	  uv pip install --quiet --python $(BIN)/python --no-deps aniposelib pose2sim; \
	else \
	  $(BIN)/python -m pip install --quiet --no-deps aniposelib pose2sim; \
	fi
	@touch $@

$(VENV)/.installed-%: $(VENV)/.created setup.py
	@echo "Installing lmmjax[$*] into $(VENV) ..."
	@if command -v uv >/dev/null; then \
	  uv pip install --quiet --python $(BIN)/python -e '.[$*]'; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$*]'; \
	fi
	@touch $@
# Everything that the demonstration needs is part of what the tests need.
	@if [ $* = dev ]; then touch $(VENV)/.installed-viewer; fi
