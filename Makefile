# make run       build, and play the path from an unreviewed LLD to a landed branch
# make test      build and run everything
# make install   install the tools into PREFIX/bin and queue.mk into PREFIX/share/switchyard (PREFIX=~/.local by default)
# make docs      write the generated parts of docs/
# make bench     measure what bench/ measures

PREFIX ?= $(HOME)/.local
CARGO ?= cargo
CARGO_FLAGS ?= --locked
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
TOOLS = gemini-retry view-audit consolidate lld-check worktree-lane merge-queue

# A backtrace that a user happens to have switched on costs time in every failure.
export RUST_LIB_BACKTRACE ?= 0

.DEFAULT_GOAL := help
.PHONY: help run test install uninstall docs bench lint needs

help:
	@sed -n 's/^# make/make/p' $(firstword $(MAKEFILE_LIST))

# Says in one line what is missing. Everything else comes from the package registry.
needs:
	@missing=; for tool in git cc $(firstword $(CARGO)); do \
	  command -v $$tool >/dev/null 2>&1 || missing="$$missing $$tool"; done; \
	if [ -n "$$missing" ]; then \
	  echo "switchyard: missing:$$missing (needed: git 2.45 or newer, a C compiler as cc, cargo 1.95 or newer)" >&2; exit 1; fi; \
	set -- $$(git version | tr -c '0-9\n' ' '); \
	if [ "$$1" -lt 2 ] || { [ "$$1" -eq 2 ] && [ "$$2" -lt 45 ]; }; then \
	  echo "switchyard: git $$1.$$2 is too old: git 2.45 or newer is needed" >&2; exit 1; fi

run: needs
	@echo "Building (some minutes the first time)..."
	@$(CARGO) build $(CARGO_FLAGS) --workspace --bins
	@$(TARGET_DIR)/debug/walkthrough

test: needs
	$(CARGO) build $(CARGO_FLAGS) --workspace --bins
	$(CARGO) test $(CARGO_FLAGS) --workspace

lint: needs
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(CARGO_FLAGS) --workspace --all-targets -- -D warnings

install: needs
	$(CARGO) build $(CARGO_FLAGS) --profile dist $(addprefix -p ,$(TOOLS))
	@mkdir -p '$(DESTDIR)$(PREFIX)/bin'
	@for tool in $(TOOLS); do \
	  install -m 755 "$(TARGET_DIR)/dist/$$tool" '$(DESTDIR)$(PREFIX)/bin/' || exit 1; \
	  echo "installed $(DESTDIR)$(PREFIX)/bin/$$tool"; done
	@mkdir -p '$(DESTDIR)$(PREFIX)/share/switchyard'
	@install -m 644 queue.mk '$(DESTDIR)$(PREFIX)/share/switchyard/'
	@echo "installed $(DESTDIR)$(PREFIX)/share/switchyard/queue.mk"

uninstall:
	@rm -f "$(DESTDIR)$(PREFIX)/share/switchyard/queue.mk"
	@for tool in $(TOOLS); do rm -f "$(DESTDIR)$(PREFIX)/bin/$$tool"; done

docs: needs
	@$(CARGO) build $(CARGO_FLAGS) --quiet --workspace --bins
	@$(TARGET_DIR)/debug/docsync

bench: needs
	bench/startup.sh
