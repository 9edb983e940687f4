# Everything that people do with the course, one word each.  `make` alone lists the targets.
#
#   PYTHON=python3.12 make book        another interpreter for the environment
#   TORCH_INDEX=<address> make book    take torch from this package index (the CPU build, say), and only torch
#   D2LMINI_DATA=<folder> make test    where MNIST is, if not in the user's cache
#   COURSE_REPOSITORY=<address> COURSE_BRANCH=main make book
#                                      where the course is published, if the checkout does not say
#   COURSE_BASE_URL=<address> make book  where the site will be published (for a site map, cards, canonical links)
#   COURSE_NOTEBOOKS_BRANCH=notebooks make book
#                                      which branch of it holds the notebooks that Colab opens, if any
#   JOBS=1                             processes at a time (default: one per core; of the tests three for two)
#   make lab LANG=vi                   the notebooks of this language (default: English); also pdf (likewise)
#                                      and slides (default: all languages)
#   make pdf PAPER=letter              on this paper (default: a4)
#   make bench QUICK=1                 a short run of the benchmarks, to see that they work
#   make bench BENCH="mnist sweep"     these parts alone; the figures of the others stay
#   make book SOLUTIONS=no             without the solutions of the exercises; also pdf and serve

PYTHON      ?= python3
VENV        ?= .venv
TORCH_INDEX ?=
JOBS        ?=
export TORCH_INDEX

BIN  := $(VENV)/bin
PY   := $(BIN)/python
jobs  = $(if $(JOBS),--jobs $(JOBS))
# Tests wait for browsers and kernels part of their time, so there are more workers than cores.
workers = $(or $(JOBS),$(shell $(PY) -c "import os; print(min(8, max(2, 3 * (os.cpu_count() or 1) // 2)))"))

# LANG is also the locale, which every environment has: it means a language of the course only where
# it is given to make itself, and then it must not become the locale of what make runs.
ifeq ($(origin LANG),command line)
lang := --lang "$(LANG)"
unexport LANG
endif
edition = $(if $(SOLUTIONS),--solutions "$(SOLUTIONS)")

.DEFAULT_GOAL := help
.PHONY: help book serve links pdf slides lab notebooks notebooks-branch check lint test coverage bench bench-page sweep-data cards clean distclean

help:  ## this list
	@echo "The momentum course: what you can ask for"
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-18s%s\n", $$1, $$2}'

book: $(VENV)/.book  ## build the four editions into _build/html/
	@$(PY) site/notebooks.py $(jobs)
	@$(PY) site/book.py $(jobs) $(edition)

pdf: $(VENV)/.pdf  ## print the book of a language into _build/pdf/ (LANG=vi, SOLUTIONS=no, PAPER=letter)
	@$(PY) site/chromium.py
	@$(PY) site/notebooks.py $(jobs)
	@$(PY) site/book.py $(jobs) $(or $(lang),--lang en) $(edition)
	@$(PY) site/pdf.py $(or $(lang),--lang en) $(edition) $(if $(PAPER),--paper "$(PAPER)")

slides: $(VENV)/.book  ## make a deck of each chapter into _build/slides/, after the book; LANG=vi: only these
	@$(PY) site/notebooks.py $(jobs)
	@$(PY) site/book.py $(jobs) $(lang)
	@$(PY) site/slides.py $(jobs) $(lang)

serve: $(VENV)/.book  ## show _build/html/ in the browser, on a free local port
	@$(PY) site/serve.py $(edition)

lab: $(VENV)/.lab  ## open copies of the notebooks in JupyterLab (LANG=vi: the Vietnamese ones)
	@$(PY) site/lab.py $(lang)

links: $(VENV)/.book  ## check every link of _build/html/
	@$(PY) site/links.py

notebooks: $(VENV)/.book  ## bring notebooks/ up to date with chapters/, executing what is stale
	@$(PY) site/notebooks.py $(jobs)

notebooks-branch:  ## push the notebooks to download of _build/html/ to the branch COURSE_NOTEBOOKS_BRANCH
	@$(PYTHON) site/plainbranch.py

check: $(VENV)/.book  ## what can be checked without building: stale outputs, formulas, translations
	@$(PY) site/check.py

lint: $(VENV)/.dev  ## style and types of the Python code
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

test: $(VENV)/.dev  ## everything: checks, book, unit tests, stored outputs, the pages in a browser
	@$(PY) site/chromium.py
	@$(PY) site/check.py
	@$(PY) site/book.py $(jobs)
	@$(PY) site/slides.py $(jobs)
	@$(PY) site/verify.py --jobs $(workers)
	@$(BIN)/pytest -n $(workers) --dist loadgroup --no-loadscope-reorder --doctest-modules d2lmini tests

coverage: $(VENV)/.dev  ## which branches of d2lmini its unit tests reach; fails below 95 %
	@$(BIN)/pytest -q -n $(workers) --dist loadgroup --doctest-modules d2lmini tests -m "not browser and not lab" \
		--ignore-glob='tests/test_*book*.py' --cov=d2lmini --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=95

bench: $(VENV)/.dev  ## measure the course beside the usual ways; writes _build/bench.json (QUICK=1, BENCH="mnist sweep")
	@$(PY) site/book.py $(jobs)
	@$(PY) benchmarks/run.py $(if $(QUICK),--quick) $(BENCH)

bench-page: $(VENV)/.dev  ## put the last figures of make bench into benchmarks/README.md
	@$(PY) benchmarks/page.py

sweep-data: $(VENV)/.book  ## train the runs behind the explorable map of MNIST (20 to 40 minutes)
	@$(PY) site/sweepdata.py $(jobs)

cards: $(VENV)/.dev  ## photograph the pictures that other sites show beside a link to the course
	@$(PY) site/cards.py

clean:  ## remove what was built (_build/), keep the environment
	rm -rf _build

distclean: clean  ## remove the environment, too
	rm -rf $(VENV)

# The stamps are written last, so an interrupted installation is taken up again by the next command.
$(VENV)/.book: requirements.txt pyproject.toml site/environment.py
	@$(PYTHON) site/environment.py $(VENV) requirements.txt $@

$(VENV)/.lab: requirements-lab.txt $(VENV)/.book
	@$(PYTHON) site/environment.py $(VENV) requirements-lab.txt $@

$(VENV)/.pdf: requirements-pdf.txt $(VENV)/.book
	@$(PYTHON) site/environment.py $(VENV) requirements-pdf.txt $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.lab $(VENV)/.pdf
	@$(PYTHON) site/environment.py $(VENV) requirements-dev.txt $@
