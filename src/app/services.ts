/**
 * The dependencies of every use case: the store, and the ports of domain/ports.ts. The server builds them once. A use case that
 * serves a request gets the dependencies of its project.
 */
import type { UploadSpool } from "../domain/datasets/upload.ts";
import type { JobQueue } from "../domain/jobs/queue.ts";
import type { ServiceLimits } from "../domain/limits.ts";
import { NO_TRACING, type Tracing } from "../domain/operation/tracing.ts";
import type { Bus, ComputePool, TrainingPool } from "../domain/ports.ts";
import type { SourceFetcher } from "../domain/sources/source-fetcher.ts";
import type { ProjectStore, Store } from "../domain/store/store.ts";
import { createImportsUnderWay, type ImportsUnderWay } from "./datasets/imports-under-way.ts";
import { createFrames, type Frames } from "./metrics/frames.ts";
import { type BackgroundCache, createBackgroundCache } from "./models/background-cache.ts";

/** The part of a pino logger that the use cases need: fields first, then the sentence. */
export interface Log {
  debug(fields: object, message: string): void;
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
  readonly sources: SourceFetcher;
  readonly limits: ServiceLimits;
  readonly log: Log;
  /** Without it, nothing is traced. */
  readonly tracing?: Tracing;
}

export interface Services extends Dependencies {
  readonly tracing: Tracing;
  /** Encoded events, shared by all readers of all jobs. */
  readonly frames: Frames;
  /** Background rows of the models explained last. */
  readonly backgrounds: BackgroundCache;
  readonly importsUnderWay: ImportsUnderWay;
}

/** The dependencies of one project: its store sees the records of this project only. */
export interface ProjectServices extends Omit<Services, "store" | "trainingPool"> {
  readonly store: ProjectStore;
}

/** Adds to the dependencies what the use cases share among themselves. */
export function createServices(dependencies: Dependencies): Services {
  return {
    tracing: NO_TRACING,
    ...dependencies,
    frames: createFrames(dependencies),
    backgrounds: createBackgroundCache(),
    importsUnderWay: createImportsUnderWay(),
  };
}

/** Returns the dependencies of a project. */
export function servicesOf(services: Services, project: string): ProjectServices {
  const { trainingPool: _, ...shared } = services;
  return {
    ...shared,
    store: services.store.ofProject(project),
    computePool: services.computePool.ofProject(project),
    uploadSpool: services.uploadSpool.ofProject(project),
  };
}
