/** Work that holds much memory, a few at a time: others wait for their turn, up to a bound. Projects take turns. */
import { TrainyardError } from "../domain/errors.ts";

export interface Turns {
  /**
   * Runs a task of a project when it is its turn: the project with the fewest under way is next, and of several the one whose last turn is
   * longest ago. Throws unavailable where too many of the project wait already, and the signal's reason where that aborts before.
   */
  run<T>(project: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** The tasks of a project. It is forgotten when it has none. */
interface Line {
  readonly waiting: (() => void)[];
  running: number;
  lastTurn: number;
}

/** Lets `atATime` tasks run together, and at most `waiting` of each project wait. `name` says what they are, as in "comparisons". */
export function createTurns(name: string, atATime: number, waiting: number): Turns {
  const lines = new Map<string, Line>();
  let [running, turns] = [0, 0];

  const lineOf = (project: string): Line => {
    const line = lines.get(project) ?? { waiting: [], running: 0, lastTurn: 0 };
    lines.set(project, line);
    return line;
  };
  const forget = (project: string, line: Line) => {
    if (line.running + line.waiting.length === 0) lines.delete(project);
  };
  const startNext = () => {
    while (running < atATime) {
      const next = [...lines.values()].filter((line) => line.waiting.length > 0).reduce(earlier, null);
      if (!next) return;
      running += 1;
      next.running += 1;
      next.lastTurn = ++turns;
      next.waiting.shift()?.();
    }
  };
  const turn = (project: string, line: Line, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const begin = (): void => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        line.waiting.splice(line.waiting.indexOf(begin), 1);
        forget(project, line);
        reject(signal?.reason);
      };
      line.waiting.push(begin);
      signal?.addEventListener("abort", leave, { once: true });
      startNext();
    });
  return {
    async run(project, task, signal) {
      signal?.throwIfAborted();
      const line = lineOf(project);
      if (running >= atATime && line.waiting.length >= waiting)
        throw new TrainyardError(
          "unavailable",
          `${waiting} ${name} of this project are already waiting, the most at a time: ask again later`,
        );
      await turn(project, line, signal);
      try {
        return await task();
      } finally {
        running -= 1;
        line.running -= 1;
        forget(project, line);
        startNext();
      }
    },
  };
}

/** Of two projects the one that is next. */
function earlier(next: Line | null, line: Line): Line {
  if (!next || line.running < next.running) return line;
  return line.running === next.running && line.lastTurn < next.lastTurn ? line : next;
}
