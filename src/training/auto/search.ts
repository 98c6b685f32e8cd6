/**
 * Searches for the model of a job without a network: trains candidates on folds, one after the other, selects a weighted average by
 * predictions of rows that its networks have not seen, and describes it as one model. An epoch of the job is a candidate. A function of
 * spec, rows and seed, except for `max_seconds` of the search.
 */
import type { CheckpointReason, NewCheckpoint } from "../../domain/jobs/checkpoint.ts";
import type { JobMetrics } from "../../domain/jobs/job.ts";
import type { Series } from "../../domain/metrics/metric.ts";
import type { SearchResult } from "../../domain/models/search.ts";
import type { TrainedModel, TrainingResult, TrainingRun } from "../../domain/ports.ts";
import { isGreaterBetterInSearch } from "../../domain/spec/auto-options.ts";
import { isSearch, type SearchSpec } from "../../domain/spec/spec.ts";
import { appendTensors, elementCount, type TensorSet } from "../../domain/tensor.ts";
import { type JobData, loadData } from "../data/data.ts";
import type { Fold } from "../data/folds.ts";
import { takeRows } from "../data/table.ts";
import { evaluateModel } from "../evaluate/evaluate-model.ts";
import { decide } from "../evaluate/threshold.ts";
import { shareTrainings } from "../many/shared-trainings.ts";
import { sha256Of } from "../prepare/digest.ts";
import { receiptOf } from "../prepare/receipt.ts";
import { createCheckpointSchedule } from "../run/checkpoint-schedule.ts";
import { LOSS_ACTIVATION } from "../run/network.ts";
import { createRecorder } from "../run/recorder.ts";
import type { RunControl } from "../run/run-control.ts";
import { averageOf } from "./average.ts";
import { candidatesNamed, keptCandidates, type SearchShape, searchWork } from "./candidates.ts";
import { featureKinds, plainFeatures } from "./feature-views.ts";
import { type FoldLine, fitFoldLine } from "./fold-lines.ts";
import { searchFolds } from "./folds.ts";
import { targetUnits } from "./learned-targets.ts";
import { metricOf, probabilitiesOf, unitOf } from "./objective.ts";
import { evaluateOutOfFold } from "./out-of-fold.ts";
import {
  addTrial,
  decodeSearch,
  EMPTY_STATE,
  encodeSearch,
  type SearchState,
  stateTensors,
  type TrainedCandidate,
  type Trial,
} from "./search-state.ts";
import { type Average, averageOfState, crossFittedOutputs } from "./selected-average.ts";
import { trialSeed } from "./trial-seed.ts";
import { createTrialTrainer, type Search, scalingsOf, type TrainedFold, type TrialTrainer } from "./trial-training.ts";

/** Runs a search to its end, from its start or from a checkpoint. Throws only on bugs. */
export function search(run: SearchRun, control: RunControl): TrainingResult {
  const { job, checkpoint } = run;
  const { spec } = job;
  const found = begin(spec, job.classes, loadData(run));
  const start = checkpoint && decodeSearch(checkpoint.progress, checkpoint.tensors);
  const begun = performance.now();
  const seconds = () => (start?.seconds ?? 0) + (performance.now() - begun) / 1000;
  const ended = () => control.cancelled() || control.stopping() !== null || seconds() > spec.max_seconds;
  const lines = new Map<number, readonly FoldLine[]>();
  const progress = createProgress(found, { control, epochsDone: job.epochsDone, start, seconds, lines });
  const first = progress.trials() + 1;
  const last = found.candidates.length;
  const isLong = searchWork(found.candidates, found.shape, found.folds.length) > MIN_SHARED_WORK;
  const assistants = isLong ? (control.assistants?.(run) ?? null) : null;
  const trainer = createTrialTrainer(found, () => {
    shared.poll();
    return ended();
  });
  const parts = partsOf(found, trainer, lines);
  const shared = shareTrainings<unknown>(
    { first: (first - 1) * parts.each + 1, last: last * parts.each, assistants, most: () => 1, ahead: () => 1 },
    parts.train,
    ended,
  );
  try {
    for (let number = first; number <= last; number++) {
      const { max_seconds } = spec.model.auto;
      if (number > 1 && max_seconds !== null && seconds() > max_seconds) break;
      const trained = parts.join(number, (part) => shared.take(part));
      if (!trained) return progress.interrupted(control);
      progress.add(trained);
    }
  } finally {
    shared.close();
  }
  return progress.finished();
}

/** The run of a job whose network is searched for. */
export type SearchRun = TrainingRun & { readonly job: { readonly spec: SearchSpec } };

/** Multiply-adds of a search from which starting another thread is worthwhile. */
const MIN_SHARED_WORK = 5e9;

/** The unit that one thread trains at a time, by numbers from 1. */
interface SearchParts {
  /** Parts of a candidate. */
  readonly each: number;
  /** Trains a part; null when the search has ended in the meantime. */
  train(part: number): unknown;
  /** Makes a candidate of its parts, which `take` returns in order; null if it returns null. */
  join(number: number, take: (part: number) => unknown): TrainedCandidate | null;
}

/**
 * The unit is a fold in an audit and a whole candidate in other searches. An audit has few candidates, of one network that each thread
 * compiles once; networks of a search would be compiled by both threads. The folds of an audit come with their straight lines, which are
 * kept in `lines` by the number of the candidate.
 */
function partsOf(found: Search, { trainFold, assemble }: TrialTrainer, lines: Map<number, readonly FoldLine[]>): SearchParts {
  const { spec, folds, foldsOf } = found;
  if (!spec.model.auto.audit)
    return {
      each: 1,
      train: (number) => assemble(number, (index) => trainFold(number, index)),
      join: (number, take) => take(number) as TrainedCandidate | null,
    };
  const each = folds.length;
  return {
    each,
    train(part): AuditedFold | null {
      const [number, index] = [Math.ceil(part / each), (part - 1) % each];
      const trained = trainFold(number, index);
      return trained && { trained, line: fitFoldLine(found, foldsOf(number)[index] as Fold) };
    },
    join(number, take) {
      // Take all of them, in order, even after one that diverged.
      const taken = folds.map((_, index) => take((number - 1) * each + index + 1) as AuditedFold | null);
      if (taken.every((fold) => fold !== null))
        lines.set(
          number,
          taken.map(({ line }) => line),
        );
      return assemble(number, (index) => taken[index]?.trained ?? null);
    },
  };
}

/** A fold of an audit, with the straight line that is fitted on the same rows. */
interface AuditedFold {
  readonly trained: TrainedFold;
  readonly line: FoldLine;
}

/** Creates the function by which another thread trains parts of a search, by their numbers. Throws an Error if the network is given. */
export function createPartTrainer(run: TrainingRun): (part: number) => unknown {
  const { spec, classes } = run.job;
  if (!isSearch(spec)) throw new Error("the network of this job is given");
  const found = begin(spec, classes, loadData(run));
  return partsOf(
    found,
    createTrialTrainer(found, () => false),
    new Map(),
  ).train;
}

interface ProgressOptions {
  readonly control: RunControl;
  readonly epochsDone: number;
  readonly start: ReturnType<typeof decodeSearch>;
  readonly seconds: () => number;
  /** Straight lines that are already fitted, by the number of a candidate. */
  readonly lines: ReadonlyMap<number, readonly FoldLine[]>;
}

/** Creates the state of a search: its trained candidates, their best average, its epochs and checkpoints. */
function createProgress(found: Search, { control, epochsDone, start, seconds, lines }: ProgressOptions) {
  const { spec, candidates } = found;
  let state = start?.state ?? EMPTY_STATE;
  let average = averageOfState(found, state);
  let saved = state.trials.length;
  const recorder = createRecorder(["loss", "val_loss", "epoch_ms"], "val_loss", epochsDone, control.report, {
    epoch: state.trials.length,
    metrics: start?.metrics ?? null,
    kept: null,
  });
  const schedule = createCheckpointSchedule(spec.checkpoint, control.storing);
  const save = (reason: CheckpointReason) => {
    if (!average) return;
    recorder.flush(true);
    const model = modelOf(found, average);
    control.save({
      epoch: recorder.epoch,
      step: 0,
      tensors: appendTensors(model.weights, stateTensors(state)),
      progress: encodeSearch(state, recorder.metrics(), seconds()),
      reason,
      isBest: recorder.isLowest(),
      model: model.described,
    });
    schedule.written();
    saved = state.trials.length;
  };
  return {
    trials: () => state.trials.length,
    /** Takes the next candidate, reports it as an epoch, and writes a checkpoint if one is due. */
    add({ trial, networks }: TrainedCandidate): void {
      state = addTrial(state, trial, networks, keptCandidates(spec.model.auto));
      average = averageOfState(found, state);
      const values = new Map<Series, Float64Array>([
        ["loss", Float64Array.of(trial.value ?? Number.NaN)],
        ["val_loss", Float64Array.of(average?.value ?? Number.NaN)],
      ]);
      recorder.record(values, 1, trial.seconds * 1000);
      recorder.flush(true);
      if (recorder.epoch === candidates.length) return;
      if (schedule.isDueAt(recorder.epoch)) {
        control.settle();
        save("interval");
      } else if (schedule.isDue()) save("interval");
    },
    /** Returns the result of a search that was cancelled or stopped, or took too long. */
    interrupted({ cancelled, stopping }: RunControl): TrainingResult {
      const reason = stopping();
      if (cancelled()) return { state: "cancelled", metrics: recorder.metrics() };
      if (reason) {
        if (state.trials.length > saved) save(reason);
        return { state: "stopped", metrics: recorder.metrics() };
      }
      recorder.flush(true);
      const detail = `training took longer than max_seconds, ${spec.max_seconds}`;
      return { state: "failed", metrics: recorder.metrics(), error: { code: "timeout", detail, epoch: recorder.epoch + 1 } };
    },
    /**
     * Returns the result of a search that has trained all its candidates; if it was cancelled or stopped in the meantime, as `interrupted`
     * does.
     */
    finished(): TrainingResult {
      recorder.flush(true);
      const metrics = recorder.finished() as JobMetrics;
      if (average) return finish(found, state, average, { metrics, control, lines }) ?? this.interrupted(control);
      const detail = "no candidate ended with finite weights: look for extreme values in the data";
      return { state: "failed", metrics, error: { code: "diverged", detail, epoch: null } };
    },
  };
}

function begin(spec: SearchSpec, classes: readonly string[], data: JobData): Search {
  const { train, preprocessing } = data;
  const { auto } = spec.model;
  const outputs = classes.length > 2 ? classes.length : classes.length === 2 ? 1 : train.targetWidth;
  const features = preprocessing ? featureKinds(preprocessing.columns) : plainFeatures(train.featureWidth);
  const units = targetUnits(train, scalingsOf(data), classes.length);
  const shape: SearchShape = { task: spec.task, rows: train.rows, counts: units.counts, outputs, features };
  const folds = searchFolds(train, data.dealtBy, classes.length, auto, spec.seed);
  const foldsOf = (number: number) =>
    auto.audit && number > 1
      ? searchFolds(train, data.dealtBy, classes.length, auto, trialSeed(spec.seed, number, auto.folds))
      : folds;
  const heldOut = takeRows(
    train,
    folds.flatMap(({ validation }) => [...validation]),
  );
  return {
    spec,
    classes,
    data,
    units,
    shape,
    candidates: candidatesNamed(auto.candidates, shape, spec.seed),
    folds,
    foldsOf,
    heldOut,
    answers: { rows: heldOut.rows, width: outputs, targets: heldOut.targets, weights: heldOut.weights },
  };
}

/** Describes the average as a model, with its weights. */
function modelOf(
  { spec, classes, data, shape, folds, answers }: Search,
  { members, outputs }: Average,
): { readonly described: NewCheckpoint["model"]; readonly weights: TensorSet } {
  const { layers, weights } = averageOf(members, [...folds.keys()], shape.features, shape.outputs);
  const described: NewCheckpoint["model"] = {
    task: spec.task,
    preprocessing: data.preprocessing,
    inputWidth: data.train.featureWidth,
    outputWidth: shape.outputs,
    classes,
    layers,
    activation:
      spec.task === "regression" ? "none" : LOSS_ACTIVATION[shape.outputs === 1 ? "bce_with_logits" : "cross_entropy"],
    ...decide(spec.decision, () => ({ probabilities: probabilitiesOf(outputs, answers.width), labels: answers.targets })),
    parameters: weights.entries.reduce((total, { shape }) => total + elementCount(shape), 0),
    weights: weights.entries,
    sha256: sha256Of(weights.data),
    receipt: receiptOf(spec),
  };
  return { described, weights };
}

/** Evaluates the average, and returns it as the model of the job; null if it was cancelled or stopped in the meantime. */
function finish(
  found: Search,
  state: SearchState,
  average: Average,
  { metrics, control, lines }: Pick<ProgressOptions, "control" | "lines"> & { readonly metrics: JobMetrics },
): TrainingResult | null {
  const { described, weights } = modelOf(found, average);
  const { data, spec } = found;
  const { length } = state.trials;
  const isAudit = spec.model.auto.audit === true;
  // A candidate that diverged has no networks, and says nothing about a label.
  const cuts = isAudit
    ? state.networks.map(({ trial }) => ({ folds: found.foldsOf(trial), lines: lines.get(trial) ?? [] }))
    : [{ folds: found.folds, lines: [] }];
  const hasHeldOut = data.validation !== null || data.test !== null;
  const expected = crossFittedOutputs(found, state);
  const finished = hasHeldOut
    ? evaluateModel(described, weights, data, spec.seed)
    : evaluateOutOfFold(
        { ...found, features: found.shape.features, members: average.members, outputs: expected, cuts, isAudit },
        described,
        weights,
        () => control.cancelled() || control.stopping() !== null,
      );
  if (!finished || control.cancelled()) return null;
  const { evaluation, score, conformal } = finished;
  const result = { score, ...(conformal && { conformal }), search: searchResult(found, state, average, expected) };
  const model: TrainedModel = { ...described, ...result };
  const reason = isAudit
    ? `the rows are cut into folds ${cuts.length === 1 ? "once" : `${cuts.length} times`}, and each label is compared with predictions of networks that were not trained on it`
    : `${length} candidates are trained, ${average.members.length} of them are served as one model`;
  return { state: "succeeded", metrics, reason, model, weights, evaluation };
}

/** The leaderboard, best first. `expected` are the outputs by which the average is scored. */
function searchResult(
  { spec, answers, data }: Search,
  { trials }: SearchState,
  average: Average,
  expected: Float32Array,
): SearchResult {
  const { metric, folds } = spec.model.auto;
  const scalings = scalingsOf(data);
  const unit = unitOf(metric, scalings);
  const inUnits = (score: number | null) => (score === null ? null : score * unit);
  const direction = isGreaterBetterInSearch(metric) ? -1 : 1;
  const rank = ({ score }: Trial) => (score === null ? Number.POSITIVE_INFINITY : direction * score);
  const ranked = [...trials].sort((a, b) => rank(a) - rank(b) || a.number - b.number);
  return {
    metric,
    folds,
    score: inUnits(metricOf(metric, scalings)(expected, answers)),
    temperature: average.temperature,
    candidates: ranked.map(({ number, name, score, epochs, parameters, seconds }) => ({
      trial: number,
      name,
      score: inUnits(score),
      weight: average.shares.get(number) ?? 0,
      epochs,
      parameters,
      seconds: Math.round(seconds * 1000) / 1000,
    })),
  };
}
