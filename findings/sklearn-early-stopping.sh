#!/bin/bash
# scikit-learn's histogram boosting stops early, and keeps the trees that made it stop.
#
# Versions   Debian 12's python3-sklearn 1.2.1; seen on 2026-11-30
# Guess      early_stopping ends the training after n_iter_no_change iterations without a better validation score, and the model is that of the best
#            one, as LightGBM and XGBoost predict by it, and as scikit-learn's own MLPClassifier goes back to its best weights.
# Behaviour  The model is that of the last iteration: n_iter_ is the best one plus n_iter_no_change, and predict uses them all. The longer the
#            patience, the worse the model. With more than 10,000 rows it stops early by default, so that this is what most large tables get.
# What to do Find the best iteration in validation_score_ (its first entry is of no trees), and fit again with max_iter of that number and
#            early_stopping off, or predict by staged_predict_proba. Compare others' early stopping with it at that iteration, not at n_iter_.
# Source     The output below; _should_stop in sklearn/ensemble/_hist_gradient_boosting/gradient_boosting.py of the package, which only ends the
#            loop. The same question of another library: github.com/Evovest/EvoTrees.jl, issue 356 (2026-08-19).
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
from itertools import islice

import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss

X, y = make_classification(6000, n_features=10, flip_y=0.2, random_state=0)
train, test = slice(0, 2000), slice(2000, None)
for patience in (10, 50):
    model = HistGradientBoostingClassifier(
        early_stopping=True, n_iter_no_change=patience, learning_rate=0.3, max_iter=500, random_state=0
    ).fit(X[train], y[train])
    best = int(np.argmax(model.validation_score_))
    as_given = log_loss(y[test], model.predict_proba(X[test]))
    at_best = log_loss(y[test], next(islice(model.staged_predict_proba(X[test]), best - 1, None)))
    print(f"patience {patience}: best at {best}, n_iter_ {model.n_iter_}; log loss of new rows {as_given:.3f}, at the best {at_best:.3f}")
PY
)
seen=$("$python" -W ignore -c "$program")
expected='patience 10: best at 9, n_iter_ 19; log loss of new rows 0.419, at the best 0.397
patience 50: best at 9, n_iter_ 59; log loss of new rows 0.542, at the best 0.397'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
