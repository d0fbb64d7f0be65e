# What can be done with this repository. `make` alone explains the targets; each is a command that also works by itself.

.DEFAULT_GOAL := help
# Node.js where the system's is too old: see scripts/install-test-tools.
export PATH := $(CURDIR)/test/node/node_modules/.bin:$(PATH)
.PHONY: help demo test browsers long interop check bench fuzz mutants

help: ## explain the targets
	@echo 'make TARGET, where TARGET is one of'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

demo: ## start everything on this machine: http://localhost:8080 … 8083
	go run ./cmd/dialtone demo

test: ## run all tests, on SQLite, on PostgreSQL and in Chromium; installs what is missing
	scripts/install-test-tools test
	scripts/test-postgres go test ./...

browsers: ## the stories of sign-in and portal in Chromium, Firefox and WebKit; installs what is missing
	scripts/long browsers

long: ## what `make test` has no time for: every font, language and size, every browser, rolling restarts, fail-over and restore of PostgreSQL; scripts/long PART for one
	scripts/install-test-tools test
	scripts/long

interop: ## let openid-client, oauth4webapi, Authlib and ScribeJava sign in over TLS; run the programs of the Try it tab
	scripts/install-test-tools interop
	go run ./interop

check: ## format, vet, staticcheck, known vulnerabilities, import rules
	scripts/check

bench: ## measure each operation against its bare server, on SQLite and on PostgreSQL; SIZE=10m: a large database beside a small one
	scripts/install-test-tools test
	scripts/test-postgres go run ./bench $(if $(SIZE),-size $(SIZE))

fuzz: ## fuzz every parser of outside input, FUZZTIME=30s each
	scripts/fuzz

mutants: ## change the rooms that hold rules, one condition at a time: what survives is a rule without a test; scripts/mutants ROOM for one
	scripts/mutants
