import { expect, it } from "vitest";
import { leaderboardLines } from "../../src/cli/leaderboard.ts";
import { createTerminal, visibleLength } from "../../src/cli/terminal.ts";

const terminal = createTerminal({ columns: 80, write: () => true } as unknown as NodeJS.WriteStream, {});
const candidate = (trial: number, score: number | null, weight: number) => ({
  trial,
  name: `${"128-".repeat(3)}128 silu, bins and values ${trial}`,
  score,
  weight,
  epochs: 20,
  parameters: 1000,
  seconds: 1,
});

it("a leaderboard is the five best, with score and share, and the served average, in 80 columns", () => {
  const candidates = [0.5, 0.25, 0.25, 0, 0, 0, 0].map((weight, index) =>
    candidate(index + 1, index === 6 ? null : 0.1812 + index / 100, weight),
  );
  const lines = leaderboardLines({ metric: "log_loss", folds: 5, score: 0.1799, temperature: 1, candidates }, terminal);
  expect(lines).toHaveLength(9);
  expect(lines[0]).toMatch(/candidate +log loss +share$/);
  expect(lines[1]).toMatch(/^ +1 .* 0\.1812 +50\.0 %$/);
  expect(lines[4]).toMatch(/^ +4 .* 0\.2112 +–$/);
  expect(lines[6]).toMatch(/served average +0\.1799$/);
  expect(lines[7]).toBe("  and 2 more; the average uses 3 of 7");
  expect(Math.max(...lines.map(visibleLength))).toBeLessThanOrEqual(80);
});

it("a candidate that diverged says so", () => {
  const lines = leaderboardLines(
    { metric: "rmse", folds: 3, score: 2, temperature: 1, candidates: [candidate(1, 2, 1), candidate(2, null, 0)] },
    terminal,
  );
  expect(lines[2]).toMatch(/diverged/);
  expect(lines.at(-2)).toBe("  the average uses 1 of 2");
});
