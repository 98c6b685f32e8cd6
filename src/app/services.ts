/**
 * What every use case is given: the world behind the ports of domain/ports.ts. main.ts builds it once. What is done for a
 * request is given the world of its project.
 */
import type { Intake } from "../domain/datasets/upload.ts";
import type { JobQueue } from "../domain/jobs/queue.ts";
import type { ServiceLimits } from "../domain/limits.ts";
import type { Bus, Desk, ProjectStore, Store, Trainers } from "../domain/ports.ts";
import { createFrames, type Frames } from "./metrics/frames.ts";

/** The part of a pino logger that the use cases need: fields first, then the sentence. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface World {
  readonly store: Store;
  readonly queue: JobQueue;
  readonly bus: Bus;
  readonly desk: Desk;
  readonly trainers: Trainers;
  readonly intake: Intake;
  readonly limits: ServiceLimits;
  readonly log: Log;
}

export interface Services extends World {
  /** Encoded events, shared by all readers of all jobs. */
  readonly frames: Frames;
}

/** The world as one project has it: of the store, its own records alone. */
export interface ProjectServices extends Omit<Services, "store" | "trainers"> {
  readonly store: ProjectStore;
}

/** Adds to the world what the use cases share among themselves. */
export function createServices(world: World): Services {
  return { ...world, frames: createFrames(world) };
}

/** What is done for a project is done in this world. */
export function servicesOf(services: Services, project: string): ProjectServices {
  const { trainers: _, ...shared } = services;
  return { ...shared, store: services.store.ofProject(project) };
}
