/** Every message between the main thread and the threads that train, prepare and predict. Types, and the layout of shared memory. */

import type { MessagePort } from "node:worker_threads";
import type { DatasetRows } from "../domain/datasets/dataset.ts";
import type { NewCheckpoint } from "../domain/jobs/checkpoint.ts";
import type { Limits } from "../domain/limits.ts";
import type { Rows } from "../domain/metrics/downsampling.ts";
import type { MetricChunk } from "../domain/metrics/metric.ts";
import type { Model } from "../domain/models/model.ts";
import type { RowBlock, StreamOptions } from "../domain/models/prediction.ts";
import type { Draft, MetricPoints, MetricsEncoding, Resolved, TrainingResult, TrainingRun } from "../domain/ports.ts";
import type { TensorSet } from "../domain/tensor.ts";

/**
 * Int32 cells that both sides of a run see. A training thread never returns to its event loop while it trains, so it is
 * told things through shared memory.
 */
export const CONTROL = {
  /** 1: end at once. Set by the main side. */
  cancelled: 0,
  /** Chunks that the main side has dealt with. Notified when it grows, and when a cancel comes. */
  acknowledged: 1,
  /** Place in STOP_REASONS, from 1: write a checkpoint and end. 0: go on. Set by the main side. */
  stop: 2,
  /** Checkpoints that the main side has dealt with. */
  stored: 3,
  /** Grows as long as the thread is alive and well. */
  heartbeat: 4,
} as const;
export const CONTROL_BYTES = Object.keys(CONTROL).length * Int32Array.BYTES_PER_ELEMENT;

/** Why a run is asked to write a checkpoint and end. */
export const STOP_REASONS = ["pause", "stop"] as const;

/** A thread that has sent this many chunks more than were acknowledged waits. */
export const MAX_PENDING_CHUNKS = 4;

/** To a training thread. */
export interface TrainTask {
  readonly run: TrainingRun;
  readonly control: Int32Array<SharedArrayBuffer>;
  /** Where the thread posts TrainMessages. Their order is kept: the result comes after every chunk. */
  readonly port: MessagePort;
}

/** From a training thread. */
export type TrainMessage =
  | { readonly kind: "chunk"; readonly chunk: MetricChunk }
  /** Comes after every chunk of the epochs before it. */
  | { readonly kind: "checkpoint"; readonly checkpoint: NewCheckpoint }
  | { readonly kind: "result"; readonly result: TrainingResult }
  /** Nothing that training has done wrong: another attempt may come to its end. `detail`: what became of the thread. */
  | { readonly kind: "crash"; readonly detail: string }
  /** A bug: what training threw. */
  | { readonly kind: "bug"; readonly error: unknown };

/** To a compute thread; each is handled by the function that compute-thread.ts exports under its name. */
export interface PrepareTask {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly limits: Limits;
}

export interface PrepareDraftTask {
  readonly draft: Draft;
  readonly limits: Limits;
  readonly resolved: Resolved;
}

/** A task that needs a model. A model's categories may be megabytes: it is sent once, not with every task. */
export interface ModelTask {
  readonly modelId: string;
  /** Left out when the thread may have the model already. */
  readonly source?: ModelSource;
  /** Moves to the thread, and back when the thread lacks the model. */
  readonly block?: RowBlock;
}

export interface ModelSource {
  readonly model: Model;
  readonly weights: TensorSet;
}

export interface PredictRowsTask extends ModelTask {
  readonly instances: readonly unknown[];
}

export interface PredictBlockTask extends ModelTask {
  readonly block: RowBlock;
  readonly options: StreamOptions;
  /** Rows of a document at most. */
  readonly maxRows: number;
}

/** Its weights are used once: a thread compiles another program for an evaluation than for predictions. */
export interface EvaluateTask {
  readonly source: ModelSource;
  readonly dataset: DatasetRows;
}

export interface ShowRowsTask {
  readonly run: TrainingRun;
  readonly limit: number;
}

/** `missing`: send the task again, with the model, and with the block that comes back if there was one. */
export type WithModel<Result> =
  | { readonly missing: true; readonly block: RowBlock | undefined }
  | { readonly missing: false; readonly result: Result };

export interface EncodeTask {
  readonly head: string;
  readonly from: number;
  readonly to: number;
  readonly columns: Uint8Array<ArrayBuffer>;
}

export interface ReadModelTask {
  readonly file: Uint8Array<ArrayBuffer>;
  readonly architecture: string | undefined;
  readonly limits: Limits;
}

export interface EncodeMetricsTask {
  readonly chunks: readonly MetricChunk[];
  readonly encoding: MetricsEncoding;
}

export interface DownsampleTask {
  readonly chunks: readonly Rows[];
  readonly from: number;
  readonly to: number;
  readonly points: number;
  /** Points of the epochs before, which come first. */
  readonly earlier: MetricPoints | null;
}
