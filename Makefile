# Two commands are enough: `make run` and `make test`. Everything else is for those who build.
# A Windows shell without make: see README for the same in plain pip.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
PICTURE := $(BIN)/python run_world.py --headless --fast --llm none --seed 17
SPOKEN := $(BIN)/python run_world.py --headless --llm embedded --seed 17

.DEFAULT_GOAL := help
.PHONY: help run test check art pictures recording coverage simulate fuzz faults soak bench performance demo-llm clean

help:  ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.installed  ## run the world: a window, or headless with the talk printed; ARGS="--headless --seconds 60"
	@$(BIN)/python run_world.py $(ARGS)

test: $(VENV)/.installed-test  ## run the tests, on all cores; ARGS are pytest's
	@$(BIN)/python -m pytest --numprocesses auto $(ARGS)

check: $(VENV)/.installed-test  ## formatting, lint, types and import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

art: $(VENV)/.installed  ## compile the pixel grids under assets/art to sheets
	@$(BIN)/python -m sim.view.art

pictures: $(VENV)/.installed  ## make the pictures of README and docs; two of them with the embedded model
	@$(PICTURE) --seconds 28 --screenshot docs/town.png --at-tick 1590
	@$(PICTURE) --seconds 6 --set world.start_time=21:15 --set view.zoom=3 --exec "view look george" --exec "@10 view press escape escape" --screenshot docs/night.png --at-tick 330
	@$(PICTURE) --seconds 30 --set world.start_time=17:40 --exec "world weather rain" --screenshot docs/rain.png --at-tick 1120
	@$(PICTURE) --seconds 190 --set world.day_length=60 --set world.days_per_season=1 --exec "@11250 world weather snow" --screenshot docs/winter.png --at-tick 11340
	@$(PICTURE) --seconds 30 --npcs 60 --set view.zoom=1 --screenshot docs/crowd.png --at-tick 1790
	@$(PICTURE) --seconds 20 --exec "@600 view press backquote" --exec "@602 view type why mira" --exec "@604 view press return" --exec "@606 view type llm status" --exec "@608 view press return" --exec "@610 view type conversation st" --exec "@612 view press tab" --screenshot docs/console.png --at-tick 660
	@$(SPOKEN) --seconds 60 --exec "conversation start mira tomas nell" --exec "@1200 view look tomas" --exec "@1201 view press tab" --screenshot docs/inspector.png --at-tick 3500
	@$(SPOKEN) --seconds 60 --exec "@60 view press f3" --screenshot docs/instruments.png --at-tick 3500

recording: $(VENV)/.installed  ## record the run that tests replay; needed when the world has become another one
	@$(BIN)/python run_world.py --headless --llm scripted --no-download --seed 5 --seconds 40 --record tests/app/golden/town.recording \
		--exec "world weather rain" --exec "@200 conversation start mira tomas" --exec "@400 world speed 2" --exec "@700 relationship update mira tomas friendship 200" \
		--exec "@900 world event chimney_fire" --exec "@1200 agent remove walt" --exec "@1500 world speed 1" </dev/null

# Rooms of which every branch is tested; what tests them is in these files.
COVERED := llm/wire/*,llm/breaker.py,llm/scheduler.py,llm/budget.py,llm/steady.py,llm/mishaps.py,sim/journal.py,agents/publish*.py,agents/unspoken.py
COVERING := tests/agents/test_publish.py tests/fuzz tests/app/test_saving.py $(wildcard tests/llm/test_*.py tests/sim/test_journal.py tests/sim/test_recording.py)

coverage: $(VENV)/.installed-test  ## every branch of what must not go wrong, or exit status 2; the rest is reported in build/coverage.txt
	@mkdir -p build
	@$(BIN)/coverage run -m pytest -q $(COVERING)
	@$(BIN)/coverage report > build/coverage.txt
	@$(BIN)/coverage report --show-missing --fail-under=100 --include='$(COVERED)'

simulate: $(VENV)/.installed-test  ## SEEDS=10000 lives of a town whose models are unlucky, or one of them: SEEDS=4711-4711
	@SIMULATED_SEEDS=$(or $(SEEDS),1000) $(BIN)/python -m pytest --numprocesses auto tests/simulation/test_seeds.py -k whatever $(ARGS)

fuzz: $(VENV)/.installed-test  ## each reader of strangers' bytes, for SECONDS=60 with a coverage-guided fuzzer
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[fuzz]'
	@$(BIN)/python -m tests.fuzz.run $(or $(SECONDS),60) $(ARGS)

faults: $(VENV)/.installed-test  ## every row of docs/faults.md, the slow ones too, and write that page
	@mkdir -p build
	-@$(BIN)/python -m pytest --numprocesses auto -m "fault" --junit-xml build/faults.xml $(ARGS)
	@$(BIN)/python -m tests.faults.table build/faults.xml

soak: $(VENV)/.installed-test  ## half an hour by the clock with the embedded model, then a day as fast as it goes with what it said
	@mkdir -p build docs/soak
	@$(BIN)/python run_world.py soak --hours 0.5 --seed 7 --faults flaky --llm embedded --record-cassette build/soak.cassette --report docs/soak/flaky.json --plots docs/soak/flaky
	@$(BIN)/python run_world.py soak --hours 24 --fast --seed 7 --faults hostile --llm cassette:build/soak.cassette --report docs/soak/hostile.json --plots docs/soak/hostile

bench: $(VENV)/.installed  ## measure frame times while words stream in
	@$(BIN)/python run_world.py bench frame $(ARGS)

performance: $(VENV)/.installed-test  ## measure for 40 quiet minutes, and write docs/performance.md and README's table
	@mkdir -p build/performance docs/performance
	-@$(BIN)/python run_world.py bench frame faults --rounds 3 --seconds 60 --report build/performance/contract.json
	-@$(BIN)/python run_world.py bench frame --rounds 5 --seconds 8 --report build/performance/frame.json --plots build/performance
	-@$(BIN)/python run_world.py bench frame tuning --rounds 3 --report build/performance/tuning.json
	@cp build/performance/*.png docs/performance/
	@$(BIN)/python -m sim.bench.performance_page build/performance

demo-llm: $(VENV)/.installed-test  ## run the original design's examples of the model client, and tell what happens
	@$(BIN)/python tests/test_enhanced_llm.py

clean:  ## remove the environment and caches
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/.installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the world needs into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the tests need into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@ $(VENV)/.installed
