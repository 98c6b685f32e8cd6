/**
 * `npm run bench [-- --rounds N] [--against COMMIT] [--only through-job,engine,many,threads,service] [--peers]`: how fast training is, in one
 * table: through a job, the engine alone, many trials, several threads, and from submission to stored model. Beside it PyTorch where
 * TORCH_PYTHON has it, else its recorded figures, said as such (beside two threads, one thread); another commit of this repository, checked
 * out into a temporary folder; and jax-js, installed into another (`--peers`). All in turn, in medians of processor time but for threads,
 * which are by the clock.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measurePeers } from "./training/peers.ts";
import recorded from "./training/recorded-torch.json" with { type: "json" };
import { STEP_WORKLOADS } from "./training/step.ts";
import { JOB_WORKLOADS } from "./training/through-job.ts";
import { torchIsThere, torchStep } from "./training/torch.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SECTIONS = ["through-job", "engine", "many", "threads", "service"] as const;
type Section = (typeof SECTIONS)[number];

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    against: { type: "string" },
    only: { type: "string", default: SECTIONS.join() },
    peers: { type: "boolean", default: false },
  },
});
const ROUNDS = Number(options.rounds);

/** A line of the table. A measurement that there is none of is null. */
interface Line {
  readonly section: Section;
  readonly name: string;
  readonly unit: string;
  /** Of a checkout; `isOurs` for the working tree. */
  measure(root: string, isOurs: boolean): number | null;
  /** The name in speed_torch.py, and how many of its steps are as much work. */
  readonly torch?: { readonly name: string; readonly steps: number };
  /** What stands where PyTorch has nothing to compare with. */
  besides?(): number | null;
}

interface Step {
  readonly processor: number;
  readonly clock: number;
}

const SCRIPTS = {
  "through-job": new URL("./training/through-job.ts", import.meta.url),
  step: new URL("./training/step.ts", import.meta.url),
  trial: new URL("./training/trial.ts", import.meta.url),
};

function run<T>(script: keyof typeof SCRIPTS, ...args: string[]): T {
  return JSON.parse(execFileSync(process.execPath, [fileURLToPath(SCRIPTS[script]), ...args], { encoding: "utf8" })) as T;
}

const step = (name: string, root: string, threads = 1) =>
  run<Step | null>("step", name, "--root", root, "--threads", String(threads));

const LARGE = STEP_WORKLOADS.filter(({ name }) => /784-512|1024-1024|4096/.test(name));

const LINES: readonly Line[] = [
  ...JOB_WORKLOADS.map(
    ({ name }): Line => ({
      ...{ section: "through-job", name, unit: "us", torch: { name, steps: 1 } },
      measure: (root) => run<number>("through-job", name, root),
    }),
  ),
  ...STEP_WORKLOADS.map(
    ({ name }): Line => ({
      ...{ section: "engine", name, unit: "us", torch: { name, steps: 1 } },
      measure: (root) => step(name, root)?.processor ?? null,
    }),
  ),
  {
    ...{ section: "many", name: "a trial of 2-4-1, 200 rows, 100 epochs", unit: "us" },
    torch: { name: "mlp 2-4-1, 200 rows, Adam", steps: 100 },
    measure: (root) => 1000 * run<number>("trial", root),
  },
  // Two threads of the working tree beside one of whatever there was.
  ...LARGE.map(
    ({ name }): Line => ({
      ...{ section: "threads", name: `two threads: ${name}`, unit: "us by the clock" },
      measure: (root, isOurs) => step(name, root, isOurs ? 2 : 1)?.clock ?? null,
      besides: () => step(name, ROOT)?.clock ?? null,
    }),
  ),
];

/** Checks a commit out beside this one, with the packages that are installed here. */
function checkOut(commit: string): { readonly root: string; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), "trainyard-against-"));
  const git = (...args: string[]) => execFileSync("git", args, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  git("worktree", "add", "--detach", "--force", root, commit);
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  return {
    root,
    remove() {
      rmSync(join(root, "node_modules"));
      git("worktree", "remove", "--force", root);
    },
  };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const withTorch = torchIsThere();
const peers = new Map<string, number>();
const print = (cells: readonly string[]) =>
  console.log(cells.map((cell, at) => (at ? cell.padStart(at > 1 ? 11 : 16) : cell.padEnd(52))).join(""));

/** Microseconds of PyTorch for a line, or of what stands in its place; recorded ones have a star. */
function besideOf({ torch, besides }: Line): { readonly us: number; readonly isRecorded: boolean } | null {
  if (!torch) {
    const us = besides?.() ?? null;
    return us === null ? null : { us, isRecorded: false };
  }
  const known = (recorded.steps as Readonly<Record<string, number>>)[torch.name];
  if (known === undefined) return null;
  const us = withTorch ? torchStep(torch.name, 1, "us_processor") : known;
  return { us: us * torch.steps, isRecorded: !withTorch };
}

function printLine(line: Line, against: string | null): void {
  const [ours, beside, others]: [number[], number[], number[]] = [[], [], []];
  let isRecorded = false;
  for (let round = 0; round < ROUNDS; round++) {
    const own = line.measure(ROOT, true);
    if (own !== null) ours.push(own);
    const peer = besideOf(line);
    if (peer) beside.push(peer.us);
    isRecorded = peer?.isRecorded ?? false;
    const other = against === null ? null : line.measure(against, false);
    if (other !== null) others.push(other);
  }
  const us = median(ours);
  const figure = (values: readonly number[], mark = "") =>
    values.length === 0
      ? ["-", "-"]
      : [`${Number(median(values).toPrecision(4))}${mark}`, `${Number((median(values) / us).toPrecision(3))}x`];
  const jax = peers.get(line.name);
  print([
    line.name,
    line.unit,
    ...[ours.length > 0 ? String(Number(us.toPrecision(3))) : "-", ...figure(beside, isRecorded ? "*" : "")],
    ...[...figure(others), ...(options.peers ? figure(jax === undefined || line.section !== "engine" ? [] : [jax]) : [])],
  ]);
}

const asked = options.only.split(",");
const isAsked = ({ section }: Pick<Line, "section">) => asked.includes(section);
const checkedOut = options.against ? checkOut(options.against) : null;
try {
  console.log(
    `${cpus().length} cores of ${cpus()[0]?.model.trim()}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
  );
  if (!withTorch) console.log(`*: no torch for TORCH_PYTHON. ${recorded.note}`);
  if (options.peers && asked.includes("engine"))
    for (const { peer, name, us } of measurePeers(STEP_WORKLOADS.slice(3, 6), 1))
      if (peer === "jax-js wasm") peers.set(name, us);
  for (const section of SECTIONS.filter((name) => name !== "service" && asked.includes(name))) {
    console.log("");
    print([
      section,
      ...["", "ours", section === "threads" ? "one thread" : "PyTorch", "ratio", options.against?.slice(0, 10) ?? "", "ratio"],
      ...(options.peers ? ["jax-js", "ratio"] : []),
    ]);
    for (const line of LINES.filter((each) => each.section === section && isAsked(each)))
      printLine(line, checkedOut?.root ?? null);
  }
  if (asked.includes("service")) {
    console.log("\nservice: jobs of 20 epochs from submission to stored model; and a job that starts beside a large one");
    const beside = checkedOut ? ["--beside", checkedOut.root] : [];
    for (const [script, args] of [
      ["turnover", ["--rounds", options.rounds, ...beside]] as const,
      ["second-job", []] as const,
    ]) {
      const path = fileURLToPath(new URL(`./training/${script}.ts`, import.meta.url));
      execFileSync(process.execPath, [path, ...args], { stdio: "inherit" });
    }
  }
} finally {
  checkedOut?.remove();
}
