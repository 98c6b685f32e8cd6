/**
 * Compares what servers use of the processor for the same work, in short rounds in turn, there and back. What a server uses between two of its
 * rounds counts to the first: its last answers are followed by what is logged and exported. Linux alone says what a process has used.
 */
import { readdirSync, readFileSync } from "node:fs";
import type { LiveServer } from "../e2e/live-server.ts";

/** Processor time of all threads of a server so far, in milliseconds. Threads that have ended are not in it. */
function usedMs({ process: { pid } }: LiveServer): number {
  const folder = `/proc/${pid}/task`;
  const nanoseconds = readdirSync(folder).map((id) => Number(readFileSync(`${folder}/${id}/schedstat`, "utf8").split(" ")[0]));
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}

/** Rounds before those that count: V8 optimises in them. */
const WARM_UP = 40;

/** What each server has used in each round, in milliseconds. `work` is a round of one server. */
export async function measureRounds(
  servers: readonly LiveServer[],
  rounds: number,
  work: (at: number) => Promise<void>,
): Promise<number[][]> {
  const turns = [...servers.keys()];
  const spent: number[][] = turns.map(() => []);
  let before: number[] = [];
  for (let round = -WARM_UP; round < rounds; round++) {
    // There and back, and each first as often as the others.
    const order = turns.map((turn) => (turn + ((round + WARM_UP) >> 1)) % turns.length);
    if (round === 0) before = servers.map(usedMs);
    for (const at of round % 2 === 0 ? order : order.toReversed()) {
      await work(at);
      // Its log is of no use here, and would grow.
      (servers[at] as LiveServer).logged.length = 0;
    }
    if (round < 0) continue;
    const now = servers.map(usedMs);
    for (const at of turns) spent[at]?.push((now[at] as number) - (before[at] as number));
    before = now;
  }
  return spent;
}

const sorted = (list: readonly number[]) => list.toSorted((a, b) => a - b);
export const quantile = (list: readonly number[], share: number) =>
  sorted(list)[Math.floor(share * (list.length - 1))] ?? Number.NaN;
const mean = (list: readonly number[]) => list.reduce((sum, each) => sum + each, 0) / list.length;

/** What is made of many rounds. The last alone has what garbage and timers cost, and without the rounds that something else disturbed most. */
const FIGURES: readonly (readonly [name: string, of: (list: readonly number[]) => number])[] = [
  ["median", (list) => quantile(list, 0.5)],
  ["least tenth", (list) => quantile(list, 0.1)],
  ["mean of the lower nine tenths", (list) => mean(sorted(list).slice(0, Math.ceil(0.9 * list.length)))],
];

/**
 * Prints how servers compare, of which the first two are alike: their difference is what the method cannot tell, and their mean is what the
 * others are compared with. `starts`: the rounds of each server, for each start of all of them. Of the starts it prints the median and the range.
 */
export function printRatios(names: readonly string[], starts: readonly (readonly (readonly number[])[])[]): void {
  for (const [at, name] of names.entries()) {
    if (at === 0) continue;
    const told = FIGURES.map(([figure, of]) => {
      const ratios = starts.map((start) => {
        const [first = 0, second = 0] = start.map(of);
        return of(start[at] ?? []) / (at === 1 ? first : (first + second) / 2);
      });
      const [low, high] = [Math.min(...ratios), Math.max(...ratios)];
      return `${figure} ${quantile(ratios, 0.5).toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
    });
    console.log(`  ${name}: ${told.join(", ")}`);
  }
}
