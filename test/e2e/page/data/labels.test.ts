/** Wrong labels in a real browser: from a data set to its doubtful rows, to their correction, and to a job on the corrected table. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../../cli/binary.ts";
import { faultsOfView } from "../audit.ts";
import { openStage, type Stage } from "../stage.ts";

const IRIS = new URL("../../../fixtures/datasets/iris.csv", import.meta.url);
/** Rows whose label is made wrong, from 0, and what it is then. */
const WRONG = new Map([
  [3, "virginica"],
  [40, "versicolor"],
  [120, "setosa"],
]);

let stage: Stage;
let table: string;
beforeAll(async () => {
  stage = await openStage();
  const [head, ...rows] = (await readFile(IRIS, "utf8")).trim().split("\n");
  const spoilt = rows.map((row, index) => (WRONG.has(index) ? row.replace(/[a-z]+$/, WRONG.get(index) as string) : row));
  table = [head, ...spoilt, ""].join("\n");
});
afterAll(() => stage.close());

describe("wrong labels", () => {
  it("are looked for at a data set, corrected in place, and trained on", async () => {
    const { id } = await stage.client.upload(table, { format: "csv", name: "spoilt" });
    const { page, faults } = await stage.open(`/datasets/${id}`);
    await page.getByRole("button", { name: "Look for wrong labels" }).click();
    await page.getByText("labels are probably wrong").waitFor();
    const numbers = await page.locator("main tbody tr td:first-child").allInnerTexts();
    for (const row of WRONG.keys()) expect(numbers).toContain(String(row + 1));
    expect(await faultsOfView(page)).toEqual([]);
    await page.getByLabel("Label of row 4", { exact: true }).selectOption("setosa");
    await page.getByRole("button", { name: "Save the correction and train" }).click();
    await page.getByText("the job trains on them").waitFor();
    const job = await stage.client.job(new URL(page.url()).pathname.split("/").at(-1) ?? "");
    if (!("dataset" in job.spec.data)) throw new Error("the job has no data set");
    const corrected = await stage.client.dataset(job.spec.data.dataset.id);
    expect(corrected.notes[0]?.detail).toBe(`1 cell of species was corrected; the original is ${id}`);
    const old = await stage.client.sampleRows(id, { columns: ["species"], limit: 150 });
    const sampled = await stage.client.sampleRows(corrected.id, { columns: ["species"], limit: 150 });
    const expected = (old.columns[0]?.values ?? []).map((value, row) => (row === 3 ? "setosa" : value));
    expect(sampled.columns[0]?.values).toEqual(expected);
    await stage.client.cancel(job.id).catch(() => undefined);
    expect(faults).toEqual([]);
  });

  it("are found and corrected on the command line", async () => {
    const env = { TRAINYARD_URL: stage.url };
    const { stdout, code } = await run(["audit", "spoilt", "--target", "species", "--repeats", "2"], { env });
    expect(code).toBe(0);
    // A name is that of the newest data set: the corrected one.
    expect(stdout).toContain("2 labels are probably wrong");
    for (const [row, label] of [...WRONG].slice(1))
      expect(stdout).toMatch(new RegExp(`^ +${row + 1} +${label} +\\d+\\.\\d %`, "m"));
    expect(stdout).toContain("look at them before you correct them");
    const corrected = await run(["datasets", "correct", "spoilt", "--column", "species", "--set", "4=setosa", "--set", "5="], {
      env,
    });
    expect([corrected.code, corrected.stderr]).toEqual([0, expect.stringContaining("2 cells of species were corrected")]);
    const refused = await run(["datasets", "correct", "spoilt", "--column", "species", "--set", "0=setosa"], { env });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("counted from 1")]);
  });
});
