/**
 * Forgetting rows: the record of a run, which survives the process, and the receipt at its end. No cell is stored here. Rows are known by
 * their positions, and erased data has no hash: if all rows of a table but one are known, its hash confirms a guess of the last one.
 */
import { z } from "zod";

/** `retraining`: nothing is erased yet, and it can be cancelled. `erasing`: it ends by itself. */
export const FORGET_STATES = ["retraining", "erasing", "succeeded", "failed", "cancelled"] as const;
export type ForgetState = (typeof FORGET_STATES)[number];

/** States of an active run. */
export const ACTIVE_FORGETS: readonly ForgetState[] = ["retraining", "erasing"];

const id = z.string();

const forgottenTable = z
  .strictObject({
    id: id.meta({ description: "The data set with the rows, which is erased." }),
    name: z.string(),
    replaced_by: id.nullable().meta({ description: "The data set without them; null until it is stored." }),
    sha256: z.string().nullable().meta({
      description:
        "SHA-256 of the values of the data set without the rows; also null once a later run has erased that data set.",
    }),
  })
  .meta({ id: "ForgottenTable" });

const forgottenModel = z
  .strictObject({
    job: id.nullable().meta({ description: "The job that saw the rows, which is erased; null where it was deleted before." }),
    job_name: z.string(),
    model: z
      .strictObject({ id, name: z.string(), version: z.int(), aliases: z.array(z.string()) })
      .nullable()
      .meta({ description: "The model of the job, which is erased; null where it has none." }),
    retrained_as: id.nullable().meta({ description: "The job that trains it without the rows; null where there is none." }),
    replaced_by: z.strictObject({ id, name: z.string(), version: z.int(), sha256: z.string().nullable() }).nullable().meta({
      description: "The model of that job, once it exists, with the SHA-256 of its weights; null if a later run has erased it.",
    }),
    is_question: z.boolean().meta({
      description:
        "A job that asked a question of a model (which rows made a prediction, whether more data would help, what its seed did): its model is a copy with the answer. It is erased and does not stop the run; you can ask the new model again.",
    }),
    why_not: z.string().nullable().meta({ description: "Why a model is erased and not trained again; null where it is." }),
  })
  .meta({ id: "ForgottenModel" });

/** Everything that saw the rows. */
export const forgetPlan = z
  .strictObject({
    rows: z.array(z.int()).meta({ description: "Positions of the rows, counted from 0, rising." }),
    datasets: z.array(forgottenTable).meta({
      description: "The data set, those made from it by corrections, and those it was made from: all have these rows.",
    }),
    models: z.array(forgottenModel).meta({
      description:
        "Jobs and models that saw the rows, or start from one that did, in the order in which they are trained again.",
    }),
    sweeps: z
      .array(z.strictObject({ id, name: z.string() }))
      .meta({ description: "Sweeps on the data sets, which are erased." }),
  })
  .meta({ id: "ForgetPlan" });

export type ForgetPlan = z.output<typeof forgetPlan>;

export type ForgottenModel = ForgetPlan["models"][number];

export const forgetReceipt = z
  .strictObject({
    rows: z.int().meta({ description: "How many were forgotten." }),
    erased: z.strictObject({ datasets: z.int(), jobs: z.int(), models: z.int(), sweeps: z.int() }),
    storage: z.string().meta({ description: "What was done to remove the rows from the database's files." }),
    beyond_reach: z.array(z.string()).meta({ description: "Where the rows may still be, out of the server's reach." }),
  })
  .meta({ id: "ForgetReceipt" });

export type ForgetReceipt = z.output<typeof forgetReceipt>;

/** What is stored of a run as JSON. */
export interface ForgetDocument extends ForgetPlan {
  readonly eraseOthers: boolean;
  /** Hashes of the data sets with the rows, by id, because models name their training data by hash; empty once the run has ended. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly waitsFor: string | null;
  readonly error: string | null;
  readonly receipt: ForgetReceipt | null;
}

/** A run. Times are epoch milliseconds. */
export interface Forget {
  readonly id: string;
  readonly project: string;
  readonly datasetId: string;
  readonly state: ForgetState;
  readonly document: ForgetDocument;
  readonly createdAt: number;
  readonly finishedAt: number | null;
}

/** Where rows may be that no server can erase. */
export const BEYOND_REACH: readonly string[] = [
  "backups that were made before, and databases that a restore has put aside (trainyard.db.replaced-*)",
  "files that were exported: weights, ONNX, metrics",
  "jobs whose rows came with the request, models that started from one that was deleted before, and copies of the rows that were uploaded in another file",
  "blocks of the disk that the file system has freed and not yet overwritten",
];
