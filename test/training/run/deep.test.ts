/** Deep networks: what a chain of layers compiles to stays within WebAssembly's bounds. */
import { expect, it } from "vitest";
import { train } from "../train.ts";

const rows = Array.from({ length: 64 }, (_, row) => Array.from({ length: 16 }, (_, column) => Math.sin(16 * row + column)));

it.each(["gelu", "mish", "softplus", "logsigmoid", "softmax", "elu"])("trains 30 layers of %s in a row", (type) => {
  const { result } = train({
    data: { inline: { features: rows, targets: rows.map(([first]) => [first]) } },
    task: "regression",
    model: { layers: [...Array.from({ length: 30 }, () => ({ type })), { type: "linear" }] },
    ...{ loss: { type: "mse" }, optimizer: { type: "adam", lr: 0.01 } },
    ...{ epochs: 2, batch_size: 13, split: { validation: 0.2 } },
  });
  expect(result.state).toBe("succeeded");
});

it("trains a network whose kernels would be too large when as much as usual is merged", () => {
  const { result } = train({
    data: {
      inline: {
        features: rows.slice(0, 33).map((row) => row.slice(0, 5)),
        targets: rows.slice(0, 33).map(([first]) => [first, first]),
      },
    },
    task: "regression",
    model: {
      layers: [
        ...["leaky_relu", "leaky_relu"].map((type) => ({ type })),
        { type: "linear", units: 16 },
        { type: "mish" },
        { type: "batch_norm" },
        { type: "linear" },
      ],
    },
    ...{ loss: { type: "mse" }, optimizer: { type: "sgd", lr: 0.01 } },
    ...{ epochs: 2, batch_size: 16, split: null },
  });
  expect(result.state).toBe("succeeded");
});
