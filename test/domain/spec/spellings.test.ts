import { describe, expect, it } from "vitest";
import { parseJobSpec } from "../../../src/domain/spec/spec.ts";

const SPEC = {
  data: { generator: { type: "moons" } },
  model: { layers: [{ type: "linear", units: 4 }, { type: "relu" }, { type: "linear" }] },
};

const errorsOf = (spec: object) => {
  const parsed = parseJobSpec({ ...SPEC, ...spec });
  return "errors" in parsed ? Object.fromEntries(parsed.errors.map(({ pointer, detail }) => [pointer, detail])) : {};
};
const layersOf = (...layers: unknown[]) => ({ model: { layers } });
const meant = (name: string, own: string) =>
  expect.stringContaining(`"${name}" is not known here: did you mean "${own}"? It must be one of "`) as unknown as string;

describe("a type", () => {
  it("may be written alone, wherever there is one", () => {
    const short = parseJobSpec({
      data: { generator: "moons" },
      model: { layers: [{ type: "linear", units: 4 }, "relu", { type: "residual", layers: ["linear", "tanh"] }, "linear"] },
      loss: "bce_with_logits",
      optimizer: "sgd",
      scheduler: { type: "sequential", schedules: ["linear_lr", { type: "exponential_lr", gamma: 0.9 }], milestones: [5] },
    });
    const full = parseJobSpec({
      data: { generator: { type: "moons" } },
      model: {
        layers: [
          { type: "linear", units: 4 },
          { type: "relu" },
          { type: "residual", layers: [{ type: "linear" }, { type: "tanh" }] },
          { type: "linear" },
        ],
      },
      loss: { type: "bce_with_logits" },
      optimizer: { type: "sgd" },
      scheduler: {
        type: "sequential",
        schedules: [{ type: "linear_lr" }, { type: "exponential_lr", gamma: 0.9 }],
        milestones: [5],
      },
    });
    expect(short).toEqual(full);
    expect(short).toHaveProperty("spec");
  });

  it.each([
    ["loss", "CrossEntropyLoss", "cross_entropy"],
    ["loss", "BCEWithLogitsLoss", "bce_with_logits"],
    ["loss", "nn.MSELoss", "mse"],
    ["loss", "L1Loss", "l1"],
    ["loss", "SmoothL1Loss", "huber"],
    ["loss", "binary_crossentropy", "bce"],
    ["loss", "sparse_categorical_crossentropy", "cross_entropy"],
    ["loss", "mean_squared_error", "mse"],
    ["optimizer", "Adam", "adam"],
    ["optimizer", "AdamW", "adamw"],
    ["optimizer", "torch.optim.SGD", "sgd"],
    ["optimizer", "RMSprop", "rmsprop"],
    ["optimizer", "admw", "adamw"],
    ["scheduler", "CosineAnnealingLR", "cosine_annealing_lr"],
    ["scheduler", "ReduceLROnPlateau", "reduce_lr_on_plateau"],
    ["scheduler", "StepLR", "step_lr"],
    ["scheduler", "SequentialLR", "sequential"],
    ["clip_grad", "clip_grad_norm_", "norm"],
  ])("of another library is told ours: %s %s", (field, name, own) => {
    expect(errorsOf({ [field]: { type: name } })[`/${field}/type`]).toEqual(meant(name, own));
    expect(errorsOf({ [field]: name })[`/${field}`]).toEqual(meant(name, own));
  });

  it.each([
    ["Linear", "linear"],
    ["Dense", "linear"],
    ["dense", "linear"],
    ["ReLU", "relu"],
    ["LeakyReLU", "leaky_relu"],
    ["Dropout", "dropout"],
    ["conv2D", "conv2d"],
    ["Conv2d", "conv2d"],
    ["BatchNorm1d", "batch_norm"],
    ["BatchNormalization", "batch_norm"],
    ["LayerNorm", "layer_norm"],
    ["MaxPool2d", "max_pool"],
    ["MaxPooling2D", "max_pool"],
    ["tf.keras.layers.Flatten", "flatten"],
    ["LogSoftmax", "log_softmax"],
    ["swish", "silu"],
    ["NLinear", "per_feature_linear"],
    ["LinearBatchEnsemble", "batch_ensemble_linear"],
    ["PeriodicEmbeddings", "periodic"],
    ["sigmiod", "sigmoid"],
  ])("of another library's layer is told ours: %s", (name, own) => {
    expect(errorsOf(layersOf({ type: name }))["/model/layers/0/type"]).toEqual(meant(name, own));
    expect(errorsOf({ model: { layers: [{ type: "residual", layers: [name] }] } })["/model/layers/0/layers/0"]).toEqual(
      meant(name, own),
    );
  });

  it("of another library hides nothing else that is wrong", () => {
    const spec = {
      ...layersOf({ type: "Linear", in_features: 2, out_features: "4" }, { type: "Dropout", rate: 0.5, p: 2 }, "ReLU"),
      optimizer: { type: "Adam", learning_rate: 0.1, betas: [2, 0.9] },
      epochs: 0,
    };
    expect(errorsOf(spec)).toEqual({
      "/model/layers/0/type": meant("Linear", "linear"),
      "/model/layers/0/in_features": "is inferred from the layers before it: leave it out",
      "/model/layers/0/out_features": "is not a field here: did you mean units?",
      "/model/layers/1/type": meant("Dropout", "dropout"),
      "/model/layers/1/rate": "is not a field here: did you mean p?",
      "/model/layers/1/p": "must be at most 1",
      "/model/layers/2": meant("ReLU", "relu"),
      "/optimizer/type": meant("Adam", "adam"),
      "/optimizer/learning_rate": "is not a field here: did you mean lr?",
      "/optimizer/betas/0": "must be less than 1",
      "/epochs": "must be at least 1",
    });
  });

  it("that nobody knows is answered with those there are, where it was written", () => {
    expect(errorsOf({ loss: "surprise" })["/loss"]).toMatch(/^must be one of "mse"/);
    expect(errorsOf({ loss: { type: "surprise" } })["/loss/type"]).toMatch(/^must be one of "mse"/);
    expect(errorsOf({ loss: 7 })["/loss"]).toBe("must be an object, not 7");
  });
});

describe("a field in the wrong place is told its right one", () => {
  const at = (place: string) => `is not a field here: did you mean ${place}?`;
  it.each([
    [{ lr: 0.1 }, "/lr", at("/optimizer/lr")],
    [{ learning_rate: 0.1 }, "/learning_rate", at("/optimizer/lr")],
    [{ layers: [] }, "/layers", at("/model/layers or /model/layers/*/layers")],
    [{ target: "y" }, "/target", at("/data/dataset/target or /preprocess/target")],
    [{ patience: 3 }, "/patience", at("/early_stopping/patience or /scheduler/patience")],
    [{ validation_split: 0.2 }, "/validation_split", at("/split/validation")],
    [{ model: { ...SPEC.model, loss: "mse" } }, "/model/loss", at("/loss")],
    [{ optimizer: { type: "adam", epochs: 3 } }, "/optimizer/epochs", at("/epochs")],
    [
      { model: { layers: [{ type: "linear", units: 3, activation: "relu" }] } },
      "/model/layers/0/activation",
      "is a separate layer",
    ],
    [{ epoch: 3 }, "/epoch", at("epochs")],
  ])("%o", (spec, pointer, detail) => {
    expect(errorsOf(spec)[pointer]).toContain(detail);
  });

  it("within the part that it is in, where that has one", () => {
    expect(errorsOf({ data: { target: "y" } })["/data/target"]).toBe(at("/data/dataset/target"));
  });
});
