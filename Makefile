# One command per chore; `make help` is the manual.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# Bytecode must be kept: every task of a run starts an interpreter.
unexport PYTHONDONTWRITEBYTECODE

# The commands read the variables that make was given by themselves, and their messages name these variables.
run run-docker score serve app monitor monitor-drill compare runs models compile submit schedule: export KFP_TABULAR_MAKE_TARGET = $@
NAME_FLAGS = $(if $(REGISTRY),--registry "$$REGISTRY") $(if $(TAG),--tag "$$TAG")
IMAGE_FLAGS = $(NAME_FLAGS) $(if $(STAGE),--stage "$$STAGE")

.DEFAULT_GOAL := help

# Lines of at most 80 columns; the variables of a target are the last brackets of its text.
define HELP
function show(text, indent, width,   words, n, i, line) { \
  n = split(text, words, " "); line = sprintf("%-" indent "s", head); head = ""; \
  for (i = 1; i <= n; i++) { \
    if (length(line) > indent && length(line) + length(words[i]) >= width) { print line; line = sprintf("%" indent "s", "") } \
    line = line (length(line) > indent ? " " : "") words[i] } \
  print line } \
BEGIN { FS = ":.*## " } \
/^## / { printf "\n%s\n", substr($$0, 4) } \
/^[a-z-]+:.*## / { \
  head = sprintf("  make %-19s ", $$1); text = $$2; variables = ""; \
  if (match(text, / \[[^]]*\]$$/)) { variables = substr(text, RSTART + 1); text = substr(text, 1, RSTART - 1) } \
  show(text, 27, 80); if (all && variables) show(variables, 27, 80) }
endef

.PHONY: help
help: ## Show this list; help-all adds the variables
	@awk -v all= '$(HELP)' $(MAKEFILE_LIST)

.PHONY: help-all
help-all: ## Show this list with the variables of each target
	@awk -v all=1 '$(HELP)' $(MAKEFILE_LIST)

## Use
.PHONY: run
run: $(INSTALLED) ## Train on the sample, or on SOURCE=file.csv TARGET=column; RESUME=run goes on [METRIC TASK TRIALS MINUTES SEED WORKERS PROBLEM EXPECTATIONS MAX_MODELS MAX_LATENCY_MS WEIGHS_TIME WARM_START STUDY MODEL_NAME MEMORY ENGINE VERBOSE DATA_VERSION PARAMETERS RESULTS]
	@$(BIN)/python -m pipelines run training

# Without a TAG it is the images of the code here that run, so they are built first.
.PHONY: run-docker
run-docker: $(INSTALLED) $(if $(TAG),,images) ## The same, each stage in a container of its image, limited to MEMORY [also REGISTRY TAG]
	@$(BIN)/python -m pipelines run training --docker

.PHONY: score
score: $(INSTALLED) ## Predict each row of SOURCE=file.csv with the champion [MODEL VERSION RUN SHARDS IDENTIFIERS OUTPUT UNREADABLE MEMORY ENGINE]
	@$(BIN)/python -m pipelines run scoring

.PHONY: serve
serve: $(INSTALLED) ## Answer requests with the last approved model, at port 8080 [RUN PORT GRPC_PORT WORKERS MODEL_NAME LOG]
	@$(BIN)/python -m pipelines serve

.PHONY: app
app: $(INSTALLED) ## The same, with the app for people at http://127.0.0.1:8080/app [RUN PORT GRPC_PORT WORKERS MODEL_NAME LOG=1]
	@$(BIN)/python -m pipelines serve --app

.PHONY: monitor
monitor: $(INSTALLED) ## Compare the requests that make serve logged with training, and decide [TRUTH=file.csv DAYS RUN MODEL VERSION FOLDER; MEMORY; of a training: MINUTES TRIALS WORKERS ENGINE RETRAIN=0]
	@$(BIN)/python -m pipelines run monitoring

.PHONY: monitor-drill
monitor-drill: $(INSTALLED) ## Put a fault into rows, and see which alert fires, when, and what is decided [RUN; KIND=covariate, label, concept, missing, unit-change or category]
	@$(BIN)/python -m pipelines drill

.PHONY: runs
runs: $(INSTALLED) ## List the runs on this machine, and write runs/index.html; compare two of them: COMPARE="run run"
	@$(BIN)/python -m pipelines runs $(COMPARE)

.PHONY: models
models: $(INSTALLED) ## List every version of every registered model [MODEL]
	@$(BIN)/python -m pipelines models list

.PHONY: mlflow
mlflow: $(INSTALLED) ## Show what the runs on this machine logged, in MLflow at http://127.0.0.1:5000 [PORT]
	@MLFLOW_DISABLE_TELEMETRY=true $(BIN)/mlflow server --backend-store-uri sqlite:///$(CURDIR)/runs/mlflow.db \
	  --port $(or $(PORT),5000)

.PHONY: dashboard
dashboard: $(INSTALLED) ## Show the sweeps of the runs on this machine, in Optuna's dashboard at http://127.0.0.1:8080 [PORT]
	@$(BIN)/optuna-dashboard $(CURDIR)/runs/studies/journal --port $(or $(PORT),8080)

.PHONY: compare
compare: $(INSTALLED) ## Train the same small run at BASE=main and here, and test whether the model got worse [OUTPUT, and SOURCE TARGET PROBLEM PARAMETERS TRIALS SEED as in run]
	@$(BIN)/python -m pipelines compare

.PHONY: compile
compile: $(INSTALLED) ## Write dist/pipelines and dist/components [REGISTRY TAG SIZE; PIN=1: the digests of make push; FOR=2.14: for an older backend]
	@$(BIN)/python -m pipelines compile

## On a cluster
# training, scoring, monitoring, deployment or removal.
PIPELINE := training
.PHONY: submit
submit: $(INSTALLED) ## Start a run of the compiled pipeline; WAIT=1 follows it to its verdict [PIPELINE HOST NAMESPACE PARAMETERS SOURCE TARGET DATA_VERSION DEPLOY FROM RUN ARGS]
	@$(BIN)/python -m pipelines submit $(PIPELINE) $(ARGS)

.PHONY: schedule
schedule: $(INSTALLED) ## Have it run again and again: CRON="0 6 * * 1" or EVERY=6h [NAME and those of submit]
	@$(BIN)/python -m pipelines schedule $(PIPELINE) $(ARGS)

.PHONY: doctor
doctor: $(INSTALLED) ## Say which services are reachable, and what is wrong with the others
	@$(BIN)/python -m pipelines doctor

.PHONY: cluster
cluster: $(INSTALLED) ## Make a kind cluster with all that is needed, and run the sample on it; needs kind and kubectl
	@bash .ci/cluster

## Images
.PHONY: images
images: $(INSTALLED) ## Build an image per stage [STAGE REGISTRY TAG PYTHON_IMAGE BUILD_FLAGS]
	@$(BIN)/python -m images build $(IMAGE_FLAGS)

.PHONY: service-images
service-images: $(INSTALLED) ## Build the images of MLflow, MinIO and submit, for the manifests [SERVICE REGISTRY TAG PYTHON_IMAGE]
	@$(BIN)/python -m images build --services $(NAME_FLAGS) $(if $(SERVICE),--stage "$$SERVICE")

.PHONY: push
push: $(INSTALLED) ## Push the stages', or with SERVICES=1 the services', and note their digests [STAGE REGISTRY TAG]
	@$(BIN)/python -m images push $(IMAGE_FLAGS) $(if $(SERVICES),--services)

.PHONY: check-images
check-images: $(INSTALLED) ## See that each holds what its stage needs and no more [STAGE REGISTRY TAG]
	@$(BIN)/python -m images check $(IMAGE_FLAGS)

.PHONY: sbom
sbom: $(INSTALLED) ## Write what is in each, as CycloneDX, to dist/sbom [STAGE REGISTRY TAG]
	@$(BIN)/python -m images sbom $(IMAGE_FLAGS)

.PHONY: audit
audit: $(INSTALLED) ## Compare the lock with known vulnerabilities, and write dist/audit
	@$(BIN)/python -m images audit

## Develop
.PHONY: install
install: $(INSTALLED) ## Create .venv from the lock; the other targets do it by themselves

$(INSTALLED): setup.cfg pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "kfp-tabular needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Installing the locked packages into $(VENV), once: kfp, pandas, scikit-learn, LightGBM, Optuna, MLflow,"
	@echo "what they need, and the tools of the tests. This takes about a minute."
	@$(PYTHON) -m venv $(VENV)
# uv is fast and shows its progress. pip does the same where uv cannot be had.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv && \
	  $(BIN)/uv pip install --python $(BIN)/python --compile-bytecode -c constraints.txt -e '.[all,dev]' || \
	  PYTHONWARNINGS=ignore $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[all,dev]'
	@touch $@

.PHONY: new-stage
new-stage: $(INSTALLED) ## Make a stage: its code, image, extra and tests, and a list of what is left [NAME=outliers]
	@$(BIN)/python -m pipelines.scaffold "$$NAME"

.PHONY: test
test: $(INSTALLED) ## Run the quick tests
	@$(BIN)/python -m pytest -m 'not slow and not cluster' -n auto --dist worksteal

.PHONY: test-slow
test-slow: $(INSTALLED) ## Run whole pipelines and all that takes long
	@$(BIN)/python -m pytest -m 'slow and not cluster' -n 2 --dist loadfile

.PHONY: screenshots
screenshots: $(INSTALLED) ## Write the pictures of the documents again
	@WRITE_SCREENSHOTS=1 $(BIN)/python -m pytest -q -n 0 -m slow tests/end_to_end/test_app_screenshots.py \
	  tests/end_to_end/test_report_screenshots.py

.PHONY: test-cluster
test-cluster: $(INSTALLED) ## Run the suite on the cluster that KUBECONFIG names [CORE=1: the quarter hour of CI; LONG=1: all; REGISTRY TAG LOAD_IMAGES]
	@$(BIN)/python -m pytest tests/cluster -m '$(if $(CORE),core,cluster)$(if $(LONG),, and not long)'

.PHONY: lint
lint: $(INSTALLED) ## Check style, types, names, spelling, templates, imports and that each is declared
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python tests/check_names.py
	@git ls-files | xargs $(BIN)/codespell
	@$(BIN)/djlint --lint --quiet components pipelines
# deptry does not read setup.cfg, whose requirements the installation writes here, by extra.
	@mkdir -p build && grep -v '^\[' kfp_tabular.egg-info/requires.txt > build/declared.txt
	@$(BIN)/deptry --no-ansi components pipelines images --requirements-files build/declared.txt

.PHONY: docs
docs: $(INSTALLED) ## Write what is made by code: docs/parameters.md, Prometheus rules, dashboards, Amazon's stack
	@$(BIN)/python -m pipelines parameters > docs/parameters.md
	@$(BIN)/python -m pipelines.observability
	@$(BIN)/python -m images aws-stack

.PHONY: site
site: $(INSTALLED) ## Make a site of the documents in build/site, and check its links
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

.PHONY: format
format: $(INSTALLED) ## Rewrite the code in the house's style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: bench
bench: $(INSTALLED) ## Measure speed, as ratios against a baseline run beside it
	@$(BIN)/python -m benchmarks

.PHONY: bench-serve
bench-serve: $(INSTALLED) ## Measure the server beside KServe's stock one; needs wrk
	@$(BIN)/python -m benchmarks.serving

.PHONY: bench-app
bench-app: $(INSTALLED) ## Measure the app's batch beside make score, with 100,000 rows; needs Chromium
	@$(BIN)/python -m benchmarks.app

.PHONY: bench-page
bench-page: $(INSTALLED) ## Measure how soon the app's page answers, served and as one file; needs Chromium
	@$(BIN)/python -m benchmarks.app_page

.PHONY: bench-log
bench-log: $(INSTALLED) ## Measure what the inference log costs the server, and how fast it is read
	@$(BIN)/python -m benchmarks.inference_log

.PHONY: bench-monitor
bench-monitor: $(INSTALLED) ## Count false alarms and missed drifts of generated streams, and compare estimates with the truth; takes an hour
	@$(BIN)/python -m benchmarks.monitor
	@$(BIN)/python -m benchmarks.performance_estimate
	@$(BIN)/python -m benchmarks.drift_loss
	@$(BIN)/python -m benchmarks.concept_drift

.PHONY: bench-sql
bench-sql: $(INSTALLED) ## Measure how fast a table comes from PostgreSQL, and in how much memory; needs its server
	@$(BIN)/python -m benchmarks.sql

.PHONY: bench-storage
bench-storage: $(INSTALLED) ## Measure how fast ingest copies from MinIO, beside its plain client; needs minio
	@$(BIN)/python -m benchmarks.object_storage

.PHONY: bench-ingest
bench-ingest: $(INSTALLED) ## Measure what ingest of CSV files costs beside pyarrow's plain conversion, and its memory
	@$(BIN)/python -m benchmarks.ingest

.PHONY: bench-size
bench-size: $(INSTALLED) ## Measure seconds and memory of each stage on generated tables of ROWS="100000 1000000" rows, within MEMORY=2g [WRITE=pipelines/cost_model.json]
	@$(BIN)/python -m benchmarks.size $(ROWS) $(if $(MEMORY),--memory "$$MEMORY") $(if $(WRITE),--write "$$WRITE")

.PHONY: bench-schedule
bench-schedule: $(INSTALLED) ## Print the tables of docs/scale.md: the cost of each task, and a billion rows on several machines
	@$(BIN)/python -m benchmarks.schedule

.PHONY: bench-score
bench-score: $(INSTALLED) ## Measure rows per second of batch scoring with the sample's model, beside LightGBM's own predict
	@$(BIN)/python -m benchmarks.scoring $(if $(ROWS),--rows $(ROWS)) $(if $(MEMORY),--memory "$$MEMORY")

.PHONY: bench-mess
bench-mess: $(INSTALLED) ## Count silent differences: clean tables, written as people have them, read and predicted
	@$(BIN)/python -m benchmarks.mess

.PHONY: bench-diff
bench-diff: $(INSTALLED) ## Measure data diff of ten million rows, ten cells of which are changed
	@$(BIN)/python -m benchmarks.data_diff

.PHONY: bench-quality-quick
bench-quality-quick: $(INSTALLED) ## Check on three tables, 20 s each, that no model is behind LightGBM as it comes
	@$(BIN)/python -m benchmarks.quality.quick

.PHONY: bench-images
bench-images: $(INSTALLED) ## Measure the images' sizes and how soon a stage starts in them [REGISTRY TAG]
	@$(BIN)/python -m benchmarks.images

.PHONY: lock
lock: $(INSTALLED) ## Resolve setup.cfg anew into constraints.txt and the images' requirements
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-annotate --extra all --extra dev \
	  --custom-compile-command 'make lock' setup.cfg images/services/*/requirements.in --output-file constraints.txt
	@$(BIN)/python -m images lock

.PHONY: clean
clean: ## Remove .venv and what was built; runs/ stays
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
