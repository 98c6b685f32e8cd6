/**
 * `npm run bench:score-coverage [-- repeats [rows [populations [kind [first [fresh]]]]]]`: how often intervals of 90 % hold the figures of fresh rows,
 * by figure, number of held-out rows, and population that they are drawn from. Kinds: `held-out`; `folds`, scores out of fold of the average of
 * the folds' lines, and `folds-line`, of the line of all rows; `search`, of what a search by default serves; `stopped`, of a
 * network that stopped early by the rows it is scored on; `seeds`, over rows and seeds. `first`
 * is the number of the first repeat: others are of other tables. `fresh` is how many rows say what is true.
 */

import { coverage, foldCoverage, POPULATIONS, type PopulationName } from "../../training/certainty/generated.ts";
import { searchCoverage, stoppedCoverage } from "../../training/certainty/generated-searches.ts";
import { seedCoverage } from "../../training/certainty/generated-seeds.ts";

const [repeats = "200", sizes = "50,150,500", names = Object.keys(POPULATIONS).join(), kind = "held-out", ...numbers] =
  process.argv.slice(2);
const [from = "0", fresh = "20000"] = numbers;
const first = Number(from);
const KINDS: Readonly<Record<string, typeof coverage>> = {
  "held-out": coverage,
  folds: foldCoverage,
  "folds-line": (name, rows, repeats, fresh, first) => foldCoverage(name, rows, repeats, fresh, first, false),
  search: searchCoverage,
  stopped: stoppedCoverage,
  seeds: (_, rows, repeats, __, first) => seedCoverage(rows, 10, repeats, 5000, first),
};

for (const name of names.split(",")) {
  for (const rows of sizes.split(",")) {
    const covered = (KINDS[kind] ?? coverage)(name as PopulationName, Number(rows), Number(repeats), Number(fresh), first);
    const shares = [...covered].map(([figure, { intervals, held }]) => `${figure} ${((100 * held) / intervals).toFixed(1)} %`);
    console.log(`${name.padEnd(14)} ${rows.padStart(4)}  ${shares.join("  ")}`);
  }
}
