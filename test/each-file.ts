/** Runs in the process of each test file: afterwards it ends what the file has left running, and says what the file has cost. */
import { appendFileSync } from "node:fs";
import { afterAll } from "vitest";
import { beginFile, endLeftovers } from "./leftovers.ts";
import { COSTS_FILE, type Cost, takeProcessorTime } from "./processor-time.ts";

beginFile();

// The first hook of a file is its last: those of the file itself have run by then.
// biome-ignore lint/correctness/noEmptyPattern: Vitest reads from it which fixtures the hook needs.
afterAll(async ({}, { file: { name, projectName } }) => {
  const left = await endLeftovers();
  const costs = process.env[COSTS_FILE];
  if (costs) {
    const cost: Cost = { file: name, project: projectName ?? "", ...takeProcessorTime() };
    appendFileSync(costs, `${JSON.stringify(cost)}\n`);
  }
  if (left.length > 0)
    throw new Error(
      `this file, or one before it in this process, left running, and it was ended now: ${left.join("; ")}. Where a test or a hook has failed, that may be why; else end it in the test that starts it, or in afterAll`,
    );
});
