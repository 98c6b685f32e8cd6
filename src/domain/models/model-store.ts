/** The interface of the store of models, their names and aliases. Knows nothing of databases. */
import type { TagChanges } from "../labels.ts";
import type { ProjectLimits } from "../limits.ts";
import type { Page, PageRequest } from "../page.ts";
import type { TensorSet } from "../tensor.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Model, NewModel } from "./model.ts";
import type { ModelRef } from "./registry.ts";

/** A filter of models. A model must match every given member. */
export interface ModelFilter {
  readonly name?: string | undefined;
}

/** The result of deleting a model. */
export interface ModelDeletion {
  readonly deleted: boolean;
  /** Aliases that point at the model and so prevent its deletion. */
  readonly aliases: readonly string[];
}

/** Stores models. Names, versions and aliases belong to a project. Methods return null for an unknown id or reference. */
export interface ModelStore {
  /**
   * Stores an imported model as the next version of its name; `jobs.finish` stores the models of jobs. Throws conflict if
   * `within` is exceeded.
   */
  insert(model: NewModel, weights: TensorSet, within?: Pick<ProjectLimits, "models">): Promise<Model>;
  /** Returns the model with this id. */
  get(id: string): Promise<Model | null>;
  /** Resolves a reference. The id of a checkpoint gives the model of its weights, with that id, the job's name and version 0. */
  find(ref: ModelRef): Promise<Model | null>;
  /** Returns the result of `find` for the text of a reference if it is cached. Null otherwise, even if the model exists. */
  known(ref: string): Model | null;
  /** Lists models, newest first. */
  list(page: PageRequest, filter?: ModelFilter): Promise<Page<Model>>;
  /** Reads the weights of a model or a checkpoint. */
  readWeights(id: string): Promise<TensorSet | null>;
  /** Reads an evaluation. Null for a model that was not trained here. */
  readEvaluation(id: string): Promise<Evaluation | null>;
  /** Changes the given tags. */
  tag(id: string, changes: TagChanges): Promise<Model | null>;
  /** Points an alias of a name at one of its versions, and creates or moves the alias. Null if there is no such version. */
  setAlias(name: string, alias: string, version: number): Promise<Model | null>;
  /** Deletes an alias. False if there is no such alias. */
  deleteAlias(name: string, alias: string): Promise<boolean>;
  /** Deletes a model unless an alias points at it. The record of its job remains, without the model. */
  delete(id: string): Promise<ModelDeletion>;
}
