import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { freePort } from "../../src/cli/server-process.ts";
import { run } from "./binary.ts";

const folder = await mkdtemp(join(tmpdir(), "trainyard-doctor-"));
afterAll(() => rm(folder, { recursive: true }));

const port = String(await freePort("127.0.0.1", 24_000));
const healthy = { TRAINYARD_PORT: port, TRAINYARD_URL: `http://127.0.0.1:${port}`, TRAINYARD_DATA_DIR: join(folder, "data") };

interface Report {
  ok: boolean;
  checks: { name: string; status: string; detail: string; cure?: string }[];
}

describe("the doctor", () => {
  it("finds nothing where all is well, and makes nothing", async () => {
    const { code, stdout } = await run(["doctor"], { env: healthy });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/✓ WebAssembly SIMD +there\n/)]);
    expect(stdout).toMatch(/✓ database +none yet/);
    expect(stdout).not.toContain("✗");
  });

  it("says which part is broken, and how to mend it", async () => {
    await writeFile(join(folder, "trainyard.db"), "no database at all, but long enough to be read as one".repeat(100));
    const { code, stdout } = await run(["doctor", "--json"], { env: { ...healthy, TRAINYARD_DATA_DIR: folder } });
    const report = JSON.parse(stdout) as Report;
    expect([code, report.ok]).toEqual([1, false]);
    expect(report.checks.filter(({ status }) => status !== "ok")).toEqual([
      expect.objectContaining({
        name: "database",
        detail: expect.stringContaining("not a database"),
        cure: expect.any(String),
      }),
    ]);
  });
});
