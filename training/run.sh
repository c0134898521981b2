#!/usr/bin/env bash
# Builds the default model from nothing but a Python and the data sets:
#   training/run.sh            everything
#   STEPS=200 training/run.sh  a quick run through every stage (no use as a model)
# HARK_SHARED is the folder that holds datasets/ (default: ../shared beside the repository).
set -euo pipefail
cd "$(dirname "$0")"
[ -x .venv/bin/python ] || "${PYTHON:-python3}" -m venv .venv
.venv/bin/pip install --quiet --requirement requirements.txt
# Waiting threads sleep: spinning ones slow each other down when cores are shared.
export GOMP_SPINCOUNT=0
for stage in prepare train export calibrate plot; do
    .venv/bin/python -m "hark_training.$stage"
done
echo "run: the model is in services/classify/model; measure it with: cargo xtask eval --record"
