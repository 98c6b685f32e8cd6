/** What a model has learnt, in a real browser: drawn, followed while it trains, and gone back through. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Job } from "../../../../src/client/answers.ts";
import { cancelAll } from "../../borrowed-server.ts";
import { ENDLESS, MOONS, openStage, type Stage, submitted } from "../stage.ts";

const WATCHED = { every_epochs: 10, min_seconds: 0, keep: 60 };

let stage: Stage;
let moons: Job;
beforeAll(async () => {
  stage = await openStage();
  moons = await submitted(stage.client, { ...MOONS, checkpoint: WATCHED }, "succeeded");
});
afterAll(() => stage.close());

const drawn = (page: Page) => page.locator("canvas[data-drawn=field]").waitFor();

/** The mean colour around a place of the surface, 0..1 from left to right and from the bottom up. */
async function colourAt(page: Page, x: number, y: number): Promise<readonly [red: number, green: number, blue: number]> {
  return await page.evaluate(
    ([u, v]) => {
      const canvas = document.querySelector<HTMLCanvasElement>(".surface-plot canvas")!;
      const copy = new OffscreenCanvas(canvas.width, canvas.height);
      const context = copy.getContext("2d", { willReadFrequently: true })!;
      context.drawImage(canvas, 0, 0);
      const [left, top] = [Math.round(u * canvas.width) - 4, Math.round((1 - v) * canvas.height) - 4];
      const { data } = context.getImageData(left, top, 8, 8);
      const mean = (channel: number) => {
        let total = 0;
        for (let at = channel; at < data.length; at += 4) total += data[at] as number;
        return Math.round(total / 64);
      };
      return [mean(0), mean(1), mean(2)] as const;
    },
    [x, y] as const,
  );
}

/** Blue is the first class's, orange the second's. */
const isBlue = ([red, , blue]: readonly [number, number, number]) => blue > red + 20;
const isOrange = ([red, , blue]: readonly [number, number, number]) => red > blue + 20;

describe("two features", () => {
  it("have a decision boundary: each class's region in its colour, and a line between", async () => {
    const { page, faults } = await stage.open(`/jobs/${moons.id}?tab=model`, { colorScheme: "light" });
    await drawn(page);
    // Away from the points: above the upper moon, and below the lower one.
    expect(isBlue(await colourAt(page, 0.25, 0.96))).toBe(true);
    expect(isOrange(await colourAt(page, 0.7, 0.05))).toBe(true);
    const picture = page.getByRole("img", { name: /Predictions over feature 0 and feature 1, with 200 points/ });
    await picture.waitFor();
    await page.getByText("validation rows", { exact: true }).waitFor();
    expect(faults).toEqual([]);
  });

  it("say what the model says where one points", async () => {
    const { page } = await stage.open(`/jobs/${moons.id}?tab=model`);
    await drawn(page);
    await page
      .locator(".surface-plot")
      .first()
      .hover({ position: { x: 180, y: 40 } });
    await expect.poll(() => page.locator(".pointer-reading").innerText()).toMatch(/feature 0 .*\s+0\s+9\d\.\d/);
  });

  it("are gone back through by a slider, with the network and the metrics of each moment", async () => {
    const { page, faults } = await stage.open(`/jobs/${moons.id}?tab=model`, { colorScheme: "light" });
    await drawn(page);
    const text = page.locator(".scrubber-text");
    await expect.poll(() => text.innerText()).toContain("300 of 300");
    const late = await colourAt(page, 0.25, 0.96);
    const lateEdges = await page
      .locator(".network path")
      .evaluateAll((paths) => paths.map((path) => path.getAttribute("stroke-width")));
    await page.getByRole("slider", { name: "Snapshot of the training" }).focus();
    await page.keyboard.press("Home");
    // The best one so far is kept besides those at every tenth epoch.
    await expect.poll(() => text.innerText()).toMatch(/Epoch \d+ of 300$/);
    const epoch = Number(/Epoch (\d+)/.exec(await text.innerText())?.[1]);
    expect(epoch).toBeLessThanOrEqual(10);
    // At first it is sure of nothing: the colours are pale.
    await expect.poll(async () => (await colourAt(page, 0.25, 0.96))[0] > late[0] + 30).toBe(true);
    await expect
      .poll(() => page.locator(".network path").evaluateAll((paths) => paths.map((path) => path.getAttribute("stroke-width"))))
      .not.toEqual(lateEdges);
    const loss = await stage.client.metrics(moons.id, { from: epoch, to: epoch });
    await expect
      .poll(() => page.locator(".epoch-metrics tbody td").first().innerText())
      .toBe(Number(loss.series.loss?.[0]).toFixed(4));
    await page.getByRole("button", { name: "Play the training" }).click();
    await expect.poll(() => text.innerText()).toContain("300 of 300");
    await expect.poll(() => colourAt(page, 0.25, 0.96)).toEqual(late);
    expect(faults).toEqual([]);
  });

  it("are redrawn with each checkpoint while the job trains", async () => {
    const { id } = await submitted(
      stage.client,
      { ...ENDLESS, checkpoint: { every_epochs: 500, min_seconds: 0.2, keep: 5 } },
      "running",
    );
    const { page, faults } = await stage.open(`/jobs/${id}?tab=model`);
    await drawn(page);
    const epoch = async () =>
      Number(/Epoch ([\d\u2009]+) of/.exec(await page.locator(".scrubber-text").innerText())?.[1]?.replaceAll("\u2009", ""));
    const first = await epoch();
    await page.locator(".scrubber-text .badge", { hasText: "live" }).waitFor();
    await expect.poll(epoch).toBeGreaterThan(first);
    await cancelAll(stage.client);
    expect(faults).toEqual([]);
  });
});

describe("many features", () => {
  it("are looked at two at a time, the others at their middle, however wide a row is", async () => {
    const blobs = await submitted(
      stage.client,
      {
        name: "wide",
        data: { generator: { type: "blobs", samples: 200, features: 100, classes: 3, seed: 1 } },
        split: { validation: 0.3 },
        model: { layers: [{ type: "linear" }] },
        epochs: 20,
        checkpoint: { every_epochs: 10, min_seconds: 0, keep: 5 },
      },
      "succeeded",
    );
    const { page, faults } = await stage.open(`/jobs/${blobs.id}?tab=model`);
    await drawn(page);
    await page.getByLabel("Horizontal axis").selectOption({ label: "feature 7" });
    await page.getByLabel("Vertical axis").selectOption({ label: "feature 3" });
    await page.getByRole("img", { name: /Predictions over feature 7 and feature 3/ }).waitFor();
    await drawn(page);
    await page.getByText(/^The other 98 features are held at their median/).waitFor();
    expect(faults).toEqual([]);
  });

  it("of a checkpoint are looked at and predicted with as those of a model", async () => {
    const [checkpoint] = (await stage.client.checkpoints(moons.id)).data;
    const { page, faults } = await stage.open(`/models/${checkpoint?.id}`);
    await drawn(page);
    await page.getByRole("link", { name: "Predict" }).click();
    await page.locator(".predict-answer [data-chosen=true]").waitFor();
    expect(faults).toEqual([]);
  });
});

describe("one feature", () => {
  it("has the data and the fitted line, which comes to lie where it belongs", async () => {
    const line = await submitted(
      stage.client,
      {
        name: "line",
        data: { generator: { type: "linear", samples: 50, slope: 2, intercept: 1, low: 0, high: 10, noise: 0, seed: 1 } },
        model: { layers: [{ type: "linear" }] },
        optimizer: { type: "adam", lr: 0.1 },
        epochs: 1000,
        checkpoint: { every_epochs: 100, min_seconds: 0, keep: 60 },
      },
      "succeeded",
    );
    const { page, faults } = await stage.open(`/jobs/${line.id}?tab=model`);
    await page.locator(".fitted-line").waitFor();
    expect(await page.locator(".plot-frame circle").count()).toBeGreaterThanOrEqual(50);
    /** How far the line is from the first and the last point, in pixels. */
    const distance = () =>
      page.evaluate(() => {
        const path = document.querySelector<SVGPathElement>(".fitted-line")!;
        const circles = [...document.querySelector(".fitted-line")!.closest("svg")!.querySelectorAll("circle")];
        return Math.max(
          ...[circles[0]!, circles[49]!].map((circle) => {
            const [x, y] = [circle.cx.baseVal.value, circle.cy.baseVal.value];
            let [low, high] = [0, path.getTotalLength()];
            for (let step = 0; step < 40; step++) {
              const middle = (low + high) / 2;
              if (path.getPointAtLength(middle).x < x) low = middle;
              else high = middle;
            }
            return Math.abs(path.getPointAtLength(low).y - y);
          }),
        );
      });
    await expect.poll(distance).toBeLessThan(3);
    const moment = page.getByRole("slider", { name: "Snapshot of the training" });
    // Ten checkpoints and the end: before they have come there is no other moment to go to.
    await expect.poll(async () => Number(await moment.getAttribute("max"))).toBeGreaterThanOrEqual(9);
    await moment.press("Home");
    await expect.poll(distance).toBeGreaterThan(10);
    expect(faults).toEqual([]);
  });
});

describe("the model's own page", () => {
  it("shows scores, confusion, ROC, calibration, importance, the network and its weights", async () => {
    const { page, faults } = await stage.open(`/models/${moons.model?.id}`);
    await drawn(page);
    const evaluation = (await stage.client.model(moons.model?.id ?? "")).evaluation?.validation;
    if (!evaluation || !("accuracy" in evaluation)) throw new Error("no evaluation");
    const shown = await page.locator(".confusion td").allInnerTexts();
    expect(shown.map(Number)).toEqual(evaluation.confusion_matrix?.flat());
    const curve = await page.locator(".roc-curve").getAttribute("d");
    expect(curve?.match(/[ML]/g)).toHaveLength(evaluation.classes?.[1]?.roc_curve?.true_positive_rate.length ?? 0);
    await page.getByRole("heading", { name: "Calibration" }).waitFor();
    await page.getByRole("heading", { name: "Importance of columns" }).waitFor();
    await page.getByText("24 parameters").waitFor();
    const histograms = () => page.locator(".histogram code").allInnerTexts();
    const weights = ["0.weight", "0.bias", "2.weight", "2.bias"];
    // The weights, and the gradients and activations of the last step.
    await expect.poll(histograms).toEqual([...weights, ...weights, "layer 0", "layer 1", "layer 2", "layer 3"]);
    await page.getByText("Training", { exact: true }).click();
    await page.getByText("150 rows", { exact: true }).waitFor();
    expect(faults).toEqual([]);
  });

  it("moves an alias, compares versions, and gives its files", async () => {
    const second = await submitted(stage.client, { ...MOONS, epochs: 50 }, "succeeded");
    const { page, faults } = await stage.open(`/models/${second.model?.id}?tab=versions`);
    await page.getByLabel("Alias", { exact: true }).fill("production");
    await page.getByRole("button", { name: "Point alias here" }).click();
    await page.getByText("moons@production now points at version 2.").waitFor();
    expect((await stage.client.model("moons@production")).id).toBe(second.model?.id);
    await page.getByRole("link", { name: "Compare with moons, version 1" }).click();
    await page.getByRole("cell", { name: "epochs", exact: true }).waitFor();
    await page.getByRole("button", { name: "Download" }).click();
    const saving = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: /Weights/ }).click();
    expect((await saving).suggestedFilename()).toBe(`${second.model?.id}.safetensors`);
    expect(faults).toEqual([]);
  });

  it("is found among all, and two are chosen to be compared", async () => {
    const { page, faults } = await stage.open("/models");
    await page.getByLabel(/Search models/).fill("moons");
    const boxes = page.getByRole("checkbox", { name: /Compare moons/ });
    await expect.poll(() => boxes.count()).toBe(2);
    await boxes.nth(0).check();
    await boxes.nth(1).check();
    await page.getByRole("link", { name: "Compare the two" }).click();
    await page.getByRole("heading", { name: "Evaluation" }).waitFor();
    expect(faults).toEqual([]);
  });
});
