# Every target that needs something installed installs it first, into .venv, from locked lists.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
SEEDS ?= 1000
MUTANTS ?= 400
SEED ?= 1
READY := $(VENV)/.ready
LOCK := requirements/build.txt requirements/development.txt requirements/function-runtime.txt
CLIENTS := $(VENV)/.clients
BROWSER := $(VENV)/.browser
FUZZ := $(VENV)/.fuzz
DEPLOY := $(VENV)/.deploy
# Real photos by which the face check of the local DashScope is judged. Of the packages only the pictures are kept.
REAL_PHOTOS := $(VENV)/real-photos
# An environment of its own, since the libraries in it want other versions, and nothing else needs them.
CHECKED := $(VENV)/template-checks
# As it was typed: make would take a dollar sign in it for a variable of its own.
override PHOTOS := $(value PHOTOS)
export PHOTOS
override PERSON := $(value PERSON)
export PERSON

.DEFAULT_GOAL := help
.PHONY: help setup demo up real-photos test end-to-end upgrades test-live bytecode check simulate matrix month mutants bench contracts fuzz browser screenshots template package runtimes pythons lock clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 19

setup: $(READY) ## Install what the project needs; the others do so themselves

# PYTHON=... names the Python to use; an environment of another one is made again.
ifneq ($(PYTHON),)
ifneq ($(shell $(PYTHON) -V 2>&1 || true),$(shell $(BIN)/python -V 2>&1 || true))
.PHONY: $(READY)
endif
endif

$(READY): $(LOCK)
	@local/setup.sh $(VENV) $(PYTHON)
	@touch $@

# The contract tests alone need these; nobody who runs the demo waits for them.
$(CLIENTS): requirements/clients.txt $(READY)
	@$(BIN)/python -m local.installation --clients $(VENV)
	@touch $@

$(BROWSER): requirements/browser.txt $(READY)
	@$(BIN)/python -m local.installation --browser $(VENV)
	@touch $@

$(FUZZ): requirements/fuzz.txt $(READY)
	@$(BIN)/python -m local.installation --fuzz $(VENV)
	@touch $@

$(DEPLOY): requirements/deploy.txt $(READY)
	@$(BIN)/python -m local.installation --deploy $(VENV)
	@touch $@

$(REAL_PHOTOS)/.ready: requirements/real-photos.txt $(READY)
	@$(BIN)/python -m local.installation --real-photos $(VENV)
	@touch $@

$(CHECKED)/.ready: requirements/template-checks.txt requirements/template-validator.txt $(READY)
	@$(BIN)/python -m local.installation --template-checks $(CHECKED)
	@touch $@

demo: $(READY) ## Train sample people, shown live; PHOTOS=folder: your own
	@$(BIN)/python -m local demo $(if $(PHOTOS),--photos "$$PHOTOS")

up: $(READY) ## Run the whole stack until Ctrl-C; LOG=1: with the log lines
	@$(BIN)/python -m local up $(if $(LOG),--log)

real-photos: $(REAL_PHOTOS)/.ready ## Fetch the real photos of the tests, into .venv/real-photos

CRASH_POINTS := $(addprefix tests/simulation/test_crash_points,.py _of_erasures.py _of_exports.py \
	_of_portraits.py _of_retention.py)
UPGRADES := $(addprefix tests/upgrades/,test_side_by_side.py test_next_release.py test_mutants.py)

# Each folder or file that is named here has a target of its own.
TESTS := $(BIN)/python -m pytest --ignore tests/contracts --ignore tests/browser --ignore tests/template \
	--ignore tests/end_to_end $(CRASH_POINTS:%=--ignore %) $(UPGRADES:%=--ignore %)

test: export PYTHONDONTWRITEBYTECODE =
test: $(READY) $(REAL_PHOTOS)/.ready ## Run all checks, and all tests without a target of their own
	@$(MAKE) --no-print-directory -j 2 check bytecode
	@$(TESTS) --quiet -p no:terminaldistreporter -n 3 --dist worksteal

# What the tests are compiled to, with their asserts spelled out, is made once and not by each process.
bytecode: $(READY)
	@$(TESTS) --collect-only -qq >/dev/null 2>&1 || true

# Four processes on two cores: these tests mostly wait.
end-to-end: $(READY) $(REAL_PHOTOS)/.ready ## Run the whole stack in processes of its own, and kill them
	@$(BIN)/python -m pytest --quiet -p no:terminaldistreporter -n 4 --dist worksteal tests/end_to_end

# Needs the whole history: the previous release comes from git.
upgrades: $(READY) ## Run the previous release and this code side by side
	@$(BIN)/python -m pytest --quiet -p no:terminaldistreporter -n 2 --dist worksteal $(UPGRADES)

# Reads the variables that docs/live-test.md lists; without an account it says so and is done.
test-live: $(READY) ## Ask the real services; PAY=1: the paid questions too
	@$(BIN)/python -m tests.live $(if $(PAY),--pay) $(if $(CLEAN),--clean) $(if $(SINCE),--since $(SINCE))

check: $(READY) ## Run the linters, the type checker and the import contracts
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > $(VENV)/import-contracts.txt || { cat $(VENV)/import-contracts.txt; exit 1; }
	@echo "ruff, mypy and the import contracts find nothing wrong."

simulate: $(READY) ## Play SEEDS=N seeds, as many with portraits, crash points
	@$(BIN)/python -m tests.simulation --seeds $(SEEDS) --first $(or $(FIRST),0)
	@$(BIN)/python -m tests.simulation --seeds $(SEEDS) --first $(or $(FIRST),0) --portraying
	@$(BIN)/python -m pytest --quiet -p no:terminaldistreporter -n 2 $(CRASH_POINTS)

matrix: $(READY) ## Play every documented error at each call; EVERY=N: one in N
	@$(BIN)/python -m tests.simulation.matrix --every $(or $(EVERY),1)

month: $(READY) ## Play a month of PEOPLE=N people, SLOTS=N trainings at once
	@$(BIN)/python -m tests.simulation.month --people $(or $(PEOPLE),10000) --slots $(or $(SLOTS),2)

mutants: $(READY) ## Change MUTANTS=N places by SEED=N, show what no test finds
	@$(BIN)/python -m tests.mutation --mutants $(MUTANTS) --seed $(SEED) \
		$(if $(BUDGET_MINUTES),--budget-minutes $(BUDGET_MINUTES)) $(if $(SCOPE),--scope $(SCOPE))

bench: $(READY) $(CLIENTS) ## Measure beside peers in the same run
	@$(BIN)/python -m tests.benchmarks

contracts: $(READY) $(CLIENTS) ## Drive the local cloud with official clients, Python and Node
	@$(BIN)/mypy --no-error-summary $$(find tests/contracts -name '*.py' -not -path '*/node_modules/*')
	@$(BIN)/python -m pytest --quiet -p no:terminaldistreporter -n 2 --dist worksteal tests/contracts
	@$(BIN)/python tests/contracts/node/run.py

fuzz: $(READY) $(FUZZ) ## Send thousands of generated requests to the status API
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11) and "make fuzz needs Python 3.11, as schemathesis does")'
	@$(BIN)/mypy --no-error-summary $$(find tests/fuzz -name '*.py')
	@$(BIN)/python -m tests.fuzz

# Debian's packages of fonts show Chinese; without them the pages are boxes, and still pass.
browser: $(READY) $(BROWSER) ## Lead Chromium through the pages, and axe-core with it
	@command -v chromium >/dev/null || { echo "make browser needs Chromium: apt-get install chromium fonts-wqy-microhei" >&2; exit 1; }
	@$(BIN)/mypy --no-error-summary $$(find tests/browser -name '*.py')
	@$(BIN)/python -m pytest --quiet -p no:terminaldistreporter -n 2 --dist worksteal tests/browser

# The fonts are fixed, so that the pictures do not tell on which machine they were taken.
screenshots: $(READY) $(BROWSER) ## Take the pictures of README and docs anew, of a real run
	@$(BIN)/python -m local.screenshots

template: $(CHECKED)/.ready ## Check template.yml by the ROS team's tools and by ours
	@command -v node >/dev/null || { echo "make template needs Node.js: apt-get install nodejs" >&2; exit 1; }
	@$(CHECKED)/bin/python -m pytest --quiet --confcutdir tests/template tests/template

# RUNTIME=python3.12 makes that of the other runtime.
package: $(READY) ## Build the zip that Function Compute gets, into dist/
	@$(BIN)/python -m local package $(if $(RUNTIME),--runtime $(RUNTIME))

# The Pythons of both runtimes have to be here. Tests and figures tell what is missing; CI sets RUNTIMES_NEEDED.
runtimes: $(READY) ## Run each runtime's zip on its own Python, and show its size
	@$(BIN)/python -m local.runtime_libraries $(if $(RUNTIMES_NEEDED),--all)
	@$(BIN)/python -m pytest --quiet -p no:terminaldistreporter tests/packages
	@$(BIN)/python -m local.runtime_figures

pythons: $(READY) ## Run unit and workflow tests on Python 3.10 to 3.13
	@$(BIN)/python -m local.pythons $(if $(RUNTIMES_NEEDED),--all)

.PHONY: deploy diff smoke logs rollback destroy erase export cost status doctor open
# The operator's commands. Secrets are asked for, or come from the environment or a file, never from here.
OPERATE = $(BIN)/python -m local $@ --stage "$(or $(STAGE),$(error Say which stage: make $@ STAGE=name))" \
	$(if $(JSON),--json) $(if $(YES),--yes) $(if $(PROFILE),--profile "$(PROFILE)") \
	$(if $(SECRETS),--secrets "$(SECRETS)") $(if $(ENDPOINTS),--endpoints "$(ENDPOINTS)")
WISHES = $(if $(PARAMETERS),--parameters "$(PARAMETERS)")

deploy: $(READY) $(DEPLOY) ## Deploy STAGE=name to your account; DRY_RUN=1: without one
	@$(OPERATE) $(WISHES) $(if $(DRY_RUN),--dry-run)

diff: $(READY) $(DEPLOY) ## Show what deploying STAGE=name would change
	@$(OPERATE) $(WISHES)

smoke: $(READY) $(DEPLOY) ## Prove that STAGE=name works; TRAIN=1: pay for one training
	@$(OPERATE) $(if $(TRAIN),--train) $(if $(PHOTOS),--photos "$$PHOTOS")

logs: $(READY) $(DEPLOY) ## Show what STAGE=name logged; FOLLOW=1 ERRORS=1 PERSON=name
	@$(OPERATE) $(if $(FOLLOW),--follow) $(if $(ERRORS),--errors) $(if $(PERSON),--person "$$PERSON") \
		$(if $(JOB),--job "$(JOB)") $(if $(REQUEST_ID),--request-id "$(REQUEST_ID)") $(if $(SINCE),--since "$(SINCE)")

rollback: $(READY) $(DEPLOY) ## Run the code that STAGE=name ran before
	@$(OPERATE) $(if $(TO),--to "$(TO)")

destroy: $(READY) $(DEPLOY) ## Remove STAGE=name; keep data unless BUCKET=1 TABLES=1 ...
	@$(OPERATE) $(if $(BUCKET),--bucket) $(if $(TABLES),--tables) $(if $(MODELS),--models) \
		$(if $(CONFIRM),--confirm "$(CONFIRM)")

erase: $(READY) $(DEPLOY) ## Erase PERSON=name from STAGE=name
	@$(OPERATE) $(if $(CONFIRM),--confirm "$(CONFIRM)") $(if $(NO_WAIT),--no-wait) -- "$$PERSON"

export: $(READY) $(DEPLOY) ## Fetch all that STAGE=name holds about PERSON=name
	@$(OPERATE) $(if $(TO),--to "$(TO)") $(if $(ANEW),--anew) -- "$$PERSON"

cost: $(READY) ## Estimate what a month of PEOPLE=N costs
	@$(BIN)/python -m local cost $(if $(JSON),--json) $(if $(PEOPLE),--people $(PEOPLE))

status doctor open: $(READY) $(DEPLOY)
	@$(OPERATE)

status: ## Show how STAGE=name stands
doctor: ## Check account and STAGE=name, and say what to do
open: ## Open the pages of STAGE=name in a browser

LOCKING := $(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header --no-emit-index-url

lock: $(READY) ## Write the locked lists again, from pyproject.toml and *.in
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/uv.txt
	@for list in uv build; do $(LOCKING) requirements/$$list.in -o requirements/$$list.txt || exit 1; done
	@$(LOCKING) --extra local --extra dev pyproject.toml -o requirements/development.txt
	@$(LOCKING) --extra local --extra dev --extra browser --constraint requirements/development.txt pyproject.toml \
		-o requirements/browser.txt
	@$(LOCKING) --extra local --extra dev --extra fuzz --constraint requirements/development.txt pyproject.toml \
		-o requirements/fuzz.txt
	@$(LOCKING) --extra local --extra clients --constraint requirements/development.txt pyproject.toml \
		-o requirements/clients.txt
	@$(LOCKING) --extra local --extra deploy --constraint requirements/clients.txt pyproject.toml \
		-o requirements/deploy.txt
	@$(LOCKING) --constraint requirements/development.txt aliyun_local/pyproject.toml requirements/aliyun-local.in \
		-o requirements/aliyun-local.txt
	@$(LOCKING) --no-deps requirements/real-photos.in -o requirements/real-photos.txt
	@$(LOCKING) requirements/template-checks.in -o requirements/template-checks.txt
	@$(LOCKING) --no-deps requirements/template-validator.in -o requirements/template-validator.txt
	@$(LOCKING) --no-emit-package enum34 requirements/function-runtime.in -o requirements/function-runtime.txt
	@$(LOCKING) --python-version 3.12 requirements/function-runtime-3.12.in -o requirements/function-runtime-3.12.txt

clean: ## Remove everything made here, the local cloud's data too
	rm -rf $(VENV) .pythons .local dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
