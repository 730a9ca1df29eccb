# Spillway's tasks. `make` alone lists them.

GO        ?= go
# auto: use the race detector where a C compiler is found; required: fail without one; off.
RACE      ?= auto
# How long `make fuzz` stays on each target.
FUZZTIME  ?= 60s
# How many states `make modelcheck` looks at of each fleet.
STATES    ?= 300000
# How long `make soak` lasts, and what its faults are drawn from.
SOAK      ?= 30m
SEED      ?= 1
# Benchmarks to run, and how often.
BENCH     ?= .
COUNT     ?= 1
# yes: `make bench` also measures on real proxies what each way to a region adds.
PARTS     ?=
# The image name up to the binary's name, and its tag.
IMAGE     ?= spillway-mesh
TAG       ?= dev
DOCKER    ?= docker

# Tools are built from their own modules into the user's cache and named by their version, so a raised version is
# built once and an old one is never run by mistake.
TOOLS     := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/spillway/tools/$(shell $(GO) env GOVERSION)
version    = $(shell sed -n 's|.*$(1) \(v[^ ]*\).*|\1|p' $(2))
LINT      := $(TOOLS)/golangci-lint-$(call version,golangci/golangci-lint/v2,test/tools/lint/go.mod)
CRDGEN    := $(TOOLS)/controller-gen-$(call version,sigs.k8s.io/controller-tools,test/tools/go.mod)
APIDOCS   := $(TOOLS)/crd-ref-docs-$(call version,elastic/crd-ref-docs,test/tools/go.mod)
toolbuild  = $(GO) -C $(1) build -trimpath -buildvcs=false -ldflags '-s -w' -o $@ $(2)

# figures runs tests whose logs hold figures for people, and prints those lines of them; all lines if one fails.
figures    = all=$$(mktemp); if $(GO) test -v $(2) >"$$all" 2>&1; then grep -E '$(1)|^ok' "$$all"; rm "$$all"; else cat "$$all"; rm "$$all"; false; fi

BINARIES  := $(notdir $(wildcard cmd/*))
SAMPLES   := $(sort $(patsubst %/failover.yaml,%,$(wildcard samples/*/failover.yaml)))
FLEETS    := $(sort $(patsubst %/clusterfailover.yaml,%,$(wildcard samples/cluster-*/clusterfailover.yaml)))
# Packages whose tests rewrite their expected output with -update, and every path that `make generate` may write.
GOLDEN     = $(sort $(patsubst %/,./%,$(dir $(shell grep -rslE --include='*_test.go' 'flag[.]Bool."update"|targettest[.]' cmd pkg test --exclude-dir=conformance --exclude-dir=tools))))
GENERATED := manifests/crd pkg/api samples ':(glob)**/testdata/**'

.DEFAULT_GOAL := help
.PHONY: help build test lint fmt generate verify samples bench conformance conformance-full modelcheck soak fuzz images
.DELETE_ON_ERROR:

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile

build: ## build the binaries into bin/
	@mkdir -p bin
	@for b in $(BINARIES); do echo "bin/$$b"; \
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o "bin/$$b" "./cmd/$$b" || exit 1; done

test: ## vet and unit tests; with the race detector where a C compiler is found
	$(GO) vet ./...
	@race=; cc=$$($(GO) env CC); \
	if [ '$(RACE)' != off ] && command -v "$${cc%% *}" >/dev/null; then race=-race; fi; \
	if [ '$(RACE)' = required ] && [ -z "$$race" ]; then echo 'make test: RACE=required, but no C compiler is found' >&2; exit 1; fi; \
	echo "$(GO) test ./... -shuffle=on $$race"; \
	if [ -n "$$race" ]; then CGO_ENABLED=1; export CGO_ENABLED; fi; \
	$(GO) test $$($(GO) list ./... | grep -v '/pkg/health$$') -shuffle=on -timeout 30m $$race && \
	$(call figures,distinct states,-shuffle=on -timeout 30m $$race ./pkg/health)

lint: $(LINT) ## golangci-lint in the product and in the conformance tests
	$(LINT) run ./...
	@if [ -f test/conformance/go.mod ]; then set -x; cd test/conformance && $(LINT) run -c ../../.golangci.yaml ./...; fi
	@if [ -f test/conformance/dns/go.mod ]; then set -x; cd test/conformance/dns && $(LINT) run -c ../../../.golangci.yaml ./...; fi

fmt: $(LINT) ## format the code as lint and verify want it
	$(LINT) fmt ./...

generate: $(CRDGEN) $(APIDOCS) ## write the deepcopy code, the CRDs, the API reference and the samples' objects
	$(CRDGEN) object crd paths=./pkg/api/... output:crd:dir=manifests/crd
	@rm -f manifests/crd/spillway.dev_platforms.yaml # a Platform is a file or a ConfigMap's key, never an object
	$(APIDOCS) --source-path=pkg/api/v1alpha1 --config=test/tools/crd-ref-docs.yaml --renderer=markdown \
	  --output-path=pkg/api/v1alpha1/README.md --log-level=ERROR
	@sed -i.bak -e 's/ *Optional: \\{\\} <br \/>/ Optional/' -e 's/ *<br \/> |$$/ |/' pkg/api/v1alpha1/README.md && rm pkg/api/v1alpha1/README.md.bak
	@if [ -n '$(SAMPLES)' ]; then $(GO) build -o bin/spillway ./cmd/spillway; fi
	@bin/spillway generate -f samples/maintenance/clusterfailover.yaml --target maintenance -d samples/maintenance/generated --prune 2>/dev/null
	@bin/spillway explain calendar -f samples/maintenance/clusterfailover.yaml --year 2027 -o svg >samples/maintenance/calendar.svg 2>/dev/null
	@for s in $(SAMPLES); do \
	bin/spillway generate -f "$$s/failover.yaml" -d "$$s/generated" --prune 2>/dev/null && \
	bin/spillway explain -f "$$s/failover.yaml" -o svg >"$$s/tiers.svg.new" 2>/dev/null && mv "$$s/tiers.svg.new" "$$s/tiers.svg" || \
	{ rm -f "$$s/tiers.svg.new"; bin/spillway generate -f "$$s/failover.yaml" >/dev/null; exit 1; }; done
	@for s in $(FLEETS); do \
	bin/spillway generate -f "$$s/clusterfailover.yaml" -d "$$s/generated" --prune 2>/dev/null && \
	bin/spillway explain edge -f "$$s/clusterfailover.yaml" -o svg >"$$s/times.svg.new" 2>/dev/null && mv "$$s/times.svg.new" "$$s/times.svg" || \
	{ rm -f "$$s/times.svg.new"; bin/spillway generate -f "$$s/clusterfailover.yaml" >/dev/null; exit 1; }; done

verify: generate $(LINT) ## fail if anything generated, any expected output or the formatting is not up to date
	@if [ -n '$(GOLDEN)' ]; then set -x; $(GO) test $(GOLDEN) -update; fi
	$(LINT) fmt --diff ./...
	$(GO) mod tidy -diff
	@git diff --exit-code -- $(GENERATED) || { echo 'make verify: commit the changes above' >&2; exit 1; }
	@new=$$(git ls-files --others --exclude-standard -- $(GENERATED)); \
	if [ -n "$$new" ]; then printf 'make verify: not committed:\n%s\n' "$$new" >&2; exit 1; fi

samples: ## run the samples' tests alone
	$(GO) test -count=1 -run 'Sample|Readme|README' ./test/... ./cmd/...

bench: ## run the benchmarks
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./...
	@if [ -n '$(PARTS)' ]; then set -x; cd test/conformance && $(GO) test -run '^$$' -bench Delivery -benchtime 1x -count $(COUNT); fi

# Every stage runs, also after one that fails: one run tells all that is wrong. The last go test names no package: only
# so does go print the table of a run that passes.
conformance: ## the short tier against a real API server, istiod and Envoy
	@cd test/conformance && $(GO) vet ./... || exit 1; failed=; \
	$(GO) test $$($(GO) list ./... | grep /conformance/ | grep -vE '/(mutants|health|clusters|effective)$$') || failed="$$failed parts"; \
	{ $(call figures,killed|sweeps,-timeout 30m ./mutants ./health); } || failed="$$failed health"; \
	{ $(call figures,nowhere to go,-count=1 -timeout 30m ./clusters); } || failed="$$failed clusters"; \
	{ $(call figures,comparisons,-timeout 20m ./effective); } || failed="$$failed effective"; \
	$(GO) test -count=1 -timeout 40m || failed="$$failed generator"; \
	{ cd dns && $(GO) vet ./... && { $(call figures,typical,-count=1 -timeout 10m ./...); }; } || failed="$$failed dns"; \
	if [ -n "$$failed" ]; then echo "make conformance: failed:$$failed" >&2; exit 1; fi

conformance-full: ## every failure of every sample against the real parts
	cd test/conformance && $(GO) test -count=1 -timeout 80m -tier full

modelcheck: ## look at STATES states of each fleet in the model check of the promises
	MODEL_STATES=$(STATES) $(GO) test -count=1 -timeout 120m -v -run Model ./pkg/health

soak: ## beset a fleet of the health server's processes with faults for SOAK
	cd test/conformance && $(GO) test -count=1 -timeout 3h -v -run Soak ./health -soak $(SOAK) -seed $(SEED)

fuzz: ## fuzz every target for FUZZTIME each
	@for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' cmd pkg test | xargs -r -n1 dirname | sort -u); do \
	for target in $$(grep -h '^func Fuzz' "$$dir"/*_test.go | sed 's/func \(Fuzz[A-Za-z0-9_]*\).*/\1/'); do \
	echo "$$dir $$target $(FUZZTIME)"; \
	$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime '$(FUZZTIME)' "./$$dir" || exit 1; done; done

images: ## build an image for every binary (needs docker)
	@for b in $(BINARIES); do $(DOCKER) build --target "$$b" -t "$(IMAGE)/$$b:$(TAG)" . || exit 1; done

$(LINT):
	@mkdir -p $(@D)
	$(call toolbuild,test/tools/lint,github.com/golangci/golangci-lint/v2/cmd/golangci-lint)

$(CRDGEN):
	@mkdir -p $(@D)
	$(call toolbuild,test/tools,sigs.k8s.io/controller-tools/cmd/controller-gen)

$(APIDOCS):
	@mkdir -p $(@D)
	$(call toolbuild,test/tools,github.com/elastic/crd-ref-docs)
