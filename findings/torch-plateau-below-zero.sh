#!/bin/bash
# PyTorch's ReduceLROnPlateau never sees a plateau of a loss below zero, and takes a slow rise for progress.
#
# Versions   Debian 12's python3-torch 1.13.1; seen on 2026-11-30
# Guess      With the defaults (mode min, a relative threshold of 0.0001) the rate falls after `patience` steps in which the loss did not fall by a
#            ten-thousandth of its size, of whatever sign it is: a Gaussian likelihood in nats or an ELBO is a loss as any other.
# Behaviour  The mark is best * (1 - threshold), which for a best of -100 is -99.99: above the best, not below. A loss that stays at -100 is better
#            than that at every step, and so is one that rises by 0.001 a step, which becomes the new best. In mode max, scores below zero are the
#            same. At +100 the rate falls.
# What to do Set threshold_mode to "abs" where what is watched can be negative. The documentation gives the formula, and does not name the sign.
# Source     The output below; github.com/pytorch/pytorch, issues 38622 (2020-05-17) and 47513 (2020), both open.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python=/usr/bin/python3
if ! "$python" -c 'import torch' 2>/dev/null; then
  echo "This needs Debian's package python3-torch." >&2
  exit 2
fi
program=$(
  cat <<'PY'
import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau


def rates(losses, **options):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = ReduceLROnPlateau(optimizer, patience=3, **options)
    seen = []
    for loss in losses:
        schedule.step(loss)
        seen.append(optimizer.param_groups[0]["lr"])
    return f"rate {seen[-1]:.0e} after {len(seen)} steps, best {schedule.best:g}"


print("100, flat:", rates([100] * 12))
print("-100, flat:", rates([-100] * 12))
print("-100, rising by 0.001:", rates([-100 + step / 1000 for step in range(12)]))
print("mode max, -100, falling by 0.001:", rates([-100 - step / 1000 for step in range(12)], mode="max"))
print("-100, flat, abs:", rates([-100] * 12, threshold_mode="abs"))
PY
)
seen=$("$python" -c "$program")
expected='100, flat: rate 1e-02 after 12 steps, best 100
-100, flat: rate 1e+00 after 12 steps, best -100
-100, rising by 0.001: rate 1e+00 after 12 steps, best -99.989
mode max, -100, falling by 0.001: rate 1e+00 after 12 steps, best -100.011
-100, flat, abs: rate 1e-02 after 12 steps, best -100'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
