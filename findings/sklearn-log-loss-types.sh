#!/bin/bash
# scikit-learn's log loss of the same answers is 8 in float32 and 18 in float64: what it clips at is the type's epsilon.
#
# Versions   Debian 12's python3-sklearn 1.2.1; seen on 2026-11-30
# Guess      log_loss clips at 1e-15, as its documentation said for years, and float32 probabilities differ from doubles in the seventh digit.
# Behaviour  Since 1.2, probabilities are clipped to [eps, 1 - eps] with the epsilon of their type: an answer that is sure and wrong costs 15.9 in
#            float32, 36.0 in float64 and 6.9 in float16. One such row in a hundred moves the mean by 0.2, so that a model whose answers come from
#            PyTorch or ONNX as float32 looks better than one that answers in doubles. Since 1.5 no other epsilon can be set.
# What to do Cast answers to float64 before the metric, on all sides of a comparison, and clip them yourself if sure answers can be wrong. A metric
#            of your own has to name its bound to be compared.
# Source     The output below; github.com/scikit-learn/scikit-learn, pull requests 24354 (2022-09-04) and 28851 (2024-04-16).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python=/usr/bin/python3
if ! "$python" -c 'import sklearn' 2>/dev/null; then
  echo "This needs Debian's package python3-sklearn." >&2
  exit 2
fi
program=$(
  cat <<'PY'
import numpy as np
from sklearn.metrics import log_loss

wrong = np.array([[1, 0], [0, 1]])
print("sure and wrong:", *(f"{kind} {log_loss([1, 0], wrong.astype(kind)):.2f}" for kind in ("float16", "float32", "float64")))
# One such row among a hundred, the others right with 0.9.
answers = np.tile([0.9, 0.1], (100, 1))
answers[0] = [0, 1]
print("one in a hundred:", *(f"{kind} {log_loss([0] * 100, answers.astype(kind), labels=[0, 1]):.2f}" for kind in ("float32", "float64")))
PY
)
seen=$("$python" -W ignore -c "$program")
expected='sure and wrong: float16 6.93 float32 15.94 float64 36.04
one in a hundred: float32 0.26 float64 0.46'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
