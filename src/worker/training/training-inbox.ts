/** Passes the messages of a run's port to its observer, in order. Knows neither threads nor how a run ends. */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { NewCheckpoint } from "../../domain/jobs/checkpoint.ts";
import type { MetricChunk } from "../../domain/metrics/metric.ts";
import type { TrainingObserver } from "../../domain/ports.ts";
import type { Invitation } from "../../training/run/team.ts";
import { CONTROL, type TrainMessage } from "../protocol.ts";

/** The last message of a run. */
export type EndMessage = Exclude<TrainMessage, { kind: "chunk" | "checkpoint" | "team" | "fault" }>;

export interface TrainingInbox {
  /** Resolves with the last message, once all messages before it were handled. */
  readonly end: Promise<EndMessage>;
  /** Handles the messages that a thread sent before it crashed. */
  drain(): Promise<void>;
}

/**
 * Opens the inbox of a run. Passes chunks on one at a time, and a checkpoint after the chunks before it, but without blocking
 * those after it, since storing a checkpoint may take seconds. The observer must not reject.
 */
export function openInbox(
  port: MessagePort,
  control: Int32Array<SharedArrayBuffer>,
  { onEpochs, onCheckpoint }: Pick<TrainingObserver, "onEpochs" | "onCheckpoint">,
  onTeam: (invitation: Invitation) => void,
  onFault: (error: unknown) => void,
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
  const handle = (message: TrainMessage): void => {
    if (message.kind === "chunk") {
      reported = reported.then(() => report(message.chunk));
    } else if (message.kind === "checkpoint") {
      stored = Promise.all([reported, stored]).then(() => store(message.checkpoint));
    } else if (message.kind === "team") {
      onTeam(message.invitation);
    } else if (message.kind === "fault") {
      onFault(message.error);
    } else {
      reported = Promise.all([reported, stored]).then(() => end.resolve(message));
    }
  };
  port.on("message", handle);
  return {
    end: end.promise,
    async drain() {
      for (let entry = receiveMessageOnPort(port); entry; entry = receiveMessageOnPort(port)) handle(entry.message);
      await Promise.all([reported, stored]);
    },
  };
}
