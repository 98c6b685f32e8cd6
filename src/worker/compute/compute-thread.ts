/** Entry of a compute thread. Each export handles one kind of task. */
import { deserialize, serialize } from "node:v8";
import type { Background, ChosenBackground } from "../../domain/explanations/explanation.ts";
import type { AdmittedInfluence } from "../../domain/explanations/influence.ts";
import type { AdmittedCurve } from "../../domain/explanations/learning-curve.ts";
import type { AdmittedSeeds } from "../../domain/explanations/seeds.ts";
import type { ShownRows } from "../../domain/jobs/job-rows.ts";
import type { Replay } from "../../domain/jobs/replay.ts";
import { chooseEpochs, pickEpochs } from "../../domain/metrics/downsampling.ts";
import { joinWireColumns } from "../../domain/metrics/metric.ts";
import type { ModelCardFacts } from "../../domain/model-card/facts.ts";
import type { BlockReply } from "../../domain/models/prediction.ts";
import type { FreshComparisonResult, ScoreComparisonResult } from "../../domain/models/score-comparison.ts";
import type {
  DatasetEvaluation,
  Draft,
  EncodedAnswer,
  EncodedFile,
  MetricPoints,
  ModelReading,
  PredictionResult,
  Prepared,
} from "../../domain/ports.ts";
import type { RoutedRequest } from "../../domain/protocols/routed-request.ts";
import { type BodyName, parseRequestBody, type RequestBody } from "../../domain/request-bodies.ts";
import type { JobSpec } from "../../domain/spec/spec.ts";
import { importanceOfSweep, type SweepImportance } from "../../domain/sweeps/sweep-importance.ts";
import type { SweepSpec } from "../../domain/sweeps/sweep-spec.ts";
import type { PreparedSweep, SweepDraft } from "../../domain/sweeps/trial-run.ts";
import type { Request } from "../../domain/tracking/messages.ts";
import { type RequestName, readTrackingRequest } from "../../domain/tracking/read-request.ts";
import { inferRequestOf } from "../../formats/grpc/infer-message.ts";
import { encodeModelCard as writeCard } from "../../formats/model-card/model-card.ts";
import { encodeOnnx as writeOnnx } from "../../formats/onnx/onnx.ts";
import { compareFresh as compareWithOld } from "../../training/certainty/compare-fresh.ts";
import { compareHeldOut as compareJobs, compareOnDataset as compareRows } from "../../training/certainty/compare-scores.ts";
import { showRows as show } from "../../training/data/shown-rows.ts";
import { evaluateDataset } from "../../training/evaluate/evaluate-dataset.ts";
import { chooseBackground as choose, encodeBackground as encodeRows } from "../../training/explain/background.ts";
import { admitInfluence as admit } from "../../training/influence/admit-influence.ts";
import { admitLearningCurve as admitCurve } from "../../training/learning-curve/admit-learning-curve.ts";
import { prepareJob, prepareSpec } from "../../training/prepare/prepare.ts";
import { replayStep, replaySize as sizeOfReplay } from "../../training/replay/replay.ts";
import { admitSeeds as admitOtherSeeds } from "../../training/seeds/admit-seeds.ts";
import { prepareSweep as prepareSweepBody, prepareSweepSpec } from "../../training/sweeps/prepare-sweep.ts";
import { jobOfTrial as bodyOfTrial, decodeResults, decodeSource } from "../../training/sweeps/trial-source.ts";
import type {
  AdmitCurveTask,
  AdmitInfluenceTask,
  AdmitSeedsTask,
  ChooseBackgroundTask,
  CompareFreshTask,
  CompareHeldOutTask,
  CompareOnDatasetTask,
  DownsampleTask,
  EncodeBackgroundTask,
  EncodeMetricsTask,
  EncodeOnnxTask,
  EncodeTask,
  EvaluateTask,
  ExplainTask,
  ImportanceTask,
  JobOfTrialTask,
  ModelTask,
  PartialDependenceTask,
  PredictBlockTask,
  PredictRowsTask,
  PrepareDraftTask,
  PrepareSweepDraftTask,
  PrepareSweepTask,
  PrepareTask,
  ReadBodyTask,
  ReadInferMessageTask,
  ReadModelTask,
  ReadTrackingTask,
  ReplayTask,
  ShowRowsTask,
  SizedReplay,
  WithModel,
} from "../protocol.ts";
import { type Refusable, refusable } from "../refusable.ts";
import { inBlocks, moving, wholeBuffers } from "../transfer.ts";
import { warmUpPreparing } from "../warm-up.ts";
import { decodeWireColumns, encodeStoredChunk, encodeWireColumns } from "./encode.ts";
import { encodeMetrics as encodeFile } from "./encode-metrics.ts";
import { answerDependence, answerExplained } from "./explain-rows.ts";
import { readModelFile as readFile } from "./model-file.ts";
import { predictBlock as answerBlock } from "./predict-block.ts";
import { createPredictors, type LoadedModel } from "./predictors.ts";

warmUpPreparing();
const predictors = createPredictors();

/** Prepares a job body. Returns a draft when the body refers to a data set or a model. */
export function prepare({ body, limits }: PrepareTask): Prepared | Draft {
  const prepared = prepareJob(body, limits);
  if (!("references" in prepared)) return movingPayload(prepared);
  // A spec with inline rows may have megabytes: the main thread passes it on as bytes without parsing them.
  const spec = new Uint8Array(serialize(prepared.spec));
  return moving({ ...prepared, spec }, wholeBuffers([spec]));
}

export function prepareDraft({ draft, limits, resolved }: PrepareDraftTask): Prepared {
  return movingPayload(prepareSpec(deserialize(draft.spec) as JobSpec, limits, resolved));
}

function movingPayload(prepared: Prepared): Prepared {
  return prepared.ok && prepared.payload ? moving(prepared, wholeBuffers([prepared.payload.data])) : prepared;
}

/** Prepares the body of a sweep. Returns a draft when its job refers to a data set. */
export function prepareSweep({ body, limits, keepsSource }: PrepareSweepTask): PreparedSweep | SweepDraft {
  const prepared = prepareSweepBody(body, limits);
  if (!("references" in prepared)) return movingSource(prepared, keepsSource);
  const spec = new Uint8Array(serialize(prepared.spec));
  return moving({ ...prepared, spec }, wholeBuffers([spec]));
}

export function prepareSweepDraft({ draft, limits, resolved, keepsSource }: PrepareSweepDraftTask): PreparedSweep {
  return movingSource(prepareSweepSpec(deserialize(draft.spec) as SweepSpec, limits, resolved.dataset), keepsSource);
}

function movingSource(prepared: PreparedSweep, keepsSource: boolean): PreparedSweep {
  if (!prepared.ok) return prepared;
  return keepsSource ? moving(prepared, wholeBuffers([prepared.source])) : { ...prepared, source: new Uint8Array() };
}

export function jobOfTrial({ source, spec, parameters }: JobOfTrialTask): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(bodyOfTrial(decodeSource(source), spec, parameters)));
}

export function importance({ source, spec, results }: ImportanceTask): SweepImportance {
  return importanceOfSweep(decodeSource(source).space, spec, decodeResults(results));
}

export function predictRows(task: PredictRowsTask): WithModel<PredictionResult> {
  const loaded = loadedModel(task);
  return loaded ? replyOf(loaded, loaded.predictor.predict(task.instances)) : missingModel(task);
}

export async function predictBlock(task: PredictBlockTask): Promise<WithModel<BlockReply>> {
  const loaded = loadedModel(task);
  if (!loaded) return missingModel(task);
  return replyOf(loaded, await answerBlock(loaded, task));
}

/** The reply of a thread, with its counts; bytes are transferred. */
function replyOf<Result extends { readonly ok: boolean }>({ predictor }: LoadedModel, result: Result): WithModel<Result> {
  const counted = predictor.tally?.take();
  const reply = { missing: false as const, result, ...(counted && { counted }) };
  const bytes = "bytes" in result ? [result.bytes as Uint8Array<ArrayBuffer>] : [];
  return moving(reply, wholeBuffers([...bytes, ...(counted ? [counted.counts] : [])]));
}

function loadedModel({ modelKey, source }: ModelTask): LoadedModel | undefined {
  return predictors.get(modelKey) ?? (source && predictors.add(modelKey, source.model, source.weights));
}

/** Returns the reply of a thread that lacks the model. */
function missingModel({ block }: ModelTask): WithModel<never> {
  return moving({ missing: true, block }, wholeBuffers(block ? [block.bytes] : []));
}

export function evaluate({ source: { model, weights }, dataset }: EvaluateTask): DatasetEvaluation {
  return evaluateDataset(model, weights, dataset);
}

export function chooseBackground({ run, count, seed }: ChooseBackgroundTask): ChosenBackground {
  return choose(run, count, seed);
}

export function encodeBackground({ columns, dataset, numbers }: EncodeBackgroundTask): Background {
  return encodeRows(columns, dataset, numbers);
}

export function explain(task: ExplainTask): WithModel<EncodedAnswer> {
  const loaded = loadedModel(task);
  return loaded ? replyOf(loaded, answerExplained(loaded, task)) : missingModel(task);
}

export function partialDependence(task: PartialDependenceTask): WithModel<EncodedAnswer> {
  const loaded = loadedModel(task);
  return loaded ? replyOf(loaded, answerDependence(loaded, task)) : missingModel(task);
}

export function showRows({ run, choice }: ShowRowsTask): ShownRows {
  return show(run, choice);
}

export function admitInfluence({ run, model, request }: AdmitInfluenceTask): AdmittedInfluence {
  return admit(run, model, request);
}

export function compareHeldOut({ a, b }: CompareHeldOutTask): ScoreComparisonResult {
  return compareJobs(a, b);
}

export function compareFresh({ old, fresh }: CompareFreshTask): FreshComparisonResult {
  return compareWithOld(old, fresh);
}

export function compareOnDataset({ a, b, dataset }: CompareOnDatasetTask): ScoreComparisonResult {
  return compareRows(a, b, dataset);
}

export function admitLearningCurve({ run, model, request }: AdmitCurveTask): AdmittedCurve {
  return admitCurve(run, model, request);
}

export function admitSeeds({ run, model, request }: AdmitSeedsTask): AdmittedSeeds {
  return admitOtherSeeds(run, model, request);
}

export function replaySize({ run }: Pick<ReplayTask, "run">): SizedReplay {
  const size = sizeOfReplay(run);
  const { payload, dataset } = run;
  const views = [...(dataset?.values.values() ?? []), ...(payload ? [payload.data] : [])];
  return moving({ size, payload, dataset }, wholeBuffers(views));
}

export function replay({ run, request }: ReplayTask): Refusable<Replay> {
  return refusable(() => replayStep(run, request));
}

export function readBody({ name, body }: ReadBodyTask): Refusable<RequestBody<BodyName>> {
  return refusable(() => parseRequestBody(name, body));
}

export function readInferMessage({ message }: ReadInferMessageTask): Refusable<RoutedRequest> {
  const reply = refusable(() => inferRequestOf(message));
  return reply.ok && reply.result.payload ? moving(reply, wholeBuffers([reply.result.payload])) : reply;
}

export function encodeOnnx({ model, weights }: EncodeOnnxTask): Refusable<EncodedFile> {
  const reply = refusable(() => inBlocks(writeOnnx(model, weights)));
  return reply.ok ? moving(reply, [...new Set(reply.result.pieces.map(({ buffer }) => buffer))]) : reply;
}

export function readTracking({ name, body, beside }: ReadTrackingTask): Refusable<Request<RequestName>> {
  return refusable(() => readTrackingRequest(name, body, beside));
}

export function encodeColumns({ head, from, to, columns }: EncodeTask): Uint8Array {
  const json = encodeStoredChunk(head, from, to, columns);
  return moving(json, wholeBuffers([json]));
}

export function downsampleMetrics({ chunks, from, to, points, earlier }: DownsampleTask): MetricPoints {
  const chosen = pickEpochs(chunks, chooseEpochs(chunks, from, to, points));
  const columns = earlier ? joinWireColumns(decodeWireColumns(earlier.json), chosen) : chosen;
  const json = encodeWireColumns(columns);
  return moving({ returned: columns.epochs.length, json }, wholeBuffers([json]));
}

export function readModelFile(task: ReadModelTask): ModelReading {
  const reading = readFile(task);
  return reading.ok ? moving(reading, wholeBuffers([reading.weights.data])) : reading;
}

export function encodeMetrics({ chunks, encoding }: EncodeMetricsTask): Uint8Array {
  const bytes = encodeFile(chunks, encoding);
  return moving(bytes, wholeBuffers([bytes]));
}

export function encodeModelCard(facts: ModelCardFacts): Uint8Array {
  const bytes = new TextEncoder().encode(writeCard(facts));
  return moving(bytes, wholeBuffers([bytes]));
}
