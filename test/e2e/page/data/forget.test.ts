/** Rows that are forgotten in a real browser and in the terminal: what is said before, and where it ends. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../../cli/binary.ts";
import { faultsOfView } from "../audit.ts";
import { openStage, type Stage } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

/** A table of people, and a model with an alias that was trained on it. */
async function trained(name: string, slope: number): Promise<string> {
  const rows = Array.from({ length: 20 }, (_, row) => `p${row}@example.com,${row},${slope * row}`);
  const { id } = await stage.client.upload(`email,x,y\n${rows.join("\n")}\n`, { format: "csv", name });
  const { id: job } = await stage.client.submit({
    name,
    data: { dataset: { id, features: ["x"], target: "y" } },
    task: "regression",
    model: { layers: [{ type: "linear" }] },
    epochs: 5,
  });
  await stage.client.wait(job);
  await stage.client.setAlias(name, "live", 1);
  return id;
}

describe("rows to forget", () => {
  it("are named at a data set, asked about, and gone", async () => {
    const id = await trained("people", 2.5);
    const { page, faults } = await stage.open(`/datasets/${id}`);
    await page.getByLabel("Rows by").selectOption("email");
    await page.getByLabel("Value", { exact: true }).fill("p7@example.com");
    await page.getByRole("button", { name: "Who saw them?" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Forget 1 row?").waitFor();
    expect(await dialog.innerText()).toContain("people@1 @live");
    expect(await faultsOfView(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Forget" }).click();
    await page.waitForURL((url) => url.pathname.startsWith("/datasets/ds_") && !url.pathname.endsWith(id));
    expect(await stage.client.dataset(new URL(page.url()).pathname.split("/").at(-1) ?? "")).toMatchObject({ rows: 19 });
    expect(await stage.client.model("people@live")).toMatchObject({ version: 2 });
    expect(faults).toEqual([]);
  });

  it("are named and forgotten on the command line", async () => {
    await trained("guests", 3.5);
    const env = { TRAINYARD_URL: stage.url };
    const rows = ["forget", "rows", "guests", "--column", "email", "--value", "p3@example.com"];
    const plan = await run(rows, { env });
    expect(plan.code).toBe(0);
    expect(plan.stdout).toMatch(
      /1 row in 1 data set, seen by 1 job and 0 sweeps[\s\S]*guests@1 +live +trained again[\s\S]*With --yes/,
    );
    const done = await run([...rows, "--yes"], { env });
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout).toMatch(/succeeded +1 row[\s\S]*guests@1 +guests@2[\s\S]*VACUUM/);
    const again = await run(rows, { env });
    expect(again.code).not.toBe(0);
    expect(again.stderr).toContain("no row has this value");
    expect((await run(["forget", "list"], { env })).stdout).toContain("succeeded");
    expect((await run(["forget", "rows", "guests", "--row", "2", "--row", "1"], { env })).stdout).toContain(
      "2 rows in 1 data set",
    );
  });
});
