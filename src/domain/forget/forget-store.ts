/** The interface of the store of runs that forget rows, and of what they ask of the lineage. Knows nothing of databases. */
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

/** What names a data set, or another one of the same content that was deleted. */
export interface DatasetUsers {
  readonly jobs: readonly string[];
  readonly sweeps: readonly UsingSweep[];
  /** Models whose receipt has the hash of its content: also those whose job is gone. */
  readonly models: readonly string[];
}

/** A job that starts from the weights of a model or of a checkpoint. */
export interface StartedFrom {
  readonly job: string;
  readonly model: string | null;
  /** The job whose checkpoint it starts from; null also where that checkpoint is gone. */
  readonly checkpointOf: string | null;
}

/** What a holder of a run stores of it. */
export interface ForgetChange {
  readonly state: ForgetState;
  readonly document: ForgetDocument;
  readonly finishedAt: number | null;
}

/** Runs that forget rows. */
export interface ForgetStore {
  /** Stores a run. Throws conflict where one of the project is under way. */
  insert(run: Pick<Forget, "id" | "datasetId" | "document" | "createdAt">): Promise<Forget>;
  /** Null for an unknown id. */
  get(id: string): Promise<Forget | null>;
  /** Newest first. */
  list(page: PageRequest): Promise<Page<Forget>>;
  /** Runs under way that nobody holds as of `now`, of every project. */
  listFree(now: number): Promise<readonly { readonly id: string; readonly project: string }[]>;
  /** Holds a run until a time, if it is under way and nobody holds it as of `now`. Null otherwise. */
  claim(id: string, lease: string, now: number, until: number): Promise<Forget | null>;
  /** Holds it longer. False where it was lost, or has ended. */
  renew(id: string, lease: string, until: number): Promise<boolean>;
  /** Stores how far a run has come, if it is under way and held by `lease`. False otherwise. */
  save(id: string, lease: string, change: ForgetChange): Promise<boolean>;
  /** Lets go of it. */
  release(id: string, lease: string): Promise<void>;
  /** Lets go of every run: nobody else uses this database. */
  releaseAll(): Promise<void>;
  /** Ends a run that has erased nothing yet as cancelled. Null where it is in another state. */
  cancel(id: string, at: number): Promise<Forget | null>;
  /** The data set and its relatives: what corrections made of it, and what they were made of. Empty where it is unknown. */
  listRelated(datasetId: string): Promise<readonly RelatedDataset[]>;
  /** What of the project uses a data set, whatever has become of it. */
  findUsers(dataset: Pick<RelatedDataset, "id" | "sha256">): Promise<DatasetUsers>;
  /** Every job of the project that starts from a model or a checkpoint. */
  listStarts(): Promise<readonly StartedFrom[]>;
  /** Models of the project with the weights of this hash. */
  findCopies(sha256: string): Promise<readonly string[]>;
  /**
   * Erases, at a time, what is left of deleted jobs, models and data sets: half-deleted chunks, webhooks, answers to idempotency keys, hashes of requests to
   * forget, and the hashes of what earlier runs made and is deleted now. Answers are read once, however many ids there are.
   */
  eraseTraces(ids: readonly string[], at: number): Promise<void>;
  /** Overwrites what the files of the database have left of deleted rows, as far as the database can. Says what was done. */
  scrub(): Promise<string>;
}
