/** How much a score owes to its seed, in a real browser and on the command line: from a comparison to the seeds of each. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Job, JobSpec } from "../../../../src/client/index.ts";
import { run } from "../../../cli/binary.ts";
import { faultsOfView } from "../audit.ts";
import { openStage, type Stage, submitted } from "../stage.ts";

const spec = {
  name: "wide",
  data: { generator: { type: "moons", samples: 160, noise: 0.3, seed: 1 } },
  split: { validation: 0.4 },
  model: { layers: [{ type: "linear", units: 8 }, { type: "tanh" }, { type: "linear" }] },
  optimizer: { type: "adam", lr: 0.05 },
  epochs: 20,
} satisfies JobSpec;

let stage: Stage;
let [wide, narrow]: Job[] = [];
beforeAll(async () => {
  stage = await openStage();
  wide = await submitted(stage.client, spec, "succeeded");
  const layers = [{ type: "linear", units: 1 }, { type: "tanh" }, { type: "linear" }] as const;
  narrow = await submitted(stage.client, { ...spec, name: "narrow", model: { layers: [...layers] }, epochs: 2 }, "succeeded");
});
afterAll(() => stage.close());

describe("the luck of the seed", () => {
  it("is asked for where two are compared, told on a tab of each job, and taken into the comparison", async () => {
    const { page, faults } = await stage.open(`/compare?jobs=${wide?.id},${narrow?.id}`);
    await page.getByRole("button", { name: "Train both with 10 other seeds" }).click();
    const links = page.getByRole("link", { name: /^seeds of / });
    await links.nth(1).waitFor();
    const ids = await links.evaluateAll((all) =>
      all.map((link) => (link as HTMLAnchorElement).pathname.split("/").at(-1) ?? ""),
    );
    for (const id of ids) expect(await stage.client.wait(id)).toMatchObject({ state: "succeeded", epochs_done: 11 });
    await page.getByText(/^Over rows and seeds, wide is better than narrow \(p .*\): means of 10 seeds each\.$/).waitFor();
    expect(await faultsOfView(page)).toEqual([]);
    await page.goto(`${stage.url}/jobs/${ids[0]}`);
    await page.getByRole("heading", { name: /^Accuracy \d+\.\d % \(.*\) over 10 seeds and 64 rows$/ }).waitFor();
    await page.getByRole("table", { name: "Figures over seeds" }).waitFor();
    expect(await faultsOfView(page)).toEqual([]);
    expect(faults).toEqual([]);
  });

  it("is asked of the one model of which it is not known", async () => {
    const other = await submitted(stage.client, { ...spec, name: "other", epochs: 10 }, "succeeded");
    const { page, faults } = await stage.open(`/compare?jobs=${wide?.id},${other.id}`);
    await page.getByRole("button", { name: "Train other with 10 other seeds" }).click();
    await page.getByText(/^(Over rows and seeds, .*|.*): means of 10 seeds each\.$/).waitFor();
    const { data } = await stage.client.jobs({ filter: `params."/seeds/model" = "${wide?.model?.id}"` });
    expect(data).toHaveLength(1);
    expect(faults).toEqual([]);
  });

  it("is told on the command line, within 80 columns", async () => {
    const { stdout, code } = await run(["seeds", "wide@1", "--seeds", "5"], { env: { TRAINYARD_URL: stage.url } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ +accuracy \d+\.\d % \(\d+\.\d to \d+\.\d\) over 5 seeds and 64 rows/m);
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });
});
