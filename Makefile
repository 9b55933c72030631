# Each target is a line that calls xtask, the program under xtask/ that knows how to do it.

.PHONY: run test build dev bench fmt clean-services
.DEFAULT_GOAL := build

run:
	cargo xtask run

test:
	cargo xtask test

build:
	cargo xtask build

dev:
	cargo xtask dev

bench:
	cargo xtask bench

fmt:
	cargo xtask fmt

clean-services:
	cargo xtask clean-services
