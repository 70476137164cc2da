# Every task of the course, one word each. `make` alone explains them.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
SITE := _build/html/index.html
REPORT := build/sample/report.html
# One thread: small matrix products are faster so, and results do not depend on the machine.
export OMP_NUM_THREADS ?= 1
# A hundred Pythons are started: each module is compiled once.
unexport PYTHONDONTWRITEBYTECODE

LIBRARY := $(shell find course_lib -type f -not -name '*.pyc')
SOURCES := $(wildcard solutions/*/*.py)
PAGES := $(shell find book -type f -not -name '*.pyc') _config.yml _toc.yml $(wildcard benchmarks/*.json)

.DEFAULT_GOAL := help
.PHONY: help course setup exercises book sample test test-all lint bench bench-grading serve clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | \
	  awk -F'|' '{printf "  make %-13s %s\n", $$1, $$2}'

course: exercises book sample ## Do everything: .venv, exercises, book, a graded sample class
	@echo
	@echo "The book:              $(SITE)"
	@echo "The exercises:         exercises/"
	@echo "A graded sample class: $(REPORT)"

setup: .venv/.complete ## Make .venv with everything pinned in constraints.txt

.venv/.complete: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is " + sys.version)'
	$(PYTHON) -m venv .venv
	# torch first and pinned: otherwise another package may draw in a build of several GB.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[course,test]'
	@touch $@

exercises: build/.exercises ## Generate the students' notebooks from solutions/

build/.exercises: $(SOURCES) $(LIBRARY) nbgrader_config.py | .venv/.complete
	$(BIN)/course release
	@mkdir -p build && touch $@

book: $(SITE) ## Build the book; any warning fails

$(SITE): $(PAGES) $(LIBRARY) build/.exercises | .venv/.complete
	$(BIN)/jupyter-book build . -W -n --keep-going --quiet
	@touch $@

sample: $(REPORT) ## Write a sample class and grade it

$(REPORT): $(LIBRARY) build/.exercises | .venv/.complete
	$(BIN)/course sample build/sample
	$(BIN)/course grade --course build/sample --allow-root
	@touch $@

# One process per core. A chapter's word picks its tests out of those that hold for every chapter.
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal
WHERE := $(if $(CHAPTER),$(addprefix tests/,chapters/$(CHAPTER) exercises book \
  grading/test_chapters.py) -k $(CHAPTER))

test: setup exercises ## Run the quick tests, of one chapter with CHAPTER=word
	$(PYTEST) -m "not slow" $(WHERE)

test-all: test ## Run the slow tests too, as CI does
	$(PYTEST) -m slow $(WHERE)

lint: setup ## Check style, imports, formatting and the types of the operations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup ## Time the operations against torch, interleaved, on one thread
	$(BIN)/python -m benchmarks

bench-grading: setup ## Time `course grade` against nbgrader, and what it takes for a class of 1,000
	$(BIN)/python -m benchmarks.grading
	$(BIN)/python -m benchmarks.grading --class-of 100 1000

serve: book ## Serve the book at http://localhost:8000 (PORT=...)
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

clean: ## Remove what was built, not .venv
	rm -rf _build build
