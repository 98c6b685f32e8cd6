#!/bin/bash
# pandas reads 0.00000000000000000012 as 0: the zeros after the point count among the 17 digits that read_csv takes.
#
# Versions   Debian 12's python3-pandas 1.5.3; seen on 2026-11-30
# Guess      read_csv reads the nearest double, or, with float_precision "high", which is the default since 1.2, one that is off in the last of 17
#            significant digits.
# Behaviour  What is left after 17 digits is dropped, leading zeros included: 0.000000000123456789 is 1.234567e-10, and what begins further right
#            is 0. Probabilities, p-values and learning rates that are written without an exponent, as JavaScript's toFixed and numeric columns of
#            SQL write them, lose the more digits the smaller they are; with an exponent they lose none. "legacy", the older one, is nearer.
# What to do Pass float_precision="round_trip", or write such columns with an exponent. Where two programs differ in the last digits of a model,
#            compare first what each has read from the file.
# Source     The output below; github.com/pandas-dev/pandas, issue 39514 (2021-01-31), and pull requests 36228 (2020-09-08), which made it the
#            default, and 64432 (2026-03-06), which replaces it with fast_float.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python=/usr/bin/python3
if ! "$python" -c 'import pandas' 2>/dev/null; then
  echo "This needs Debian's package python3-pandas." >&2
  exit 2
fi
program=$(
  cat <<'PY'
import io
import random
from decimal import Decimal

import pandas as pd

ROWS = 10000


def read(texts, precision):
    return pd.read_csv(io.StringIO("x\n" + "\n".join(texts)), float_precision=precision)["x"].tolist()


for text in ("0.000123456789012345", "0.000000000123456789", "1.23456789e-10", "0.00000000000000000012"):
    print(text + ":", *(f"{name} {read([text], name)[0]!r}" for name in ("high", "legacy", "round_trip")), f"Python {float(text)!r}")
random.seed(0)
for bound in (1, 0.01, 0.0001):
    # As repr has them, but without an exponent.
    texts = [format(Decimal(repr(bound * random.random())), "f") for _ in range(ROWS)]
    numbers = [float(text) for text in texts]
    for name in ("high", "round_trip"):
        errors = [abs(number - value) / number for number, value in zip(numbers, read(texts, name))]
        print(f"{ROWS} below {bound}, {name}: {sum(error > 0 for error in errors)} differ, by up to {max(errors):.0e}")
PY
)
seen=$("$python" -W ignore -c "$program")
expected='0.000123456789012345: high 0.0001234567890123 legacy 0.000123456789012345 round_trip 0.000123456789012345 Python 0.000123456789012345
0.000000000123456789: high 1.234567e-10 legacy 1.2345678899999998e-10 round_trip 1.23456789e-10 Python 1.23456789e-10
1.23456789e-10: high 1.23456789e-10 legacy 1.2345678899999998e-10 round_trip 1.23456789e-10 Python 1.23456789e-10
0.00000000000000000012: high 0.0 legacy 1.1999999999999999e-19 round_trip 1.2e-19 Python 1.2e-19
10000 below 1, high: 3547 differ, by up to 1e-12
10000 below 1, round_trip: 0 differ, by up to 0e+00
10000 below 0.01, high: 9939 differ, by up to 2e-11
10000 below 0.01, round_trip: 0 differ, by up to 0e+00
10000 below 0.0001, high: 10000 differ, by up to 6e-08
10000 below 0.0001, round_trip: 0 differ, by up to 0e+00'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
