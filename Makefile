# The front door: each of these is one command, on a fresh machine too.
#
#   make            build build/lib/libaccel.so, the examples and the rest
#   make demo       fine-tune a small BERT on film reviews in two processes, with examples/text_classification.c
#   make test       the checks and the whole test suite
#   make check      the checks that read the sources, alone
#   make format     format the sources
#   make asan       the test suite under the address and undefined-behaviour sanitizers, in build/asan
#   make parity     long comparisons with Hugging Face Accelerate
#   make bench      the benchmarks, against Hugging Face Accelerate on the same torch
#   make install    build and install under PREFIX, /usr/local by default
#   make clean      remove what was compiled; environments and data stay
#
# Variables: JOBS; TORCH=2.11 for another supported libtorch, in a tree of its own (build/torch-2.11);
# DEMO_ARGS and BENCH_ARGS, further options of the two; PREFIX.

PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
DEMO_ARGS ?=

ifdef TORCH
BUILD := build/torch-$(TORCH)
SETUP := scripts/setup --build $(BUILD) --torch $(TORCH)
CONFIGURE := cmake --preset release -B $(BUILD) -DACCEL_TORCH=$(TORCH)
else
BUILD := build
SETUP := scripts/setup
CONFIGURE := cmake --preset release
endif
CONFIGURE += -DACCEL_WERROR=$(if $(CI),ON,OFF) --log-level=WARNING
COMPILE := cmake --build $(BUILD) --parallel $(JOBS)
CTEST := ctest --output-on-failure --no-label-summary --parallel $(JOBS)

# A fixed shadow address range and a random address space do not always agree.
PLAIN_ADDRESSES := $(shell setarch -R true 2>/dev/null && echo setarch -R)

.NOTPARALLEL:
.PHONY: all demo test check format asan parity bench install clean

all:
	@$(SETUP) --no-data
	@$(CONFIGURE)
	@$(COMPILE)

demo:
	@$(SETUP)
	@$(CONFIGURE)
	@$(COMPILE) --target accelerate examples_text_classification
	$(BUILD)/bin/accelerate launch --num_processes 2 $(BUILD)/examples/text_classification --model build/data/minilm --data build/data/reviews.tsv --batch_size 32 --output_dir build/out $(DEMO_ARGS)

test:
	@$(SETUP) --tests
	@$(CONFIGURE)
	@$(COMPILE)
	@$(CTEST) --test-dir $(BUILD)

check:
	@scripts/check

format:
	@scripts/format

asan:
	@$(SETUP) --tests
	@cmake --preset asan --log-level=WARNING
	@cmake --build build/asan --parallel $(JOBS)
	@$(PLAIN_ADDRESSES) $(CTEST) --test-dir build/asan

parity:
	@$(SETUP) --tests
	@$(CONFIGURE)
	@$(COMPILE)
	@$(CTEST) --test-dir $(BUILD) --build-config Parity --tests-regex '/parity_' --verbose

bench:
	@$(SETUP) --tests
	@$(CONFIGURE)
	@$(COMPILE)
	@$(BUILD)/venv/bin/python benchmarks/run.py --model build/data/minilm --data build/data/reviews.tsv --build $(BUILD) $(BENCH_ARGS)

install: all
	@cmake --install $(BUILD) --prefix $(PREFIX)

clean:
	rm -rf build/bin build/lib build/rooms build/tests build/examples build/benchmarks build/fuzz build/fortran build/work build/asan build/debug
	rm -rf build/CMakeFiles build/CMakeCache.txt build/build.ninja build/.ninja_deps build/.ninja_log
