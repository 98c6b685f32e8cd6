/**
 * `npm run bench:learning-curve [-- splits [order [repeats]]]`: how often the band of a learning curve holds the truth. Of each case half of the training rows
 * are hidden; the curve of the others says what all of them would bring, and is held to the mean of the trainings on all of them. The reach
 * of the band was found on every second table, in alphabetical order: how it does on the others is what it does on tables it has not seen.
 * Orders say which rows are hidden: `chance`, `groups` (whole ones) or `time`.
 */
import { type Forecast, isLoss } from "../../../src/domain/explanations/learning-curve.ts";
import { curveFigure } from "../../../src/training/learning-curve/forecast.ts";
import { type Case, cases, type Measured, measure, ORDERS, SETTINGS } from "./cases.ts";

interface Found extends Case {
  readonly name: string;
  readonly isMain: boolean;
  readonly forecast: Forecast;
  readonly truth: number;
  readonly now: number;
}

const [splits = "2", order = "chance", repeats = "8"] = process.argv.slice(2);
const measuring = { order: ORDERS.find((each) => each === order) ?? "chance", repeats: Number(repeats) } as const;
const begun = process.cpuUsage();
const found = cases(Number(splits)).flatMap((each) => forecastsOf(measure(each, measuring)));
const { user, system } = process.cpuUsage(begun);

const tables = [...new Set(found.map(({ table }) => table))].sort((a, b) => a.localeCompare(b, "en"));
const isFitted = ({ table }: Found) => tables.indexOf(table) % 2 === 0;
const groups: readonly (readonly [string, (of: Found) => boolean])[] = [
  ["all", () => true],
  ["tables that the reach was found on", isFitted],
  ["the other tables", (of) => !isFitted(of)],
  ["main figures: accuracy and R²", ({ isMain }) => isMain],
  ...["accuracy", "roc_auc", "log_loss", "r2", "rmse", "mae"].map((name) => [name, (of: Found) => of.name === name] as const),
  ...SETTINGS.map(({ name }, setting) => [name, (of: Found) => of.setting === setting] as const),
  ...["helps", "may_help", "flat"].map((verdict) => [verdict, (of: Found) => of.forecast.verdict === verdict] as const),
  ...tables.map((table) => [table, (of: Found) => of.table === table] as const),
];
console.log(`${"".padEnd(36)} bands  held    below  above  better than now`);
for (const [name, isOf] of groups) {
  const own = found.filter(isOf);
  const share = (test: (of: Found) => boolean) => `${((100 * own.filter(test).length) / own.length).toFixed(1)} %`.padStart(7);
  const held = share(({ forecast: { figure }, truth }) => truth >= figure[0] && truth <= figure[1]);
  const below = share(({ forecast, truth }) => truth < forecast.figure[0]);
  const above = share(({ forecast, truth }) => truth > forecast.figure[1]);
  const better = share(({ name: figure, truth, now }) => (isLoss(figure as never) ? truth < now : truth > now));
  console.log(`${name.padEnd(36)} ${String(own.length).padStart(5)} ${held} ${below} ${above} ${better}`);
}
console.log(`${((user + system) / 1e6).toFixed(0)} s of a core`);

/** The forecasts of a case, beside what was hidden from them. */
function forecastsOf(measured: Measured): Found[] {
  const { names, sizes, curve, truth, scoredRows, ...of } = measured;
  return names.flatMap((name, at) => {
    const repeats = (curve[at] as Measured["curve"][number]).map((size) =>
      Float64Array.from(size, (figure) => figure ?? Number.NaN),
    );
    const { points, forecast } = curveFigure(name, sizes, repeats, repeats, scoredRows);
    const trained = (truth[at] as Measured["truth"][number]).filter(
      (figure) => figure !== null && Number.isFinite(figure),
    ) as number[];
    const now = points.at(-1)?.mean;
    if (!forecast || typeof now !== "number" || trained.length === 0) return [];
    const mean = trained.reduce((sum, figure) => sum + figure, 0) / trained.length;
    return [{ ...of, name, isMain: at === 0, forecast, truth: mean, now }];
  });
}
