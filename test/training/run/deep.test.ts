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
