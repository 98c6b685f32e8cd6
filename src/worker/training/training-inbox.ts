/** What comes through a run's port, handed on in order. Knows nothing of threads and of how a run ends. */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { NewCheckpoint } from "../../domain/jobs/checkpoint.ts";
import type { MetricChunk } from "../../domain/metrics/metric.ts";
import type { TrainingObserver } from "../../domain/ports.ts";
import { CONTROL, type TrainMessage } from "../protocol.ts";

/** A run's last message. */
export type EndMessage = Exclude<TrainMessage, { kind: "chunk" | "checkpoint" }>;

export interface TrainingInbox {
  /** The last message, once everything before it was dealt with. */
  readonly end: Promise<EndMessage>;
  /** Deals with what a thread had still sent when it died. */
  drain(): Promise<void>;
}

/**
 * Chunks are handed on one at a time; a checkpoint after the chunks before it, and without holding up those after it, since
 * it may take seconds to store. The observer must not reject.
 */
export function openInbox(
  port: MessagePort,
  control: Int32Array<SharedArrayBuffer>,
  { onEpochs, onCheckpoint }: Pick<TrainingObserver, "onEpochs" | "onCheckpoint">,
): TrainingInbox {
  const end = Promise.withResolvers<EndMessage>();
  let reported: Promise<unknown> = Promise.resolve();
  let stored: Promise<unknown> = Promise.resolve();
  const report = async (chunk: MetricChunk): Promise<void> => {
    await onEpochs(chunk);
    Atomics.add(control, CONTROL.acknowledged, 1);
    Atomics.notify(control, CONTROL.acknowledged);
  };
  const store = async (checkpoint: NewCheckpoint): Promise<void> => {
    await onCheckpoint(checkpoint);
    Atomics.add(control, CONTROL.stored, 1);
    Atomics.notify(control, CONTROL.stored);
  };
  const take = (message: TrainMessage): void => {
    if (message.kind === "chunk") {
      reported = reported.then(() => report(message.chunk));
    } else if (message.kind === "checkpoint") {
      stored = Promise.all([reported, stored]).then(() => store(message.checkpoint));
    } else {
      reported = Promise.all([reported, stored]).then(() => end.resolve(message));
    }
  };
  port.on("message", take);
  return {
    end: end.promise,
    async drain() {
      for (let entry = receiveMessageOnPort(port); entry; entry = receiveMessageOnPort(port)) take(entry.message);
      await Promise.all([reported, stored]);
    },
  };
}
