/**
 * `npm run bench [-- --rounds N] [--against COMMIT] [--only through-job,engine,many,threads]`: how fast training is, in one go: through a
 * job, the engine alone, many trials, several threads. Beside it PyTorch where TORCH_PYTHON has it, and another commit of this repository,
 * checked out into a temporary folder, in turn with the working tree. Ratios are of medians of processor time.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { JOB_WORKLOADS } from "./through-job.ts";
import { torchIsThere, torchStep } from "./torch.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SECTIONS = ["through-job", "engine", "many", "threads"] as const;

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    against: { type: "string" },
    only: { type: "string", default: SECTIONS.join() },
  },
});

const pathOf = (name: string) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const ratio = (value: number) => `${Number(value.toPrecision(3))}x`;

/** Microseconds of processor a step through a job, in a checkout. */
function throughJob(name: string, root: string): number {
  return Number(execFileSync(process.execPath, [pathOf("through-job"), name, root], { encoding: "utf8" }));
}

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

function printThroughJob(rounds: number, against: string | null): void {
  const withTorch = torchIsThere();
  const titles = ["us of processor a step, through a job", "ours", "PyTorch", "ratio", options.against ?? "", "ratio"];
  const line = (cells: readonly string[]) =>
    console.log(cells.map((cell, at) => (at ? cell.padStart(10) : cell.padEnd(40))).join(""));
  line(titles);
  for (const { name } of JOB_WORKLOADS) {
    const [ours, torch, other]: number[][] = [[], [], []];
    for (let round = 0; round < rounds; round++) {
      ours?.push(throughJob(name, ROOT));
      if (withTorch) torch?.push(torchStep(name, 1, "us_processor"));
      if (against) other?.push(throughJob(name, against));
    }
    const us = median(ours as number[]);
    const beside = (values: readonly number[] | undefined) =>
      values?.length ? [median(values).toFixed(2), ratio(median(values) / us)] : ["-", "-"];
    line([name, us.toFixed(2), ...beside(torch), ...beside(other)]);
  }
}

console.log(`${cpus().length} cores of ${cpus()[0]?.model.trim()}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`);
const asked = options.only.split(",");
if (asked.includes("through-job")) {
  const checkedOut = options.against ? checkOut(options.against) : null;
  try {
    printThroughJob(Number(options.rounds), checkedOut?.root ?? null);
  } finally {
    checkedOut?.remove();
  }
}
for (const section of SECTIONS.filter((name) => name !== "through-job" && asked.includes(name))) {
  console.log(`\n${section}`);
  const own = section === "many" ? [] : ["--rounds", options.rounds];
  execFileSync(process.execPath, [pathOf(section), ...own], { stdio: "inherit" });
}
