/** The page of a job in a real browser: curves that grow, what one can do to look at them, and its life. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { cancelAll } from "../../borrowed-server.ts";
import {
  DIVERGING,
  ENDLESS,
  epochsDrawn,
  MILLIONS,
  MOONS,
  openStage,
  pixelsOf,
  type Stage,
  submitted,
  textOf,
} from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());
afterEach(() => cancelAll(stage.client));

const charts = ["Loss", "Accuracy", "Gradient norm", "Milliseconds an epoch"];

describe("the curves of a job", () => {
  it("grow while it trains, and a stretch that is looked at stays", async () => {
    const { id } = await submitted(stage.client, ENDLESS, "running");
    const { page, faults } = await stage.open(`/jobs/${id}`);
    await page.locator(".drawn").waitFor();
    // The line is there before the first epoch is.
    await expect.poll(() => page.locator(".chart-title").allInnerTexts()).toEqual(charts);
    // What never changes needs no chart.
    await page.getByText("Learning rate: 0.01 in every epoch").waitFor();
    const first = await epochsDrawn(page);
    await expect.poll(async () => (await epochsDrawn(page)).total).toBeGreaterThan(first.total);

    const plot = page.locator(".plot").first();
    const box = (await plot.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.3, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 100, { steps: 4 });
    await page.mouse.up();
    await expect.poll(async () => (await epochsDrawn(page)).text).not.toMatch(/^Epochs 1 /);
    const zoomed = (await epochsDrawn(page)).text.split(":")[0];
    const epoch = await textOf(page, ".fact dd");
    await expect.poll(() => textOf(page, ".fact dd")).not.toBe(epoch);
    expect((await epochsDrawn(page)).text.split(":")[0]).toBe(zoomed);
    await page.getByRole("button", { name: "All" }).click();
    await expect.poll(async () => (await epochsDrawn(page)).text).toMatch(/^Epochs 1 /);
    expect(faults).toEqual([]);
  });

  it("say when they show fewer points than there are, and show every one of a short stretch", async () => {
    const { id } = await submitted(stage.client, { ...MOONS, epochs: 40_000 }, "succeeded");
    const { page, faults } = await stage.open(`/jobs/${id}`);
    await page.getByText(/of 40.000 drawn/).waitFor();
    const plot = page.getByRole("application", { name: /^Loss by epoch/ });
    await plot.focus();
    for (let halvings = 0; halvings < 6; halvings++) await page.keyboard.press("+");
    await page.getByText("all are drawn").waitFor();
    await page.keyboard.press("0");
    await page.getByText(/of 40.000 drawn/).waitFor();
    expect(faults).toEqual([]);
  });

  it("are there for millions of epochs, too, and finer where one looks closer", async () => {
    const { id } = await submitted(stage.client, MILLIONS, "succeeded");
    const { page, faults } = await stage.open(`/jobs/${id}`);
    await page.getByText(/of 2.500.000 drawn/).waitFor();
    await page.getByRole("application", { name: /^Loss by epoch/ }).focus();
    for (let halvings = 0; halvings < 12; halvings++) await page.keyboard.press("+");
    await page.getByText("all are drawn").waitFor();
    await page.goto(`${stage.url}/jobs`);
    await page.locator(`[data-id="${id}"] .sparkline path`).waitFor();
    expect(faults).toEqual([]);
  });

  it("have a crosshair that reads out, a labelled mean, a logarithmic scale, and a mark at the best epoch", async () => {
    const { id } = await submitted(stage.client, MOONS, "succeeded");
    const { page, faults } = await stage.open(`/jobs/${id}`);
    const legend = page.locator(".legend").first();
    await legend.getByText("epoch 300").waitFor();
    expect(await legend.innerText()).toMatch(/training\s+0\.\d+\s+validation\s+0\.\d+/);
    const plot = page.getByRole("application", { name: /^Loss by epoch, 1 to 300/ });
    await plot.focus();
    await page.keyboard.press("ArrowRight");
    await legend.getByText("epoch 1", { exact: true }).waitFor();
    await page.keyboard.press("ArrowRight");
    await legend.getByText("epoch 2", { exact: true }).waitFor();
    // The other charts follow it.
    await page.locator(".legend").nth(1).getByText("epoch 2", { exact: true }).waitFor();

    await page.getByLabel("Log scale").check();
    await page.getByText("log scale", { exact: true }).first().waitFor();
    await page.getByLabel("Smoothing").selectOption("20");
    await page.locator("figcaption").getByText("mean over 20 epochs").first().waitFor();
    for (const color of ["--chart-1", "--chart-2", "--ok"])
      await expect.poll(() => pixelsOf(page, "Loss", color), { message: color }).toBeGreaterThan(20);
    expect(await pixelsOf(page, "Loss", "--bad")).toBe(0);
    expect(faults).toEqual([]);
  });

  it("are marked where they diverged, with the reason above them", async () => {
    const { id } = await submitted(stage.client, DIVERGING, "failed");
    const { page, faults } = await stage.open(`/jobs/${id}`);
    await page
      .getByRole("alert")
      .or(page.locator(".notice"))
      .getByText(/Failed at epoch \d+: diverged/)
      .waitFor();
    await expect.poll(() => pixelsOf(page, "Loss", "--bad")).toBeGreaterThan(20);
    // On a linear scale there would be its last epoch, and a line at the bottom.
    expect(await page.locator("figure", { hasText: "Loss" }).getByText("log scale").count()).toBe(1);
    await page
      .locator(".notice")
      .getByText(/^mul\(.+\) = Infinity/)
      .waitFor();
    await page.getByRole("link", { name: /Clone with learning rate/ }).click();
    const rate = await page.evaluate(() => new URLSearchParams(location.search).get("lr"));
    await expect.poll(() => page.getByLabel("Learning rate").first().inputValue()).toBe(rate);
    expect(faults).toEqual([]);
  });
});

describe("the replay of a job", () => {
  it("shows gradients, activations and the worst rows of the step that the slider is at", async () => {
    const { id } = await submitted(stage.client, MOONS, "succeeded");
    const { page, faults } = await stage.open(`/jobs/${id}?tab=replay`);
    await page.getByRole("region", { name: "Gradients" }).getByText("0.weight").waitFor();
    await page.getByLabel("Step of the training").fill("7");
    await page.getByText(/replayed from step 0 \(7 steps\)/).waitFor();
    expect(await page.getByRole("region", { name: "Worst rows" }).locator("tbody tr").count()).toBe(8);
    expect(faults).toEqual([]);
  });
});

describe("the slider of a job's model", () => {
  it("goes through gradients and activations, by keys", async () => {
    const spec = { ...MOONS, checkpoint: { every_epochs: 100, min_seconds: 0, keep: 9 } };
    const { id } = await submitted(stage.client, spec, "succeeded");
    const { page, faults } = await stage.open(`/jobs/${id}?tab=model`);
    const card = page.getByRole("region", { name: "Gradients and activations" });
    await card.getByText(/^Epoch 300: loss/).waitFor();
    expect(await card.getByRole("img", { name: /^0\.weight: norm/ }).count()).toBe(1);
    await page.getByLabel("Snapshot of the training").press("Home");
    const { data } = await stage.client.checkpoints(id);
    await card.getByText(new RegExp(`^Epoch ${Math.min(...data.map(({ epoch }) => epoch))}: loss`)).waitFor();
    expect(await card.getByRole("region", { name: "Activations" }).getByRole("img").count()).toBe(4);
    expect(faults).toEqual([]);
  });

  it("says why steps cannot be replayed, and what to do", async () => {
    const { id } = await submitted(stage.client, MOONS, "succeeded");
    const { page } = await stage.open("/jobs");
    const detail = "version 1 of the engine trained this job. Submit its spec again, and replay that job";
    await page.route(/\/replay\?/, (route) =>
      route.fulfill({
        status: 409,
        contentType: "application/problem+json",
        json: { type: "about:blank", title: "Conflict", status: 409, code: "conflict", detail },
      }),
    );
    await page.goto(`${stage.url}/jobs/${id}?tab=model`);
    await page.getByText(`These steps cannot be replayed: ${detail}.`).waitFor();
  });
});

describe("the range of a chart", () => {
  it("leaves a spike outside, and says how far it reaches", async () => {
    const { page, faults } = await stage.open(`/jobs/${(await submitted(stage.client, MOONS, "succeeded")).id}`);
    // A spike in what the page is told: the loss of a real training has one when it likes.
    await page.route(/\/v1\/jobs\/[^/]+\/metrics/, async (route) => {
      const response = await route.fetch();
      const metrics = (await response.json()) as { series: { loss: number[] } };
      metrics.series.loss[100] = 8e32;
      await route.fulfill({ response, json: metrics });
    });
    await page.reload();
    const chart = page.locator("figure", { hasText: "Loss" });
    await chart.getByText("1 above, up to 8.00e32").waitFor();
    expect(await chart.getByText("log scale").count()).toBe(0);
    await expect.poll(() => pixelsOf(page, "Loss", "--chart-1")).toBeGreaterThan(300);
    expect(faults).toEqual([]);
  });
});

describe("the life of a job", () => {
  it("is cancelled by a button that asks first", async () => {
    const { id } = await submitted(stage.client, ENDLESS, "running");
    const { page, faults } = await stage.open(`/jobs/${id}`);
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await page.getByRole("dialog", { name: "Cancel this job?" }).getByRole("button", { name: "Cancel job" }).click();
    await page.locator('.job-title .badge[data-state="cancelled"]').waitFor();
    expect((await stage.client.job(id)).state).toBe("cancelled");
    expect(await page.getByRole("button", { name: "Cancel", exact: true }).count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it("is paused into a checkpoint and resumed from it, and the curves say where", async () => {
    const { id } = await submitted(stage.client, { ...ENDLESS, name: "pauses" }, "running");
    const { page, faults } = await stage.open(`/jobs/${id}`);
    await page.locator(".drawn").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.locator('.job-title .badge[data-state="paused"]').waitFor();
    await page.getByRole("link", { name: "Checkpoints" }).click();
    await page.getByRole("table", { name: "Checkpoints" }).getByText("paused").waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await page.locator('.job-title .badge[data-state="running"]').waitFor();
    await page.getByRole("link", { name: "Curves" }).click();
    await expect.poll(() => pixelsOf(page, "Loss", "--warn")).toBeGreaterThan(20);
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText("Attempt 2").waitFor();
    await page.getByText(/resumed from epoch/).waitFor();
    expect(faults).toEqual([]);
  });

  it("is told by its history, its events and its resolved spec, each with an address", async () => {
    const { id } = await submitted(stage.client, MOONS, "succeeded");
    const { page, faults } = await stage.open(`/jobs/${id}`);
    await page.getByRole("link", { name: "History" }).click();
    await page.getByText("Attempt 1").waitFor();
    await page.getByText("all epochs are done").waitFor();
    await page.getByRole("link", { name: "Events" }).click();
    await page.getByText("Queued: submitted").waitFor();
    // The first event has one epoch or several, as they came.
    await page.getByText(/^Epochs? 1( to|$)/).waitFor();
    await page.getByText("Succeeded: all epochs are done").waitFor();
    await page.getByRole("link", { name: "Spec" }).click();
    await page.locator("pre", { hasText: '"betas"' }).waitFor();
    expect(new URL(page.url()).search).toBe("?tab=spec");
    await page.goBack();
    await page.getByText("Queued: submitted").waitFor();
    expect(await page.getByRole("link", { name: "Clone and edit" }).getAttribute("href")).toBe(`/new?from=${id}`);
    expect(faults).toEqual([]);
  });

  it("goes on in the list of its events", async () => {
    // An event has every epoch of its tenth of a second: of a tiny training, more than a busy browser reads in that time.
    const data = { generator: { ...MOONS.data.generator, samples: 20_000 } };
    const { id } = await submitted(stage.client, { ...ENDLESS, data, batch_size: 32 }, "running");
    const { page, faults } = await stage.open(`/jobs/${id}?tab=events`);
    const rows = page.getByRole("table", { name: "Events" }).locator("tbody tr");
    await page.getByText("Running: a worker took it").waitFor();
    // While a page is read the button is disabled, and it may be gone after that.
    const more = page.getByRole("button", { name: "Load more", disabled: false });
    for (const end = page.getByText("New events appear here."); !(await end.isVisible()); ) {
      if (await more.isVisible()) await more.click();
    }
    // The newest 500 are kept, so that their number may stay.
    const newest = () => rows.last().innerText();
    const before = await newest();
    await expect.poll(newest).not.toBe(before);
    await stage.client.cancel(id);
    await page.getByText(/^Cancelled:/).waitFor();
    expect(faults).toEqual([]);
  });

  it("says that it is no more, when it is deleted while its page is open", async () => {
    const { id } = await submitted(stage.client, MOONS, "succeeded");
    const { page } = await stage.open(`/jobs/${id}`);
    await page.locator(".drawn").waitFor();
    await stage.client.remove(id);
    await page.getByRole("heading", { name: "This job has been deleted" }).waitFor();
  });
});
