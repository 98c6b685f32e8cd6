/** What is stored of models, their names and aliases. Knows nothing of databases. */
import type { ProjectLimits } from "../limits.ts";
import type { Page, PageRequest } from "../page.ts";
import type { TensorSet } from "../tensor.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Model, NewModel } from "./model.ts";
import type { ModelRef, TagChanges } from "./registry.ts";

/** Which models a list has: those that match every member that is given. */
export interface ModelFilter {
  readonly name?: string | undefined;
}

/** What came of deleting a model. */
export interface ModelDeletion {
  readonly deleted: boolean;
  /** Aliases that point at the model and so keep it. */
  readonly aliases: readonly string[];
}

/** Models. Names, versions and aliases are each project's own. Methods that answer null do so for an unknown id or reference. */
export interface ModelStore {
  /**
   * Stores a model that no job of this store made, as the next version of its name; `jobs.finish` stores those of jobs. Throws
   * conflict beyond `within`.
   */
  insert(model: NewModel, weights: TensorSet, within?: Pick<ProjectLimits, "models">): Promise<Model>;
  /** The model of this id. */
  get(id: string): Promise<Model | null>;
  /** The id of a checkpoint finds the model that its weights are: under that id and the job's name, of version 0. */
  find(ref: ModelRef): Promise<Model | null>;
  /** What `find` finds by a reference as it is spelled, when it is in memory. Else null; the model may exist all the same. */
  known(ref: string): Model | null;
  /** Newest first. */
  list(page: PageRequest, filter?: ModelFilter): Promise<Page<Model>>;
  /** The weights of a model, or of a checkpoint. */
  readWeights(id: string): Promise<TensorSet | null>;
  /** Null for a model that was not trained here. */
  readEvaluation(id: string): Promise<Evaluation | null>;
  /** Changes the tags that are named. */
  tag(id: string, changes: TagChanges): Promise<Model | null>;
  /** Points an alias of a name at one of its versions, wherever it pointed before. Null when there is no such version. */
  setAlias(name: string, alias: string, version: number): Promise<Model | null>;
  /** False when there is no such alias. */
  deleteAlias(name: string, alias: string): Promise<boolean>;
  /** Deletes a model, unless an alias points at it. The job keeps its record, without the model. */
  delete(id: string): Promise<ModelDeletion>;
}
