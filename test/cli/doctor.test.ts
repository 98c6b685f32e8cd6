import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { memoryFinding } from "../../src/cli/checks.ts";
import { freePort } from "../../src/cli/server-process.ts";
import { jsonHeapBytes } from "../../src/domain/untrusted-json.ts";
import { bodyHeapBytes } from "../../src/server/defaults.ts";
import { run } from "./binary.ts";

const folder = await mkdtemp(join(tmpdir(), "trainyard-doctor-"));
afterAll(() => rm(folder, { recursive: true }));

const port = String(await freePort("127.0.0.1", 24_000));
const healthy = { TRAINYARD_PORT: port, TRAINYARD_URL: `http://127.0.0.1:${port}`, TRAINYARD_DATA_DIR: join(folder, "data") };

interface Report {
  ok: boolean;
  checks: { name: string; status: string; detail: string; cure?: string }[];
}

describe("the memory of a machine", () => {
  const GiB = 1024 ** 3;
  const settings = { workers: 2, trainingBytes: null, bodyBytes: 64 * 1024 ** 2, datasetMemoryBytes: 2 * GiB };

  it("is enough for the limits, or they are named", () => {
    expect(memoryFinding(settings, 16 * GiB, 0)).toMatchObject({ status: "ok" });
    expect(memoryFinding(settings, 2 * GiB, 0)).toMatchObject({
      status: "warning",
      detail: expect.stringContaining("of this machine"),
      cure: expect.stringMatching(/MEMORY_BYTES.*BODY_BYTES.*DATASET_MEMORY_BYTES/),
    });
    expect(memoryFinding({ ...settings, trainingBytes: 15 * GiB }, 16 * GiB, 0)).toMatchObject({ status: "warning" });
  });

  it("is that of the cgroup, where it has a limit of its own", () => {
    expect(memoryFinding(settings, 64 * GiB, 4 * GiB)).toMatchObject({
      status: "warning",
      detail: expect.stringContaining("container"),
    });
    // What a system says that has no limit.
    expect(memoryFinding(settings, 64 * GiB, Number.MAX_SAFE_INTEGER)).toMatchObject({ status: "ok" });
  });

  it("counts the heap that a thread has for bodies", () => {
    for (const bytes of [1024, 64 * 1024 ** 2, 1024 ** 3]) expect(bodyHeapBytes(bytes)).toBe(2 * jsonHeapBytes(bytes));
  });
});

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
    expect(report.checks.filter(({ name, status }) => status !== "ok" && name !== "memory")).toEqual([
      expect.objectContaining({
        name: "database",
        detail: expect.stringContaining("not a database"),
        cure: expect.any(String),
      }),
    ]);
  });
});
