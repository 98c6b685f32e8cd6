/**
 * `npm run test:times`, with Vitest's arguments: what each test file takes, the dearest first. Processor time is what counts: it is
 * the same whatever else the machine does. What the file is on the clock beyond it, it waits.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import { COSTS_FILE, type Cost, takeProcessorTime } from "./processor-time.ts";

interface Row {
  readonly name: string;
  readonly tests: number;
  /** On the clock, in seconds: importing, and everything else from its hooks to its last test. */
  readonly importing: number;
  readonly testing: number;
  /** Processor time in seconds. */
  readonly own: number;
  readonly started: number;
}

/** A reporter of Vitest. */
export default class Times implements Reporter {
  readonly #folder = mkdtempSync(join(tmpdir(), "trainyard-costs-"));
  readonly #costs = join(this.#folder, "costs.ndjson");
  readonly #startedAt = performance.now();

  /** Before the processes of the files start, which inherit the environment. */
  constructor() {
    process.env[COSTS_FILE] = this.#costs;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = this.#rows(modules).toSorted((one, other) => other.own + other.started - one.own - one.started);
    const lines = rows.map(lineOf);
    const total = (of: (row: Row) => number) => rows.reduce((sum, row) => sum + of(row), 0);
    const sum: Row = {
      name: `all ${rows.length} files`,
      tests: total(({ tests }) => tests),
      importing: total(({ importing }) => importing),
      testing: total(({ testing }) => testing),
      own: total(({ own }) => own),
      started: total(({ started }) => started),
    };
    const self = takeProcessorTime();
    const minutes = ((performance.now() - this.#startedAt) / 60_000).toFixed(1);
    process.stdout.write(`\n${HEAD}\n${[...lines, lineOf(sum)].join("\n")}\n`);
    process.stdout.write(`${minutes} minutes; Vitest itself took ${self.own.toFixed(0)} s of processor time\n`);
    rmSync(this.#folder, { recursive: true });
  }

  #rows(modules: readonly TestModule[]): Row[] {
    const lines = existsSync(this.#costs) ? readFileSync(this.#costs, "utf8").trimEnd().split("\n") : [];
    const costs = new Map(
      lines.map((line) => {
        const cost = JSON.parse(line) as Cost;
        return [`${cost.project} ${cost.file}`, cost];
      }),
    );
    return modules.map((module) => {
      const name = `${module.project.name} ${module.relativeModuleId}`;
      const { collectDuration, setupDuration, duration } = module.diagnostic();
      const { own = 0, started = 0 } = costs.get(name) ?? {};
      const tests = [...module.children.allTests()].length;
      return { name, tests, importing: (collectDuration + setupDuration) / 1000, testing: duration / 1000, own, started };
    });
  }
}

const HEAD = "processor: all      own  started | clock: import    tests | tests  file";

function lineOf({ name, tests, importing, testing, own, started }: Row): string {
  const [all, self, others, imported, tested] = [own + started, own, started, importing, testing].map((seconds) =>
    seconds.toFixed(1).padStart(8),
  );
  return `       ${all} ${self} ${others} |       ${imported} ${tested} | ${String(tests).padStart(5)}  ${name}`;
}
