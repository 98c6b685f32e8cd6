/** Builds the server and the page once, before files that run beside one another start them; tests of a watched run see what is new. */
import type { TestProject } from "vitest/node";
import { ensureBuilt } from "../scripts/build.ts";

export default async function setup(project: TestProject): Promise<void> {
  await build();
  project.onTestsRerun(build);
}

async function build(): Promise<void> {
  const failed = await ensureBuilt();
  if (failed.length > 0) throw new Error("not everything could be built");
}
