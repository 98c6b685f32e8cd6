/** The head of a model in a real browser: the verdict in words, and warnings whose cures are one click away. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Job, JobSpec } from "../../../../src/client/answers.ts";
import { PHONE } from "../../browser.ts";
import { faultsOfView } from "../audit.ts";
import { openStage, type Stage } from "../stage.ts";

/** Numbers of Lehmer's generator, so that the same rows are trained on each time. */
function* lehmer(): Generator<number, never> {
  let state = 1;
  for (;;) {
    state = (state * 16_807) % 2_147_483_647;
    yield state / 2_147_483_647;
  }
}

/** A size that says something of the target, a reference that gives it away, times, and targets that are missing. */
function shopRows(): string {
  const draws = lehmer();
  const draw = () => draws.next().value;
  const rows = Array.from({ length: 160 }, (_, row) => {
    const size = draw();
    const sold = size + 0.9 * draw() > 0.95 ? "yes" : "no";
    const at = `2025-${String(1 + (row % 12)).padStart(2, "0")}-${String(1 + (row % 28)).padStart(2, "0")}`;
    return `${at},${size.toFixed(3)},${draw().toFixed(3)},${sold === "yes" ? 100 + (row % 7) : 0},${row % 40 === 3 ? "" : sold}`;
  });
  return `when,size,noise,receipt,sold\n${rows.join("\n")}\n`;
}

let stage: Stage;
let overfit: Job;
let leaking: Job;
beforeAll(async () => {
  stage = await openStage();
  const { client } = stage;
  const { id } = await client.upload(shopRows(), { name: "shop", format: "csv" });
  const shared = {
    model: { layers: [{ type: "linear", units: 48 }, { type: "relu" }, { type: "linear" }] },
    optimizer: { type: "adam", lr: 0.02 },
    early_stopping: null,
    seed: 2,
  } satisfies Partial<JobSpec>;
  const submit = async (name: string, features: string[], epochs: number) =>
    await client.wait(
      (await client.submit({ ...shared, name, epochs, data: { dataset: { id, target: "sold", features } } })).id,
    );
  overfit = await submit("overfits", ["size", "noise"], 200);
  leaking = await submit("leaks", ["size", "noise", "receipt"], 40);
});
afterAll(() => stage.close());

describe("the head of a model", () => {
  it("says what it is worth, that it overfits, and trains the best epoch with one click", async () => {
    const { page, faults } = await stage.open(`/models/${overfit.model?.id}`);
    const card = page.locator("section.card").filter({ has: page.getByRole("heading", { name: "Score" }) });
    await card.getByText(/A straight line does|It is better than|It is no better/).waitFor();
    expect(await card.locator(".score-line").innerText()).toMatch(/on \d+ rows it was not trained on \(always \w+: .*line: /);
    expect(await card.getByText(/fresh rows of the same kind, nine times in ten/).count()).toBe(1);
    const lowest = Number(overfit.metrics?.lowest?.epoch);
    expect(lowest).toBeLessThan(200);
    const warnings = page.getByRole("list", { name: "Before you trust it" });
    await warnings.getByText(`It has overfitted since epoch ${lowest}`).waitFor();
    await warnings.getByText("Rows were left out").waitFor();
    expect(await faultsOfView(page)).toEqual([]);

    await warnings.getByRole("button", { name: "Use the best epoch" }).click();
    await page.waitForURL(/\/jobs\/job_/);
    const better = await stage.client.wait(new URL(page.url()).pathname.split("/").at(-1) ?? "");
    // The same training, whose model has the weights of that epoch.
    expect(better.metrics?.best).toMatchObject({ epoch: lowest, val_loss: overfit.metrics?.lowest?.val_loss });
    const served = await stage.open(`/models/${better.model?.id}`);
    await served.page.getByText("Rows were left out").waitFor();
    expect(await served.page.getByText(/It has overfitted/).count()).toBe(0);
    expect([...faults, ...served.faults]).toEqual([]);
  });

  it("warns of a column that gives the target away, and trains without it", async () => {
    const { page, faults } = await stage.open(`/jobs/${leaking.id}?tab=model`, { ...PHONE, colorScheme: "dark" });
    const warnings = page.getByRole("list", { name: "Before you trust it" }).getByRole("listitem");
    await warnings.first().waitFor();
    expect(await warnings.locator(".notice-title").allInnerTexts()).toEqual([
      "A column gives the target away",
      "Rows may have times",
      "Rows were left out",
    ]);
    expect(await faultsOfView(page)).toEqual([]);
    await warnings.getByRole("button", { name: "Train without receipt" }).click();
    await page.waitForURL((url) => url.pathname.startsWith("/jobs/") && !url.pathname.includes(leaking.id));
    const { spec } = await stage.client.wait(new URL(page.url()).pathname.split("/").at(-1) ?? "");
    expect(spec.data).toMatchObject({ dataset: { features: ["size", "noise"] } });
    expect(faults).toEqual([]);
  });
});
