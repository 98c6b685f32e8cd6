/**
 * How fast training steps are, next to PyTorch's in the same minutes. `npm run bench:engine [-- --only NAME] [--rounds N]
 * [--peers] [--listing]`. One thread each. Prints medians over the rounds; `--listing` prints the kernels too.
 */
import { parseArgs } from "node:util";
import { measurePeers } from "./peers.ts";
import { torchIsThere, torchStep } from "./torch.ts";
import { type Running, STEPS_OF_RUN, start, WORKLOADS, type Workload } from "./workloads.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "1" },
    peers: { type: "boolean", default: false },
    listing: { type: "boolean", default: false },
  },
});

const seconds = Number(options.seconds);
const WINDOWS = 7;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;

/** What a busy machine disturbs least. */
const best = (values: readonly number[]): number => Math.min(...values);

/** Microseconds a call of `action`: the median of some windows of a second in all. */
function measure(action: () => unknown): number {
  for (let warmUp = performance.now() + 200; performance.now() < warmUp; ) action();
  const began = performance.now();
  action();
  const count = Math.max(1, Math.floor((seconds * 1000) / WINDOWS / Math.max(1e-3, performance.now() - began)));
  const windows = Array.from({ length: WINDOWS }, () => {
    const from = performance.now();
    for (let call = 0; call < count; call++) action();
    return ((performance.now() - from) / count) * 1000;
  });
  return median(windows);
}

interface Row {
  readonly ours: number;
  readonly inRuns: number;
  readonly torch: number;
}

function round(name: string, running: Running, withTorch: boolean): Row {
  return {
    torch: withTorch ? torchStep(name, seconds) : Number.NaN,
    ours: measure(running.step),
    inRuns: running.flops < 1e7 ? measure(running.run) / STEPS_OF_RUN : Number.NaN,
  };
}

const withTorch = torchIsThere();
if (!withTorch) console.log("no torch for TORCH_PYTHON (default /usr/bin/python3): our times alone");
/** Columns of the table, with their widths. Large steps are not measured in runs, and without PyTorch there is no ratio. */
const COLUMNS = [
  ["workload", 38],
  ["us/step", 11],
  ["in a run", 10],
  ["PyTorch", 10],
  ["ratio", 8],
  ["of bests", 9],
  ["at least", 9],
  ["aim", 5],
  ["GFLOP/s", 8],
  ["compile ms", 11],
] as const;
const line = (cells: readonly string[]) =>
  cells.map((cell, index) => (index === 0 ? cell.padEnd(COLUMNS[0][1]) : cell.padStart(COLUMNS[index]?.[1] ?? 0))).join("");
const figure = (value: number, text: (value: number) => string) => (Number.isNaN(value) ? "-" : text(value));

console.log(line(COLUMNS.map(([title]) => title)));
for (const workload of WORKLOADS.filter(({ name }) => name.includes(options.only ?? ""))) {
  const running = start(workload);
  const rows = Array.from({ length: Number(options.rounds) }, () => round(workload.name, running, withTorch));
  const [ours, inRuns, torch] = [
    median(rows.map((row) => row.ours)),
    median(rows.map((row) => row.inRuns)),
    median(rows.map((row) => row.torch)),
  ];
  const fixed = (digits: number) => (value: number) => value.toFixed(digits);
  const bests = best(rows.map((row) => row.torch)) / best(rows.map((row) => row.ours));
  const cells = [
    workload.name,
    ours.toFixed(2),
    figure(inRuns, fixed(2)),
    figure(torch, fixed(1)),
    figure(torch / ours, (ratio) => String(Number(ratio.toPrecision(3)))),
    figure(bests, (ratio) => String(Number(ratio.toPrecision(3)))),
    String(workload.atLeast),
    String(workload.aim),
    (running.flops / ours / 1000).toPrecision(3),
    running.compileMs.toFixed(1),
  ];
  console.log(line(cells));
  if (options.listing) console.log(running.executable.describe());
}

/** Where other engines for JavaScript are compared. */
const PEER_WORKLOADS = ["4-32-3", "20-64-64-2", "784-128-10"];

if (options.peers) {
  const workloads = WORKLOADS.filter(({ name }) => PEER_WORKLOADS.some((part) => name.includes(part)));
  for (const { peer, name, us } of measurePeers(workloads, seconds))
    console.log([peer, name, `${us.toFixed(1)} us/step`].join(" | "));
}

const deep = { ...(WORKLOADS[5] as Workload), widths: [64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 10] };
const cold = start(deep).compileMs;
const warm = median(
  [63, 62, 61, 60, 59].map((width) => start({ ...deep, widths: [width, ...deep.widths.slice(1)] }).compileMs),
);
console.log(`compiling ten layers: ${cold.toFixed(1)} ms at first, ${warm.toFixed(1)} ms when the compiler is warm`);
