# Two commands on a fresh machine: `make run` and `make test`. They need git, make and Python 3.11 or newer.

PYTHON3 := python3
BIN := .venv/bin/

.PHONY: help run test trust lint bench evidence docs figures screenshots story lock sbom backup-key backup restore clean install install-dev

help:  ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' Makefile

run: install  ## start Amble; Ctrl-C ends it (PORT=8001 for another port)
	@$(BIN)python -m config.up

test: install-dev  ## all tests, on a PostgreSQL and a Valkey of their own
	@$(BIN)python -m pytest -n 3 --dist loadgroup

trust: install-dev  ## the long forms: faults, kills, every gate at every route, 5,000 bad requests
	@$(BIN)python -m pytest -m "trust or promise" -p no:randomly

# Lint reads the settings and needs no database.
lint: export DATABASE_URL = postgresql://lint@/lint
lint: export SECRET_KEY = only-for-lint-only-for-lint-only-for-lint-only-for-lint
lint: install-dev  ## format, style, types, direction of imports, migrations
	@$(BIN)ruff format --check .
	@$(BIN)ruff check .
	@$(BIN)mypy .
	@$(BIN)lint-imports
	@$(call scripts,jsconfig.json) && $(call scripts,jsconfig.worker.json)
	@$(BIN)python manage.py check
	@$(BIN)python -W ignore manage.py makemigrations --check --dry-run

# The phone's scripts are checked where npm is there and can bring TypeScript; nothing of it stays in the project.
TSC := npm exec --yes --package=typescript@7.0.2 -- tsc
scripts = if $(TSC) --version >/dev/null 2>&1; then $(TSC) -p phone/$(1); else \
	echo "SKIPPED: the types of the phone's scripts ($(1)). This machine has no npm, or npm found no TypeScript." >&2; fi

bench: install-dev  ## how fast a phone's writes, the day's close, reminders, a slow phone and the worklist are, beside bare floors
	@$(BIN)python -m tests.bench
	@$(BIN)python -m tests.bench reminders
	@$(BIN)python -m tests.bench phone
	@$(BIN)python -m tests.bench worklist

evidence: install-dev  ## what the rules do to patients whose course is known; writes docs/evidence.md
	@$(BIN)python -m tests.evidence

docs: install-dev  ## write docs/clinical-rules.md again, from the thresholds in the code
	@$(BIN)python -m recovery.rules.page

figures: install-dev  ## write what is baked of the figures again, and their contact sheets in docs/figures
	@DATABASE_URL=postgresql://bake@/bake SECRET_KEY=only-for-baking-only-for-baking-only-for-baking-only $(BIN)python manage.py bake_figures
	@$(BIN)python -m tests.figures

screenshots: install-dev  ## pictures of every page of the desk, full and empty, in docs/screenshots
	@$(BIN)python -m tests.screenshots

story: install-dev  ## eight weeks of a clinic over HTTP, counted, against the running `make run`
	@$(BIN)python -m tests.story

LOCK := $(BIN)uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate pyproject.toml

lock: install-dev  ## write both locks again, without any address of a registry
	@$(LOCK) -o requirements.txt
	@$(LOCK) --group dev -c requirements.txt -o requirements-dev.txt

sbom: install  ## the bill of materials of what runs (CycloneDX JSON), from the lock with its hashes
	@$(BIN)python -m config.sbom

backup-key: install  ## a key for backups: its public half for .env, the file itself to keep elsewhere
	@$(BIN)python -m config.backup key

backup: install  ## all of Amble in one encrypted file (TO=folder, else BACKUP_FOLDER), also while `make run` runs
	@$(BIN)python -m config.backup backup $(if $(TO),--to "$(TO)")

restore: install  ## fill an empty data folder or database from a backup: FROM=file-or-folder KEY=file [ERASED=file]
	@$(BIN)python -m config.backup restore "$(FROM)" --key "$(KEY)" $(if $(ERASED),--erased "$(ERASED)")

clean:  ## remove .venv and what the tools left; data stay
	@rm -rf .venv staticfiles .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

install install-dev:
	@command -v $(PYTHON3) >/dev/null || \
		{ echo "Amble needs Python 3.11 or newer and finds no $(PYTHON3): install it, then try again." >&2; exit 1; }
	@$(PYTHON3) config/install.py $(if $(findstring dev,$@),dev)
