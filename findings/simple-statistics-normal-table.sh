#!/bin/bash
# simple-statistics looks the normal distribution up in a printed table: no probability is under 0.001, and z has two decimals.
#
# Versions   simple-statistics 7.12.1, on Node 24; seen on 2026-11-30
# Guess      cumulativeStdNormalProbability is right to seven digits or more, so that 2 * f(-|z|) is a p-value, and probit is its inverse.
# Behaviour  z is rounded to hundredths, the result to four decimals, and everything from -3.1 down is 0.001. A two-sided p-value is never below
#            0.002: with 50 columns that are watched, a limit of 0.05 / 50 raises no alarm however far a column has moved. Between -1.234 and
#            -1.226 nothing changes. normalDistribution(z, 0, 1, true), which is new, is computed, and right to about 1e-16: at -8 by 2 %.
# What to do Take normalDistribution, or an erfc of full relative precision for far tails (@stdlib/stats-base-dists-normal-cdf), or compare z with a
#            limit of z.
# Source     The output below; github.com/simple-statistics/simple-statistics, pull requests 829 (2026-08-15) and 847 (2026-08-29).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund simple-statistics@7.12.1 @stdlib/stats-base-dists-normal-cdf@0.3.1
cat >try.mjs <<'JS'
import cdf from "@stdlib/stats-base-dists-normal-cdf";
import { cumulativeStdNormalProbability, normalDistribution } from "simple-statistics";

for (const z of [-1.226, -1.234, -3.05, -3.5, -5, -8]) {
  const computed = [normalDistribution(z, 0, 1, true), cdf(z, 0, 1)].map((p) => p.toExponential(3));
  console.log(`${z}: table ${cumulativeStdNormalProbability(z)}, normalDistribution ${computed[0]}, stdlib ${computed[1]}`);
}
const [columns, z] = [50, 8];
const p = 2 * cumulativeStdNormalProbability(-z);
console.log(`z of ${z}: p ${p.toFixed(4)}, an alarm at 0.05 / ${columns}: ${p < 0.05 / columns}`);
JS
seen=$(node try.mjs)
expected='-1.226: table 0.1093, normalDistribution 1.101e-1, stdlib 1.101e-1
-1.234: table 0.1093, normalDistribution 1.086e-1, stdlib 1.086e-1
-3.05: table 0.0011, normalDistribution 1.144e-3, stdlib 1.144e-3
-3.5: table 0.001, normalDistribution 2.326e-4, stdlib 2.326e-4
-5: table 0.001, normalDistribution 2.867e-7, stdlib 2.867e-7
-8: table 0.001, normalDistribution 6.106e-16, stdlib 6.221e-16
z of 8: p 0.0020, an alarm at 0.05 / 50: false'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
