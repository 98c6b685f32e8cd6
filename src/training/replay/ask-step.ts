/** Answers questions about the weights of a step with one program over some rows: gradients, activations, the loss of each row. */
import { invalid } from "../../domain/errors.ts";
import {
  HISTOGRAM_BINS,
  MAX_REPLAY_VALUES,
  MAX_TENSOR_VALUES,
  type Replay,
  type ReplayAsk,
  replayable,
  type TensorFigures,
} from "../../domain/jobs/replay.ts";
import { toWire } from "../../domain/metrics/metric.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import { type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import { compile, type FloatView, grad, graph, leavesOf, memoryFor, type Program, type Tensor } from "../../engine/index.ts";
import type { JobData } from "../data/data.ts";
import { takeRows } from "../data/table.ts";
import { lossOf, STATES } from "../run/build.ts";
import { freeze, networkOf } from "../run/network.ts";
import { sizesOf } from "../run/sizes.ts";

type Answer = Pick<Replay, "loss" | "gradients" | "activations" | "loss_by_row">;

/** Prefixes of the outputs, and the output with the losses of the rows. */
const GRADIENT = "gradient/";
const ACTIVATION = "activation/";
const BY_ROW = "loss_by_row";

/** Maximum bytes of the program that answers: for a network that needs more, fewer rows are used. */
const MAX_BYTES = 2 ** 28;

/**
 * Answers for these weights, in evaluation mode, on the first `most` training rows, or on as many as fit the memory. Throws invalid if not
 * one does.
 */
export function askStep(
  run: TrainingRun,
  data: JobData,
  weights: TensorSet,
  most: number,
  ask: readonly ReplayAsk[],
): Answer & Pick<Replay, "rows"> {
  for (let rows = most; rows >= 1; rows = Math.floor(rows / 2)) {
    const program = questionOf(run, data, rows, ask);
    if (memoryFor({ ask: program }) <= MAX_BYTES) return { rows, ...answerOf(data, weights, rows, program) };
  }
  const detail = `the network needs more than ${MAX_BYTES / 2 ** 20} MiB for what you ask about a single row: ask for less`;
  throw invalid([{ pointer: "/ask", detail }]);
}

function questionOf({ job }: TrainingRun, data: JobData, rows: number, ask: readonly ReplayAsk[]): Program {
  const spec = replayable(job);
  const sizes = { ...sizesOf(data, job.classes.length), rows, validationRows: 0 };
  const network = freeze(networkOf(spec.model.layers, sizes.featureWidth, sizes.embeddings), spec.init_from?.freeze ?? []);
  const tensors = new Map(network.tensors.map(({ name, shape }) => [name, graph.state(name, shape)]));
  const rowWeights = graph.state(STATES.weights, [rows]);
  const activations = new Map<number, Tensor>();
  const output = network.forward(
    graph.state(STATES.features, [rows, sizes.featureWidth]),
    (name) => tensors.get(name) as Tensor,
    { training: false, observe: (layer, tensor) => activations.set(layer, tensor) },
  );
  const loss = lossOf({ spec, sizes }, output, graph.state(STATES.targets, [rows, sizes.targetWidth]), rowWeights);
  const outputs: Record<string, Tensor> = { loss };
  if (ask.includes("gradients")) {
    const gradients = grad(
      loss,
      network.parameters.map(({ name }) => tensors.get(name) as Tensor),
    );
    network.parameters.forEach(({ name }, index) => {
      outputs[GRADIENT + name] = gradients[index] as Tensor;
    });
  }
  if (ask.includes("activations")) for (const [layer, tensor] of activations) outputs[ACTIVATION + layer] = tensor;
  // The loss is a mean of losses times weights of rows: its derivative by a weight, times the weight, is the row's share of it.
  if (ask.includes("loss_by_row"))
    outputs[BY_ROW] = graph.mul(graph.mul(grad(loss, [rowWeights])[0] as Tensor, rowWeights), rows);
  return { outputs };
}

function answerOf(data: JobData, weights: TensorSet, rows: number, program: Program): Answer {
  const table = takeRows(
    data.train,
    Array.from({ length: rows }, (_, row) => row),
  );
  const executable = compile({ ask: program }, { maxMemoryBytes: MAX_BYTES });
  const known = new Set(leavesOf(program).states.map(({ op }) => op.kind === "state" && op.name));
  const states = new Map([
    ...unpackTensors(weights),
    [STATES.features, table.features],
    [STATES.targets, table.targets],
    [STATES.weights, table.weights ?? new Float32Array(rows).fill(1)],
  ]);
  for (const [name, values] of states) if (known.has(name)) executable.write(name, values);
  const answer = figuresOfAll(executable.step("ask"), program, Array.from(data.parts.train.subarray(0, rows)));
  executable.release();
  return answer;
}

function figuresOfAll(results: Record<string, number | FloatView>, { outputs }: Program, numbers: number[]): Answer {
  let left = MAX_REPLAY_VALUES;
  const figures = (prefix: string): TensorFigures[] =>
    Object.entries(outputs).flatMap(([key, { shape }]) => {
      if (!key.startsWith(prefix)) return [];
      const found = figuresOf(key.slice(prefix.length), shape, valuesOf(results[key]), left);
      left -= found.values?.length ?? 0;
      return [found];
    });
  const gradients = figures(GRADIENT);
  const activations = figures(ACTIVATION);
  return {
    loss: toWire(valuesOf(results.loss)[0] as number),
    ...(gradients.length > 0 && { gradients }),
    ...(activations.length > 0 && { activations }),
    ...(outputs[BY_ROW] && { loss_by_row: { rows: numbers, losses: Array.from(valuesOf(results[BY_ROW]), toWire) } }),
  };
}

const valuesOf = (result: number | FloatView | undefined): FloatView =>
  typeof result === "number" ? Float64Array.of(result) : (result ?? new Float64Array());

function figuresOf(name: string, shape: readonly number[], values: FloatView, left: number): TensorFigures {
  let squares = 0;
  let total = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let zeros = 0;
  for (const value of values) {
    squares += value * value;
    total += value;
    min = Math.min(min, value);
    max = Math.max(max, value);
    if (value === 0) zeros++;
  }
  const isShown = values.length <= Math.min(left, MAX_TENSOR_VALUES);
  return {
    ...{ name, shape: [...shape], norm: toWire(Math.sqrt(squares)), mean: toWire(total / values.length) },
    ...{ min: toWire(min), max: toWire(max), zeros: zeros / values.length },
    histogram: histogramOf(values, min, max),
    values: isShown ? Array.from(values, toWire) : null,
  };
}

function histogramOf(values: FloatView, min: number, max: number): number[] {
  const counts = new Array<number>(HISTOGRAM_BINS).fill(0);
  const width = max - min;
  if (!Number.isFinite(width)) return counts;
  for (const value of values) {
    const bin = width === 0 ? HISTOGRAM_BINS / 2 : Math.floor(((value - min) / width) * HISTOGRAM_BINS);
    counts[Math.min(HISTOGRAM_BINS - 1, bin)]! += 1;
  }
  return counts;
}
