import { describe, expect, it } from "vitest";
import { givenLayers } from "../../../src/domain/spec/spec.ts";
import { prepareJob } from "../../../src/training/prepare/prepare.ts";
import { limits, prepare } from "../train.ts";

const layers = [{ type: "linear", units: 4 }, { type: "relu" }, { type: "linear" }, { type: "sigmoid" }];
const moons = { data: { generator: { type: "moons" } }, model: { layers } };
const inline = (features: unknown, targets: unknown, rest: object = {}) => ({
  data: { inline: { features, targets } },
  model: { layers: [{ type: "linear" }] },
  ...rest,
});

function refusals(spec: object, overrides = {}): Record<string, string> {
  const prepared = prepare(spec, overrides);
  if (prepared.ok) throw new Error("it was accepted");
  return Object.fromEntries(prepared.errors.map(({ pointer, detail }) => [pointer, detail]));
}

function accepted(spec: object) {
  const prepared = prepare(spec);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  return prepared;
}

it("a network without weights is refused: it would train nothing", () => {
  const spec = { ...inline([[1], [2]], [1, 2]), model: { layers: [{ type: "relu" }] } };
  expect(refusals(spec)).toEqual({ "/model/layers": "have no weights, so there is nothing to train" });
});

describe("a choice of several forms", () => {
  const { data } = moons;
  const rows = { inline: { features: [[1]], targets: [1] } };
  it.each([
    [
      "a field of no form",
      { split: { validation: 0.2, test_share: 1 } },
      { "/split/test_share": "is not a field here: the fields are validation, test, stratify" },
    ],
    [
      "fields of two forms",
      { data: { ...data, ...rows } },
      { "/data/inline": "cannot be combined with the other fields here" },
    ],
    ["a wrong value in one", { split: { validation: 2 } }, { "/split/validation": "must be at most 0.9" }],
    [
      "a misspelt option",
      { init_from: { model: "m", frozen: [] } },
      { "/init_from/frozen": "is not a field here: the fields are model, freeze" },
    ],
  ])("is judged by the form that is meant: %s", (_, wrong, expected) => {
    expect(refusals({ ...moons, ...wrong })).toEqual(expected);
  });
});

describe("a spec is resolved", () => {
  it("with the task of its generator, a loss that fits the last layer, and every default", () => {
    const { spec, parameters, classes, rows } = accepted(moons);
    expect(spec).toMatchObject({
      name: "moons",
      task: "binary_classification",
      loss: { type: "bce" },
      metrics: ["accuracy"],
      optimizer: { type: "adam", lr: 0.001, betas: [0.9, 0.999], eps: 1e-8 },
      epochs: 100,
      batch_size: null,
      seed: 0,
    });
    expect(givenLayers(spec)[2]).toMatchObject({ type: "linear", units: 1 });
    expect({ parameters, classes, rows }).toEqual({ parameters: 17, classes: ["0", "1"], rows: 200 });
  });

  it.each([
    ["numbers are a regression", inline([[1], [2]], [0.5, 3]), "regression", []],
    ["names are classes", inline([[1], [2], [3]], ["b", "a", "c"]), "multiclass_classification", ["a", "b", "c"]],
    ["two names are two classes", inline([[1], [2]], ["no", "yes"]), "binary_classification", ["no", "yes"]],
    ["truth values are two classes", inline([[1], [2]], [true, false]), "binary_classification", ["false", "true"]],
    [
      "integers under cross_entropy are classes",
      inline([[1], [2], [3]], [0, 1, 2], { loss: { type: "cross_entropy" } }),
      "multiclass_classification",
      ["0", "1", "2"],
    ],
    [
      "integers of a stated task are classes",
      inline([[1], [2]], [[0], [4]], { task: "multiclass_classification" }),
      "multiclass_classification",
      ["0", "1", "2", "3", "4"],
    ],
  ])("with a task inferred from inline targets: %s", (_, spec, task, classes) => {
    const prepared = accepted(spec);
    expect(prepared.spec.task).toBe(task);
    expect(prepared.classes).toEqual(classes);
  });

  it("without its bulk, which is kept apart as float32", () => {
    const { spec, payload } = accepted(
      inline(
        [
          [1, 2],
          [3, 4],
        ],
        [[5], [6]],
      ),
    );
    expect(spec.data).toEqual({
      inline: { rows: 2, features: 2, targets: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(payload?.entries.map(({ name, shape }) => [name, shape])).toEqual([
      ["data.features", [2, 2]],
      ["data.targets", [2, 1]],
    ]);
    expect([...(payload?.data ?? [])]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe("a spec is refused", () => {
  it("when it is not JSON, as malformed", () => {
    expect(prepareJob(new TextEncoder().encode("{"), limits)).toMatchObject({ ok: false, code: "malformed" });
    expect(prepareJob(Uint8Array.of(0xff), limits)).toMatchObject({ ok: false, code: "malformed" });
  });

  it("with every failure at once, unknown fields among them", () => {
    const found = refusals({
      ...moons,
      epochs: 0,
      colour: "red",
      optimizer: { type: "adam", lr: -1, momentum: 1 },
      model: { layers: [{ type: "linear", unit: 4 }] },
    });
    expect(Object.keys(found).sort()).toEqual([
      "/colour",
      "/epochs",
      "/model/layers/0/unit",
      "/optimizer/lr",
      "/optimizer/momentum",
    ]);
    expect(found["/colour"]).toBe("is not a field here");
  });

  it("when a type is unknown, with the types there are", () => {
    expect(refusals({ ...moons, optimizer: { type: "adamm" } })["/optimizer/type"]).toContain('"adamw"');
    expect(refusals({ ...moons, data: { generator: { type: "moon" } } })["/data/generator/type"]).toContain('"moons"');
    expect(refusals({ ...moons, model: { layers: [{ type: "dense" }] } })["/model/layers/0/type"]).toContain('"linear"');
  });

  it.each([
    ["ragged rows", inline([[1, 2], [3]], [1, 2]), "/data/inline/features/1", "has 1 features, but row 0 has 2"],
    ["no rows", inline([], []), "/data/inline/features", ""],
    ["rows and targets of different number", inline([[1], [2]], [1]), "/data/inline/targets", "has 1 rows, but features has 2"],
    ["a number beyond float32", inline([[1], [1e39]], [1, 2]), "/data/inline/features/1/0", "float32"],
    [
      "a label out of range",
      inline([[1], [2]], [0, 2], { task: "binary_classification" }),
      "/data/inline/targets/1",
      "label 2 is out of range",
    ],
    [
      "a label beyond the outputs",
      {
        ...inline([[1], [2]], [0, 3], { task: "multiclass_classification" }),
        model: { layers: [{ type: "linear", units: 3 }] },
      },
      "/data/inline/targets/1",
      "0..2",
    ],
    [
      "a label that is no integer",
      inline([[1], [2]], [0.5, 1], { task: "binary_classification" }),
      "/data/inline/targets/0",
      "out of range",
    ],
    ["targets of mixed kinds", inline([[1], [2]], ["a", 1]), "/data/inline/targets/1", "must be a string"],
    [
      "a hidden layer without units",
      { ...moons, model: { layers: [{ type: "linear" }, { type: "linear" }, { type: "sigmoid" }] } },
      "/model/layers/0/units",
      "is required",
    ],
    [
      "a last layer of the wrong width",
      { ...moons, model: { layers: [{ type: "linear", units: 3 }, { type: "sigmoid" }] } },
      "/model/layers/0/units",
      "needs 1 outputs",
    ],
    [
      "a network that cannot reach the outputs",
      { ...moons, model: { layers: [{ type: "sigmoid" }] } },
      "/model/layers",
      "needs a linear layer",
    ],
    [
      "bce without a sigmoid",
      { ...moons, model: { layers: [{ type: "linear" }] }, loss: { type: "bce" } },
      "/model/layers/0",
      "end the network with sigmoid",
    ],
    [
      "logits that are probabilities",
      { ...moons, loss: { type: "bce_with_logits" } },
      "/model/layers/3",
      "leave the final sigmoid out",
    ],
    [
      "a loss of another task",
      { ...moons, loss: { type: "mse" } },
      "/loss/type",
      "use bce or bce_with_logits or cross_entropy",
    ],
    [
      "a metric of another task",
      { ...moons, metrics: ["accuracy", "r2"] },
      "/metrics/1",
      "r2 is not a metric of binary_classification",
    ],
    ["a task that the generator does not make", { ...moons, task: "regression" }, "/task", "binary_classification"],
    [
      "monitoring what is not there",
      { ...moons, early_stopping: { monitor: "val_loss" } },
      "/early_stopping/monitor",
      "split.validation",
    ],
    [
      "too many rows",
      { ...moons, data: { generator: { type: "moons", samples: 200_000 } } },
      "/data/generator/samples",
      "limit of 100000",
    ],
    [
      "Nesterov without momentum",
      { ...moons, optimizer: { type: "sgd", nesterov: true } },
      "/optimizer/nesterov",
      "momentum above 0",
    ],
  ])("for %s, at its field", (_, spec, pointer, detail) => {
    const found = refusals(spec);
    expect(Object.keys(found)).toContain(pointer);
    expect(found[pointer]).toContain(detail);
  });

  it("for more parameters or memory than the limits", () => {
    expect(refusals(moons, { parameters: 16 })["/model/layers"]).toContain("17 parameters are more than the limit of 16");
    expect(refusals(moons, { jobMemoryBytes: 1024 })[""]).toContain("the limit of 1024 (TRAINYARD_MAX_JOB_MEMORY_BYTES)");
    expect(refusals(moons, { memoryBytes: 1023 })[""]).toContain("the limit of 1023 (TRAINYARD_MEMORY_BYTES)");
  });

  it("for initial weights that do not fit the network", () => {
    const tensor = (shape: number[], count: number) => ({ shape, data: new Array(count).fill(0) });
    const state_dict = {
      "0.weight": tensor([2, 4], 8),
      "0.bias": tensor([4], 3),
      "2.weight": tensor([1, 4], 4),
      extra: tensor([1], 1),
    };
    const found = refusals({ ...moons, init_from: { state_dict } });
    expect(found).toMatchObject({
      "/init_from/state_dict/0.weight/shape": "must be [4, 2]",
      "/init_from/state_dict/0.bias/data": "has 3 values; [4] takes 4",
      "/init_from/state_dict/2.bias": expect.stringContaining("is missing"),
      "/init_from/state_dict/extra": expect.stringContaining("is not a parameter"),
    });
  });
});

it("a network with more operations than are compiled for anybody is refused before it is planned", () => {
  const deep = [{ type: "linear", units: 4 }, ...Array(98).fill({ type: "batch_norm" }), { type: "linear" }];
  expect(refusals({ ...moons, model: { layers: deep }, batch_size: 32 })).toEqual({
    "/model/layers": expect.stringMatching(/^take \d+ operations a step, more than the limit of 20000: use fewer layers/),
  });
});

describe("a body that is made of very many things", () => {
  const generated = '"data":{"generator":{"type":"moons"}}';
  const model = '"model":{"layers":[{"type":"linear"}]}';
  const count = 100_000;
  const many = (thing: string, times = count) => Array(times).fill(thing).join(",");
  const members = (value: string) => Array.from({ length: 99_000 }, (_, index) => `"k${index}":${value}`).join(",");
  const bodies: Readonly<Record<string, string>> = {
    "objects for rows": `{"data":{"inline":{"features":[${many("{}")}],"targets":[]}},${model}}`,
    "objects in a row": `{"data":{"inline":{"features":[[${many("{}")}]],"targets":[1]}},${model}}`,
    "texts in a row": `{"data":{"inline":{"features":[[${many('""')}]],"targets":[1]}},${model}}`,
    "rows of texts": `{"data":{"inline":{"features":[${many('[""]')}],"targets":[1]}},${model}}`,
    "objects for targets": `{"data":{"inline":{"features":[[1]],"targets":[${many("{}")}]}},${model}}`,
    "targets of objects": `{"data":{"inline":{"features":[[1]],"targets":[${many("[{}]")}]}},${model}}`,
    "layers without a type": `{${generated},"model":{"layers":[${many("{}")}]}}`,
    layers: `{${generated},"model":{"layers":[${many('{"type":"relu"}', 90_000)}]}}`,
    "layers in a layer": `{${generated},"model":{"layers":[{"type":"residual","layers":[${many('{"type":"x"}', 90_000)}]}]}}`,
    metrics: `{"metrics":[${many('"x"')}],${generated},${model}}`,
    "held-out rows": `{"split":{"validation_rows":[${many("{}")}]},${generated},${model}}`,
    "weights of classes": `{"loss":{"type":"cross_entropy","weight":[${many('"x"')}]},${generated},${model}}`,
    "values of a tensor": `{"init_from":{"state_dict":{"0.weight":{"shape":[1],"data":[${many("{}")}]}}},${generated},${model}}`,
    tensors: `{"init_from":{"state_dict":{${members("{}")}}},${generated},${model}}`,
    "frozen layers": `{"init_from":{"model":"m","freeze":[${many('"x"')}]},${generated},${model}}`,
    features: `{"data":{"dataset":{"id":"d","target":"y","features":[${many('""')}]}},${model}}`,
    targets: `{"data":{"dataset":{"id":"d","target":[${many("1")}]}},${model}}`,
    columns: `{"preprocess":{"columns":{${members("7")}}},"data":{"dataset":{"id":"d","target":"y"}},${model}}`,
    "unknown fields": `{${members("0")},${generated},${model}}`,
    "unknown fields of a layer": `{${generated},"model":{"layers":[{"type":"linear",${members("0")}}]}}`,
  };

  it.each(Object.keys(bodies))("%s: is refused with no more failures than are shown", (name) => {
    const prepared = prepareJob(new TextEncoder().encode(bodies[name]), limits);
    if (prepared.ok || !("errors" in prepared)) throw new Error("it was accepted");
    expect(prepared.code).toBe("invalid");
    expect(prepared.errors.length).toBeGreaterThan(0);
    expect(prepared.errors.length).toBeLessThanOrEqual(100);
  });

  it.each([
    ["fields", `{${Array.from({ length: 100_001 }, (_, index) => `"k${index}":0`).join(",")}}`, /^has 100001 fields .* 100000/],
    ["objects", `{"x":[${many("{}", 2_200_000)}]}`, /^its 2200001 objects, .* more than the limit of 512 MiB/],
  ])("too many %s are counted and refused before they are parsed", (_, body, detail) => {
    expect(prepareJob(new TextEncoder().encode(body), limits)).toEqual({
      ok: false,
      code: "invalid",
      errors: [{ pointer: "", detail: expect.stringMatching(detail) }],
    });
  });
});
