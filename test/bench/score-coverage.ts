/**
 * `npm run bench:score-coverage [-- repeats [rows [populations [kind]]]]`: how often intervals of 90 % hold the figures of fresh rows, by
 * figure, number of held-out rows, and population that they are drawn from. Kinds: `held-out`, `folds` (scores out of fold), `seeds` (over rows
 * and seeds).
 */

import { coverage, foldCoverage, POPULATIONS, type PopulationName } from "../training/certainty/generated.ts";
import { seedCoverage } from "../training/certainty/generated-seeds.ts";

const FRESH = 20_000;
const [repeats = "200", sizes = "50,150,500", names = Object.keys(POPULATIONS).join(), kind = "held-out"] =
  process.argv.slice(2);

for (const name of names.split(",")) {
  for (const rows of sizes.split(",")) {
    const covered =
      kind === "seeds"
        ? seedCoverage(Number(rows), 10, Number(repeats), 5000)
        : (kind === "folds" ? foldCoverage : coverage)(name as PopulationName, Number(rows), Number(repeats), FRESH);
    const shares = [...covered].map(([figure, { intervals, held }]) => `${figure} ${((100 * held) / intervals).toFixed(1)} %`);
    console.log(`${name.padEnd(14)} ${rows.padStart(4)}  ${shares.join("  ")}`);
  }
}
