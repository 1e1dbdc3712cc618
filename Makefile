# octavo's commands. `make` alone lists them. All of them work from a fresh clone with nothing but
# make and Python 3.11 or newer: what they need is installed into .venv (and .backends, .peers).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test check bench peers test-peers test-backends test-orders fuzz kills lock

VENV := .venv
PYTHON := $(VENV)/bin/python
UV := $(VENV)/bin/uv
READY := $(VENV)/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The interpreter environments are made from: 3.11 is what is tested, a newer one will do.
define find_python
base=; for name in python3.11 python3 python3.12 python3.13 python; do \
  if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then base=$$name; break; fi; \
done; \
test -n "$$base" || { echo 'octavo needs Python 3.11 or newer; none of python3.11, python3 is' >&2; exit 1; }
endef

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## install octavo with all extras and the developers' tools into .venv

# Made again only when what is to be installed has changed; the stamp is written last.
$(READY): pyproject.toml requirements.lock
	@$(find_python); echo "setting up $(VENV) with $$base"; \
	$(PYTHON) -c '' 2>/dev/null || $$base -m venv --clear $(VENV)
	@$(PYTHON) -m uv --version >/dev/null 2>&1 || $(PYTHON) -m pip install --quiet uv
	@$(UV) pip install --quiet --python $(PYTHON) -r requirements.lock
	@$(UV) pip install --quiet --python $(PYTHON) --no-deps -e .
	@touch $@

demo: setup ## set up, then answer questions from the passages in examples/
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" bash examples/demo.sh

test: setup ## run every test that needs no other tool, on JAX, with the examples in the docstrings
	KERAS_BACKEND=jax $(VENV)/bin/pytest -n 2 --dist loadfile --durations 25 --doctest-modules -m "not peer and not orders and not kills" src/octavo tests

test-orders: setup ## all 120 orders of five optimizer wrappers, saved and continued (3 minutes)
	KERAS_BACKEND=jax $(VENV)/bin/pytest tests/optimizers/test_orders.py

fuzz: setup ## 20,000 damaged files of every kind that octavo loads (5 minutes)
	KERAS_BACKEND=jax PYTHONPATH=tests/reference $(PYTHON) tests/fuzz/cases.py 20000

kills: setup ## each command that goes on, killed 20 times at random moments (20 minutes)
	OCTAVO_KILLS=20 KERAS_BACKEND=jax $(VENV)/bin/pytest -s tests/cli/test_kills.py

check: setup ## lint, formatting, types, and who may import whom
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo

bench: peers ## measure every claim in benchmarks/ beside its peer, and refresh the tables of figures
	@failed=; for file in $$(grep -l '^from harness import' benchmarks/*.py); do \
	  echo "== $$file"; $(PYTHON) "$$file" || failed="$$failed $$file"; \
	done; \
	$(PYTHON) benchmarks/readme_table.py; \
	test -z "$$failed" || { echo "below target or not measured:$$failed" >&2; exit 1; }

peers: setup ## install the tools octavo is measured against, each into .peers/NAME
	$(PYTHON) benchmarks/make_peer.py --all

test-peers: .peers/huggingface/.ready ## compare results with other tools (transformers, optax, scikit-learn, gensim ...)
	KERAS_BACKEND=jax .peers/huggingface/bin/python -m pytest -m peer tests

# make_peer.py decides whether the environment is fresh, so it is asked every time.
.PHONY: huggingface-peer
huggingface-peer: setup
	@$(PYTHON) benchmarks/make_peer.py huggingface

.peers/huggingface/.ready: pyproject.toml requirements.lock | huggingface-peer
	@$(UV) pip install --quiet --python .peers/huggingface/bin/python \
	  keras jax safetensors google-crc32c rich cyclopts zstandard pytest hypothesis optax==0.2.8 \
	  numba pyarrow jieba scipy scikit-learn==1.9.1 jax2onnx onnxruntime gensim==4.4.0 \
	  pandas plotly hdbscan umap-learn
	@$(UV) pip install --quiet --python .peers/huggingface/bin/python --no-deps -e . bertopic==0.17.4
	@touch $@

test-backends: .backends/torch/.ready .backends/tensorflow/.ready ## run the Keras leaves' tests on torch and TensorFlow
	KERAS_BACKEND=torch .backends/torch/bin/python -m pytest -m "keras_backend and not orders" tests
	KERAS_BACKEND=tensorflow .backends/tensorflow/bin/python -m pytest -m "keras_backend and not orders" tests

.backends/torch/.ready: FRAMEWORK := torch==2.13.0
.backends/tensorflow/.ready: FRAMEWORK := tensorflow-cpu==2.21.*

# The framework comes by pip, which also looks where pip's settings point (a CPU build, say).
.backends/%/.ready: pyproject.toml requirements.lock | setup
	@$(find_python); echo "setting up .backends/$*"; $$base -m venv --clear .backends/$*
	@.backends/$*/bin/python -m pip install --quiet "$(FRAMEWORK)"
	@$(UV) pip install --quiet --python .backends/$*/bin/python \
	  "keras==$$(sed -n 's/^keras==//p' requirements.lock)" \
	  numpy safetensors google-crc32c rich cyclopts zstandard pytest hypothesis
	@$(UV) pip install --quiet --python .backends/$*/bin/python --no-deps -e .
	@touch $@

lock: setup ## choose the newest versions pyproject.toml allows and write requirements.lock
	$(UV) pip compile pyproject.toml --universal --fork-strategy fewest --all-extras --group dev \
	  --upgrade --no-header --no-annotate --quiet -o requirements.lock
