/**
 * The transactions of every job and of every monitored window, by name, so that one message can run a whole transaction in a database
 * thread (sqlite/sqlite-thread.ts). A job has four of them, with some 40 statements, each of which would be a message there and one back.
 */
import type { Kysely } from "kysely";
import type { TensorSet } from "../../domain/tensor.ts";
import type { Tables } from "../tables.ts";
import { writeDueValues } from "./jobs/due-values.ts";
import { appendMetrics } from "./jobs/events.ts";
import { finishJob, insertJob, transitionJob } from "./jobs/jobs.ts";
import { claimJob } from "./jobs/queue.ts";
import { keepAskedRows } from "./monitoring/asked-rows.ts";
import { addCounts, judgeWindow } from "./monitoring/monitors.ts";
import { claimChunk } from "./sweeps/chunks.ts";

/** Arguments and results can be posted to another thread, except callbacks: databases with callbacks run in this one. */
export const PROCEDURES = {
  addCounts,
  appendMetrics,
  claimChunk,
  claimJob,
  finishJob,
  insertJob,
  judgeWindow,
  keepAskedRows,
  transitionJob,
  writeDueValues,
} as const;

export type ProcedureName = keyof typeof PROCEDURES;

type Procedures = typeof PROCEDURES;

type ArgumentsOf<Name extends ProcedureName> = Procedures[Name] extends (db: Kysely<Tables>, ...args: infer Rest) => unknown
  ? Rest
  : never;

export type ResultOf<Name extends ProcedureName> = Awaited<ReturnType<Procedures[Name]>>;

/** The connections that procedures run on. */
export type ProcedureConnection = "writer" | "insertWriter";

/** Runs a procedure on a connection. Throws what the procedure throws. */
export type CallProcedure = <Name extends ProcedureName>(
  on: ProcedureConnection,
  name: Name,
  ...args: ArgumentsOf<Name>
) => Promise<ResultOf<Name>>;

/** The bytes of tensors among the arguments of a procedure, which are copied for another thread. */
export function tensorBytes<Name extends ProcedureName>(name: Name, args: ArgumentsOf<Name>): number {
  return (
    (TENSORS[name] as ((...args: readonly unknown[]) => TensorSet | null) | undefined)?.(...args)?.data.buffer.byteLength ?? 0
  );
}

const TENSORS: { readonly [Name in ProcedureName]?: (...args: ArgumentsOf<Name>) => TensorSet | null } = {
  insertJob: (_project, { payload }) => payload,
  finishJob: (_id, _attempt, _to, outcome) => (outcome.state === "succeeded" ? outcome.weights : null),
};

/** Runs procedures statement by statement, on connections of this thread. */
export function callHere(databases: Readonly<Record<ProcedureConnection, Kysely<Tables>>>): CallProcedure {
  return (on, name, ...args) => procedure(name)(databases[on], ...args) as Promise<ResultOf<typeof name>>;
}

/** Wraps a procedure as a function with the caller's types. */
export function procedure(name: ProcedureName): (db: Kysely<Tables>, ...args: readonly unknown[]) => Promise<unknown> {
  return PROCEDURES[name] as (db: Kysely<Tables>, ...args: readonly unknown[]) => Promise<unknown>;
}
