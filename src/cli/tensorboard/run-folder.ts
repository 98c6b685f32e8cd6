/**
 * One job in TensorBoard's folder: a run with its options, and the runs `train` and `validation` below it with the same tags, so that
 * TensorBoard draws both into one chart.
 */
import { join } from "node:path";
import type { Job, Metrics } from "../../client/index.ts";
import { encodeScalars } from "../../formats/metrics/tensorboard.ts";
import { encodeSessionEnd, encodeSessionStart, type SessionEnd } from "../../formats/metrics/tensorboard-hparams.ts";
import { type RunningSpan, ranUntil, runningSpans, wallClock } from "../../formats/metrics/wall-time.ts";
import { openEventWriter } from "./event-writer.ts";

const VALIDATION = /^val_/;
/** Maximum length of a folder's name before the end of the job's id, in characters, and in bytes of UTF-8: file systems allow 255. */
const MAX_NAME = 80;
const MAX_NAME_BYTES = 160;
/** Digits of a job's id in the name of its folder. */
const ID_DIGITS = 8;

/** The name of a job in TensorBoard: its name with the characters that a folder allows, and the end of its id, because names repeat. */
export function runName({ id, name }: Pick<Job, "id" | "name">): string {
  let plain = "";
  for (const character of [...name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-")].slice(0, MAX_NAME)) {
    if (Buffer.byteLength(plain + character) > MAX_NAME_BYTES) break;
    plain += character;
  }
  return `${plain.replace(/^[.-]+/, "") || "job"}-${id.slice(-ID_DIGITS)}`;
}

export interface RunFolder {
  /** The last written epoch; 0 before the first. */
  readonly epoch: number;
  /** Whether the end of the job is written. */
  readonly isEnded: boolean;
  /** Appends new epochs. */
  append(metrics: Pick<Metrics, "epochs" | "series">, job: Job): Promise<void>;
  /** Writes that the job has ended. */
  end(how: SessionEnd, job: Job): Promise<void>;
}

/** Opens the folder of a job in a directory, and continues what an earlier process has written there. */
export async function openRunFolder(directory: string, job: Job, nowMs: number): Promise<RunFolder> {
  const folder = join(directory, runName(job));
  const session = await openEventWriter(folder, job.id, nowMs);
  const startedAtMs = Date.parse(job.started_at ?? job.created_at);
  const train = await openScalars(join(folder, "train"), job.id, nowMs, startedAtMs);
  const validation = await openScalars(join(folder, "validation"), job.id, nowMs, startedAtMs);
  let isStarted = session.last !== null;
  // Only the record of a session's end has a later time than its start.
  let isEnded = session.last !== null && session.last.wallTimeMs > startedAtMs + 0.5;
  const start = async () => {
    if (isStarted) return;
    isStarted = true;
    await session.append(encodeSessionStart(job.spec, startedAtMs), startedAtMs);
  };
  return {
    get epoch() {
      // Without validation rows nothing is ever written there; a process may have been killed between the two files.
      return validation.epoch === 0 ? train.epoch : Math.min(train.epoch, validation.epoch);
    },
    get isEnded() {
      return isEnded;
    },
    async append({ epochs, series }, { transitions = [] }) {
      await start();
      const changes = transitions.map(({ state, at }) => ({ state, atMs: Date.parse(at) }));
      const spans = runningSpans(changes, startedAtMs);
      const durations = (series.epoch_ms ?? epochs.map(() => 0)).map(Number);
      const columns = Object.entries(series).map(([name, values]) => [name, values.map(Number)] as const);
      const heldOut = columns.filter(([name]) => VALIDATION.test(name));
      // First the one that may be missing.
      await validation.append(
        epochs,
        durations,
        spans,
        heldOut.map(([name, values]) => [name.replace(VALIDATION, ""), values]),
      );
      await train.append(
        epochs,
        durations,
        spans,
        columns.filter(([name]) => !VALIDATION.test(name)),
      );
    },
    async end(how, ended) {
      await start();
      isEnded = true;
      const endedAtMs = Math.max(Date.parse(ended.finished_at ?? ended.created_at), startedAtMs + 1);
      await session.append(encodeSessionEnd(how, endedAtMs), endedAtMs);
    },
  };
}

type Columns = readonly (readonly [tag: string, values: readonly number[]])[];

/** The run of one part of a job's rows. */
async function openScalars(folder: string, jobId: string, nowMs: number, startedAtMs: number) {
  const writer = await openEventWriter(folder, jobId, nowMs);
  let { step: epoch, wallTimeMs } = writer.last ?? { step: 0, wallTimeMs: startedAtMs };
  return {
    get epoch() {
      return epoch;
    },
    /** Appends the epochs after the last written one. An epoch takes as long as the one before it says. */
    async append(epochs: readonly number[], durationsMs: readonly number[], spans: readonly RunningSpan[], columns: Columns) {
      const first = epochs.findIndex((number) => number > epoch);
      if (first < 0 || columns.length === 0) return;
      const rest = epochs.slice(first);
      const from = wallTimeMs;
      const wallTimeAt = wallClock(spans);
      let ranMs = ranUntil(spans, wallTimeMs);
      const wallTimesMs = rest.map((number, index) => {
        ranMs += (number - epoch) * (durationsMs[first + index] as number);
        epoch = number;
        wallTimeMs = Math.max(wallTimeMs, wallTimeAt(ranMs));
        return wallTimeMs;
      });
      const after = columns.map(([tag, values]) => [tag, values.slice(first)] as const);
      await writer.append(encodeScalars({ epochs: rest, wallTimesMs, columns: after }), from);
    },
  };
}
