/** The interface of the store of runs that forget rows, and of their queries of the lineage. Knows nothing of databases. */
import type { Page, PageRequest } from "../page.ts";
import type { Forget, ForgetDocument, ForgetState } from "./forget.ts";

/** A data set of a family: corrections of one another. */
export interface RelatedDataset {
  readonly id: string;
  readonly name: string;
  readonly sha256: string;
}

/** A sweep that saw a data set. */
export interface UsingSweep {
  readonly id: string;
  readonly name: string;
  readonly state: string;
}

/** The names of a data set, or of a deleted one with the same content. */
export interface DatasetUsers {
  readonly jobs: readonly string[];
  readonly sweeps: readonly UsingSweep[];
  /** Models whose receipt has the hash of its content, even if their job is gone. */
  readonly models: readonly string[];
}

/** A job that starts from the weights of a model or of a checkpoint. */
export interface StartedFrom {
  readonly job: string;
  readonly model: string | null;
  /** The job whose checkpoint it starts from; null also if that checkpoint is gone. */
  readonly checkpointOf: string | null;
}

/** What the holder of a run stores. */
export interface ForgetChange {
  readonly state: ForgetState;
  readonly document: ForgetDocument;
  readonly finishedAt: number | null;
}

/** Runs that forget rows. */
export interface ForgetStore {
  /** Stores a run. Throws conflict while another run of the project is active. */
  insert(run: Pick<Forget, "id" | "datasetId" | "document" | "createdAt">): Promise<Forget>;
  /** Returns a run. Null for an unknown id. */
  get(id: string): Promise<Forget | null>;
  /** Lists runs, newest first. */
  list(page: PageRequest): Promise<Page<Forget>>;
  /** Lists active runs of every project that nobody holds as of `now`. */
  listFree(now: number): Promise<readonly { readonly id: string; readonly project: string }[]>;
  /** Leases a run until a time, if it is active and nobody holds it as of `now`. Null otherwise. */
  claim(id: string, lease: string, now: number, until: number): Promise<Forget | null>;
  /** Extends the lease. False if it was lost, or the run has ended. */
  renew(id: string, lease: string, until: number): Promise<boolean>;
  /** Stores the progress of a run, if it is active and held by `lease`. False otherwise. */
  save(id: string, lease: string, change: ForgetChange): Promise<boolean>;
  /** Releases a run. */
  release(id: string, lease: string): Promise<void>;
  /** Releases every run. For the start of the only process that uses the database. */
  releaseAll(): Promise<void>;
  /** Cancels a run that has erased nothing yet. Null if it is in another state. */
  cancel(id: string, at: number): Promise<Forget | null>;
  /** Returns the data set and its relatives: its corrections, and what it was corrected from. Empty if it is unknown. */
  listRelated(datasetId: string): Promise<readonly RelatedDataset[]>;
  /** Returns everything of the project that uses a data set, in whatever state. */
  findUsers(dataset: Pick<RelatedDataset, "id" | "sha256">): Promise<DatasetUsers>;
  /** Returns every job of the project that starts from a model or a checkpoint. */
  listStarts(): Promise<readonly StartedFrom[]>;
  /** Returns models of the project with the weights of this hash. */
  findCopies(sha256: string): Promise<readonly string[]>;
  /**
   * Erases, at a time, the traces of deleted jobs, models and data sets: half-deleted chunks, webhooks, answers to idempotency keys, hashes
   * of requests to forget, and the hashes of results of earlier runs that are deleted now. Reads answers once, however many ids there are.
   */
  eraseTraces(ids: readonly string[], at: number): Promise<void>;
  /** Overwrites the remains of deleted rows in the files of the database, as far as the database can. Returns what was done. */
  scrub(): Promise<string>;
}
