/**
 * What every use case is given: the store, and the world behind the ports of domain/ports.ts. main.ts builds it once. What is done for a
 * request is given the dependencies of its project.
 */
import type { UploadSpool } from "../domain/datasets/upload.ts";
import type { JobQueue } from "../domain/jobs/queue.ts";
import type { ServiceLimits } from "../domain/limits.ts";
import type { Bus, ComputePool, TrainingPool } from "../domain/ports.ts";
import type { ProjectStore, Store } from "../domain/store/store.ts";
import { createFrames, type Frames } from "./metrics/frames.ts";

/** The part of a pino logger that the use cases need: fields first, then the sentence. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Dependencies {
  readonly store: Store;
  readonly queue: JobQueue;
  readonly bus: Bus;
  readonly computePool: ComputePool;
  readonly trainingPool: TrainingPool;
  readonly uploadSpool: UploadSpool;
  readonly limits: ServiceLimits;
  readonly log: Log;
}

export interface Services extends Dependencies {
  /** Encoded events, shared by all readers of all jobs. */
  readonly frames: Frames;
}

/** The world as one project has it: of the store, its own records alone. */
export interface ProjectServices extends Omit<Services, "store" | "trainingPool"> {
  readonly store: ProjectStore;
}

/** Adds to the world what the use cases share among themselves. */
export function createServices(dependencies: Dependencies): Services {
  return { ...dependencies, frames: createFrames(dependencies) };
}

/** What is done for a project is done in this world. */
export function servicesOf(services: Services, project: string): ProjectServices {
  const { trainingPool: _, ...shared } = services;
  return {
    ...shared,
    store: services.store.ofProject(project),
    computePool: services.computePool.ofProject(project),
    uploadSpool: services.uploadSpool.ofProject(project),
  };
}
