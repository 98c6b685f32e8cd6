/** One training step in TensorFlow.js on its wasm backend, one thread. Run in a folder where it is installed: argv[2] is the workload. */
import { createRequire } from "node:module";
import { measure } from "./measure.mjs";

const require = createRequire(`${process.cwd()}/`);
const tf = require("@tensorflow/tfjs");
const wasm = require("@tensorflow/tfjs-backend-wasm");

const { widths, rows, activation, lr, seconds } = JSON.parse(process.argv[2]);
wasm.setThreadsCount(1);
wasm.setWasmPaths(`${process.cwd()}/node_modules/@tensorflow/tfjs-backend-wasm/dist/`);
await tf.setBackend("wasm");

const layers = widths
  .slice(1)
  .map((width, layer) => [
    tf.variable(tf.randomUniform([widths[layer], width], -1 / Math.sqrt(widths[layer]), 1 / Math.sqrt(widths[layer]))),
    tf.variable(tf.zeros([width])),
  ]);
const x = tf.randomNormal([rows, widths[0]]);
const labels = tf.oneHot(tf.randomUniform([rows], 0, widths.at(-1), "int32"), widths.at(-1));
const optimizer = tf.train.adam(lr);

function lossOf() {
  const logits = layers.reduce((value, [weight, bias], layer) => {
    const z = tf.add(tf.matMul(value, weight), bias);
    return layer < layers.length - 1 ? tf[activation](z) : z;
  }, x);
  return tf.losses.softmaxCrossEntropy(labels, logits);
}

measure(() => {
  const loss = optimizer.minimize(lossOf, true);
  const [value] = loss.dataSync();
  loss.dispose();
  return value;
}, seconds);
