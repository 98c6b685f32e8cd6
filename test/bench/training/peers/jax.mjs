/** One training step in jax-js on its wasm backend, compiled by jit. Run in a folder where it is installed: argv[2] is the workload. */
import { pathToFileURL } from "node:url";
import { measure } from "./measure.mjs";

const {
  init,
  jit,
  nn,
  numpy: np,
  random,
  valueAndGrad,
} = await import(pathToFileURL(`${process.cwd()}/node_modules/@jax-js/jax/dist/index.js`).href);
const { widths, rows, activation, lr, seconds } = JSON.parse(process.argv[2]);
await init("wasm");

// Every use of an array but its last takes a reference: functions own their arguments.
const refs = (arrays) => arrays.map((array) => array.ref);
const layers = widths.length - 1;
let params = widths.slice(1).flatMap((width, layer) => [
  random
    .uniform(random.key(layer), [widths[layer], width])
    .sub(0.5)
    .mul(2 / Math.sqrt(widths[layer])),
  np.zeros([width]),
]);
let means = params.map((each) => np.zeros(each.shape));
let squares = params.map((each) => np.zeros(each.shape));
const x = random.normal(random.key(100), [rows, widths[0]]);
const target = np.array(
  Array.from({ length: rows }, (_, row) =>
    Array.from({ length: widths.at(-1) }, (_, c) => (c === (row * 7) % widths.at(-1) ? 1 : 0)),
  ),
);

function lossOf(weights, input, labels) {
  let value = input;
  for (let layer = 0; layer < layers; layer++) {
    value = np.matmul(value, weights[2 * layer]).add(weights[2 * layer + 1]);
    if (layer < layers - 1) value = activation === "relu" ? nn.relu(value) : np.tanh(value);
  }
  return nn
    .logSoftmax(value)
    .mul(labels)
    .sum()
    .mul(-1 / rows);
}

const step = jit((weights, m, v, stepSize, correction, input, labels) => {
  const [loss, gradients] = valueAndGrad(lossOf)(refs(weights), input, labels);
  const nextM = m.map((each, i) => each.mul(0.9).add(gradients[i].ref.mul(0.1)));
  const nextV = v.map((each, i) => each.mul(0.999).add(np.square(gradients[i]).mul(0.001)));
  const next = weights.map((each, i) =>
    each.sub(nextM[i].ref.mul(stepSize.ref).div(np.sqrt(nextV[i].ref).div(correction.ref).add(1e-8))),
  );
  stepSize.dispose();
  correction.dispose();
  return [loss, next, nextM, nextV];
});

let taken = 0;
measure(() => {
  taken += 1;
  const stepSize = np.array(lr / (1 - 0.9 ** taken));
  const correction = np.array(Math.sqrt(1 - 0.999 ** taken));
  const [loss, next, nextM, nextV] = step(params, means, squares, stepSize, correction, x.ref, target.ref);
  [params, means, squares] = [next, nextM, nextV];
  return loss.item();
}, seconds);
