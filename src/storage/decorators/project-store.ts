/**
 * The store of one project: a record of another one is, to whoever holds it, not there. This is the one place that says so.
 * Every method of a ProjectStore has its line here, and the compiler misses the line of a new one.
 */
import { notFound } from "../../domain/errors.ts";
import type { ProjectStore } from "../../domain/ports.ts";
import type { Owners } from "./owners.ts";

/**
 * `store` already lists, names and inserts within the project; what it is asked by id is asked here first whether the id is
 * the project's.
 */
export function projectStore(project: string, store: ProjectStore, owners: Owners): ProjectStore {
  const isOwn = async (id: string): Promise<boolean> => (await owners.of(id)) === project;
  /** A method whose first argument is an id, and what it answers for an id that is unknown. */
  const owned =
    <Rest extends unknown[], Result>(method: (id: string, ...rest: Rest) => Promise<Result>, unknown: () => NoInfer<Result>) =>
    async (id: string, ...rest: Rest): Promise<Result> =>
      (await isOwn(id)) ? method(id, ...rest) : unknown();
  const none = () => null;

  return {
    insertJob: store.insertJob,
    getJob: owned(store.getJob, none),
    listJobs: store.listJobs,
    readPayload: owned(store.readPayload, none),
    transition: owned(store.transition, none),
    queuePosition: owned(store.queuePosition, none),
    listCheckpoints: owned(store.listCheckpoints, () => ({ data: [], hasMore: false, nextAfter: null })),
    getCheckpoint: owned(store.getCheckpoint, none),
    getLastCheckpoint: owned(store.getLastCheckpoint, none),
    deleteCheckpoint: owned(store.deleteCheckpoint, () => false),
    deleteJob: owned(store.deleteJob, () => false),
    readEvents: owned(store.readEvents, () => []),
    readMetrics: owned(store.readMetrics, () => []),
    readMinMax: owned(store.readMinMax, () => []),
    insertModel: store.insertModel,
    getModel: owned(store.getModel, none),
    findModel: async (ref) => (ref.kind !== "id" || (await isOwn(ref.id)) ? store.findModel(ref) : null),
    knownModel: () => null,
    listModels: store.listModels,
    readWeights: owned(store.readWeights, none),
    readEvaluation: owned(store.readEvaluation, none),
    tagModel: owned(store.tagModel, none),
    setAlias: store.setAlias,
    deleteAlias: store.deleteAlias,
    deleteModel: owned(store.deleteModel, () => ({ deleted: false, aliases: [] })),
    insertDataset: store.insertDataset,
    findDataset: store.findDataset,
    getDataset: owned(store.getDataset, none),
    describeDataset: owned(store.describeDataset, none),
    listDatasets: store.listDatasets,
    readDatasetPreview: owned(store.readDatasetPreview, none),
    readDatasetColumns: async (id, names) => {
      if (!(await isOwn(id))) throw notFound("data set", id);
      return store.readDatasetColumns(id, names);
    },
    deleteDataset: owned(store.deleteDataset, () => ({ deleted: false, usedBy: null })),
    listDeliveries: owned(store.listDeliveries, () => ({ data: [], hasMore: false, nextAfter: null })),
  };
}
