/** The 2-4-1 network for one batch: PyTorch's gradients, autograd's, and those of the chain rule written out in loops. */
import { describe, expect, test } from "vitest";
import { createLoss, graph as g, grad, sequential, type Tensor } from "../../src/engine/index.ts";
import { type Executor, expectClose, type GoldenTensor, readGolden } from "./golden.ts";

interface Golden {
  readonly x: GoldenTensor;
  readonly y: GoldenTensor;
  readonly params: Readonly<Record<string, GoldenTensor>>;
  readonly loss: number;
  readonly grads: Readonly<Record<string, GoldenTensor>>;
}

const golden = readGolden<Golden>("mlp-gradients");
const at = (values: ArrayLike<number>, index: number) => values[index] as number;
const data = (name: string) => (golden.params[name] as GoldenTensor).data;

/** PyTorch computed these in float32. */
const FLOAT32 = { tolerance: 1e-5, cancellation: 1 };

export function describeMlpGradients(executor: Executor): void {
  describe(`gradients of the 2-4-1 network by the ${executor.name}`, () => {
    const automatic = autograd(executor);

    test("are PyTorch's", () => {
      expectClose(automatic.loss as number, [golden.loss], { ...executor, ...FLOAT32 }, "loss");
      for (const [name, { data }] of Object.entries(golden.grads))
        expectClose(automatic[name] as Float64Array, data, { ...executor, ...FLOAT32 }, name);
    });

    test("are those of the chain rule written out by hand", () => {
      const { loss, gradients } = byHand();
      expectClose(automatic.loss as number, [loss], executor, "loss");
      expect(Object.keys(gradients)).toEqual(Object.keys(golden.grads));
      for (const [name, values] of Object.entries(gradients))
        expectClose(automatic[name] as Float64Array, values, executor, name);
    });
  });
}

function autograd(executor: Executor) {
  const network = sequential(
    [{ type: "linear", units: 4 }, { type: "relu" }, { type: "linear", units: 1 }, { type: "sigmoid" }],
    [2],
  );
  const parameters = new Map(network.parameters.map(({ name, shape }) => [name, g.state(name, shape)]));
  const output = network.forward(g.input("x", golden.x.shape), (name) => parameters.get(name) as Tensor, { training: true });
  const loss = createLoss({ type: "bce" })(output, g.input("y", golden.y.shape));
  const gradients = grad(loss, [...parameters.values()]);
  const outputs = Object.fromEntries([...parameters.keys()].map((name, i) => [name, gradients[i] as Tensor]));
  const executable = executor.execute({ backward: { outputs: { loss, ...outputs } } });
  for (const name of parameters.keys()) executable.write(name, data(name));
  return executable.step("backward", { x: golden.x.data, y: golden.y.data });
}

/**
 * h = W1 x + b1, a = max(h, 0), z = w2 a + b2, p = 1/(1 + e^-z), loss = -mean(y ln p + (1 - y) ln(1 - p)), and back:
 *   dL/dp = (p - y) / (p (1 - p)) / n     dp/dz = p (1 - p)       so dL/dz = (p - y) / n
 *   dz/dw2 = a    dz/db2 = 1    dz/da = w2     da/dh = 1 if h > 0, else 0     dh/dW1 = x    dh/db1 = 1
 */
function byHand(): { loss: number; gradients: Record<string, number[]> } {
  const [w1, b1, w2, b2] = [data("0.weight"), data("0.bias"), data("2.weight"), data("2.bias")];
  const [x, y] = [golden.x.data, golden.y.data];
  const n = y.length;
  let loss = 0;
  const dw1 = new Array<number>(8).fill(0);
  const db1 = new Array<number>(4).fill(0);
  const dw2 = new Array<number>(4).fill(0);
  const db2 = [0];
  for (let row = 0; row < n; row++) {
    const h = [0, 1, 2, 3].map((j) => at(w1, 2 * j) * at(x, 2 * row) + at(w1, 2 * j + 1) * at(x, 2 * row + 1) + at(b1, j));
    const a = h.map((value) => (value > 0 ? value : 0));
    const z = a.reduce((total, value, j) => total + at(w2, j) * value, at(b2, 0));
    const p = 1 / (1 + Math.exp(-z));
    const t = at(y, row);
    loss -= (t * Math.log(p) + (1 - t) * Math.log(1 - p)) / n;
    const dp = (p - t) / (p * (1 - p)) / n;
    const dz = dp * p * (1 - p);
    db2[0] = at(db2, 0) + dz;
    for (let j = 0; j < 4; j++) {
      dw2[j] = at(dw2, j) + dz * at(a, j);
      const dh = at(h, j) > 0 ? dz * at(w2, j) : 0;
      db1[j] = at(db1, j) + dh;
      for (let k = 0; k < 2; k++) dw1[2 * j + k] = at(dw1, 2 * j + k) + dh * at(x, 2 * row + k);
    }
  }
  return { loss, gradients: { "0.weight": dw1, "0.bias": db1, "2.weight": dw2, "2.bias": db2 } };
}
