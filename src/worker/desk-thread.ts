/** Entry of a desk thread: each export is a kind of task. */

import type { MetricPoints, Prepared } from "../domain/ports.ts";
import { chooseEpochs, pickEpochs } from "../domain/thinning.ts";
import { prepareJob } from "../training/prepare.ts";
import { encodeStoredSlice, encodeWireColumns } from "./encode.ts";
import { encodeMetrics as encodeFile } from "./encode-metrics.ts";
import { createPredictors } from "./predictors.ts";
import type { EncodeMetricsTask, EncodeTask, PredictReply, PredictTask, PrepareTask, ThinTask } from "./protocol.ts";
import { moving, wholeBuffers } from "./transfer.ts";
import { warmUpPreparing } from "./warm-up.ts";

warmUpPreparing();
const predictors = createPredictors();

export function prepare({ body, limits, resolved }: PrepareTask): Prepared {
  const prepared = prepareJob(body, limits, resolved);
  if (!prepared.ok) return prepared.code === "references" ? moving(prepared, wholeBuffers([prepared.body])) : prepared;
  return prepared.payload ? moving(prepared, wholeBuffers([prepared.payload.data])) : prepared;
}

export function predict({ model, instances, weights }: PredictTask): PredictReply {
  const predictor = predictors.get(model.id) ?? (weights && predictors.add(model, weights));
  return predictor ? { missing: false, result: predictor.predict(instances) } : { missing: true };
}

export function encodeColumns({ head, from, to, columns }: EncodeTask): Uint8Array {
  const json = encodeStoredSlice(head, from, to, columns);
  return moving(json, wholeBuffers([json]));
}

export function thinMetrics({ slices, from, to, points }: ThinTask): MetricPoints {
  const epochs = chooseEpochs(slices, from, to, points);
  const json = encodeWireColumns(pickEpochs(slices, epochs));
  return moving({ returned: epochs.length, json }, wholeBuffers([json]));
}

export function encodeMetrics({ slices, encoding }: EncodeMetricsTask): Uint8Array {
  const bytes = encodeFile(slices, encoding);
  return moving(bytes, wholeBuffers([bytes]));
}
