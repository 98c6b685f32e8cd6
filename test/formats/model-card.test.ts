import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ModelCardFacts } from "../../src/domain/model-card/facts.ts";
import { limitsOfUse } from "../../src/domain/model-card/limits-of-use.ts";
import { encodeModelCard } from "../../src/formats/model-card/model-card.ts";
import { linePlot, ticksOf } from "../../src/formats/model-card/plots.ts";

const EVIL = `<script>alert(1)</script>"'&\u0000\n\ud800 \u001b[31m<img src=x onerror=alert(1)>`;

/** Facts of a classifier of `size` columns, classes, notes and so on, whose every text is `text`. */
function factsOf(text: string, size: number): ModelCardFacts {
  const classes = Array.from({ length: size }, (_, index) => `${text}${index}`);
  const figures = { accuracy: 0.9, balanced_accuracy: 0.8, f1: 0.8, log_loss: 0.3, roc_auc: 0.9, pr_auc: 0.9 };
  const averages = { macro: 0.8, weighted: 0.8 };
  const part = {
    rows: 80,
    ...figures,
    precision: averages,
    recall: averages,
    f1: averages,
    classes: classes.map((label) => ({
      label,
      rows: 3,
      precision: 0.5,
      recall: 0.2,
      f1: 0.4,
      roc_auc: 0.8,
      pr_auc: 0.7,
      roc_curve: null,
    })),
    confusion_matrix: classes.map((_, row) => classes.map((_, column) => row * column)),
    calibration: { error: 0.2, bins: [] },
  };
  const many = <T>(of: (index: number) => T) => Array.from({ length: size }, (_, index) => of(index));
  return {
    model: {
      id: "mdl_1",
      name: text,
      version: 3,
      aliases: [text],
      tags: { [text]: text },
      jobId: "job_1",
      receipt: { data: { source: "dataset", sha256: "aa" }, specSha256: "bb", engineVersion: "2" },
      task: "multiclass_classification",
      preprocessing: {
        columns: many((index) => ({
          kind: "category",
          column: `${text}${index}`,
          boolean: false,
          categories: classes,
          fill: text,
          encode: "one_hot",
          dimension: null,
        })),
        targets: [{ column: text }],
      },
      inputWidth: size,
      outputWidth: size,
      classes,
      layers: many(() => ({ type: "relu" })),
      activation: "softmax",
      parameters: 1234,
      weights: [],
      sha256: "cc",
      metrics: { final: {}, best: { epoch: 7 } },
      score: {
        part: "test",
        rows: 80,
        metrics: figures,
        intervals: { level: 0.9, accuracy: [0.85, 0.95] },
        baseline: { label: text, value: null, metrics: { ...figures, accuracy: 0.4 } },
        linear: { type: "logistic_regression", rows: 100, metrics: { ...figures, accuracy: 0.7 }, reason: null },
      },
      createdAt: 0,
    },
    evaluation: {
      train: part,
      validation: null,
      test: part,
      importance: {
        part: "test",
        metric: "accuracy",
        rows: 80,
        repeats: 5,
        columns: many((index) => ({ column: `${text}${index}`, mean: index - 1, sd: 0.1 })),
      },
    },
    job: {
      id: "job_1",
      note: text,
      tags: { [text]: text },
      epochsDone: 40,
      startedAt: 0,
      finishedAt: 61_000,
      notes: many(() => ({ code: "rare_class", column: text, line: null, detail: text, cure: text })),
      spec: {
        name: text,
        seed: 5,
        epochs: 60,
        batch_size: null,
        model: { layers: [] },
        data: { dataset: { id: "ds_1", sha256: "aa", features: [], target: [text], weights: text } },
        split: { validation: 0.2 },
        loss: { type: "cross_entropy" },
        optimizer: { type: "adam", lr: 0.01 },
        scheduler: null,
        init_from: null,
      },
    },
    dataset: { name: text, format: "csv", rows: 344, columnCount: 7, createdAt: 0 },
    curve: {
      epochs: many((index) => index + 1),
      loss: many((index) => (index === 1 ? Number.NaN : 1 / (index + 1))),
      validation: many(() => 0.5),
    },
    checkpoint: null,
    serverVersion: "0.1.0",
  } as unknown as ModelCardFacts;
}

/** The names of the elements of a document, which are closed in the order in which they were opened. */
function elementsOf(html: string): Set<string> {
  const open: string[] = [];
  const names = new Set<string>();
  for (const [, slash, name = "", rest = ""] of html
    .replace(/<style>.*<\/style>/s, "")
    .matchAll(/<(\/?)([a-z0-9]+)((?:[^>"]|"[^"]*")*)>/g)) {
    names.add(name);
    if (["meta"].includes(name) || rest.endsWith("/")) continue;
    if (slash) expect(open.pop()).toBe(name);
    else open.push(name);
  }
  expect(open).toEqual([]);
  return names;
}

describe("a model card", () => {
  it("shows what people wrote as text, whatever they wrote", () => {
    const html = encodeModelCard(factsOf(EVIL, 3));
    expect(
      [...elementsOf(html)].filter((name) => ["script", "img", "a", "link", "iframe", "object", "form"].includes(name)),
    ).toEqual([]);
    expect(html.replaceAll(/"[^"]*"/g, "").match(/<[^>]*\s(on\w+|style|href|src)=/)).toBeNull();
    expect(html).not.toMatch(/[^\P{Cc}\n]/u);
    expect(html.isWellFormed()).toBe(true);
    expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\ufffd");
  });

  it("loads nothing but its own style, by its hash", () => {
    const html = encodeModelCard(factsOf("plain", 3));
    const [, style = ""] = /<style>(.*)<\/style>/s.exec(html) ?? [];
    const hash = createHash("sha256").update(style).digest("base64");
    expect(html).toContain(`content="default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;"`);
    expect(html).not.toMatch(/url\(|@import|https?:/);
  });

  it("is bounded, however large the model and its texts are", () => {
    const html = encodeModelCard(factsOf("\u{1f427}<".repeat(2000), 100));
    elementsOf(html);
    expect(Buffer.byteLength(html)).toBeLessThan(600_000);
    expect(html).toContain("40 more columns are not listed");
  });

  it("has scores with intervals, a baseline and a straight line, the limits, and how to repeat it", () => {
    const text = encodeModelCard(factsOf("x", 3))
      .replaceAll(/<[^>]*>/g, " ")
      .replaceAll(/\s+/g, " ");
    expect(text).toContain(
      "Accuracy 90.0 % (85.0 to 95.0) on 80 rows it has not seen (always x: 40.0 %, a straight line: 70.0 %).",
    );
    expect(text).toContain("It was scored on 80 rows only");
    expect(text).toContain("It misses more rows than it finds for x0 (20 %), x1 (20 %), x2 (20 %).");
    expect(text).toContain("Its probabilities are off by 20 points");
    expect(text).toContain("curl -X POST SERVER/v1/models/mdl_1/reproduce");
    expect(text).toContain("40 of at most 60; it has the weights of epoch 7");
  });

  it("says what is not known of a model that was imported, and of one whose job is gone", () => {
    const { model, ...rest } = factsOf("x", 3);
    const nothing = { ...rest, evaluation: null, job: null, dataset: null, curve: null };
    const imported = {
      ...model,
      jobId: null,
      score: null,
      preprocessing: null,
      receipt: { data: null, specSha256: null, engineVersion: null },
    };
    const text = encodeModelCard({ ...nothing, model: imported });
    expect(text).toContain("Not known: it was not scored on this server");
    expect(text).toContain("not known: the model was imported");
    expect(text).toContain("It cannot be trained again from here");
    expect(limitsOfUse({ ...nothing, model: imported })[0]).toBe("It was not scored here, so its quality is not known.");
    expect(encodeModelCard({ ...nothing, model })).toContain("not known: its job was deleted");
  });

  it("draws lines with gaps where a value is not finite, and axes in round steps", () => {
    const svg = linePlot("loss", [1, 2, 3, 4], [{ name: "training", values: [1, Number.NaN, 3, 4] }], ["epoch", "loss"]).text;
    expect(/ d="([^"]*)"/.exec(svg)?.[1]).toMatch(/^M[\d.]+ [\d.]+M[\d.]+ [\d.]+L[\d.]+ [\d.]+$/);
    expect(svg).not.toContain("NaN");
    expect(linePlot("none", [1], [{ name: "training", values: [Number.NaN] }], ["epoch", "loss"]).text).not.toContain("NaN");
    expect(ticksOf(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticksOf(-3, 12, 5)).toEqual([0, 5, 10]);
  });
});
