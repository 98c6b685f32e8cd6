/** Artifacts of runs and models as MLflow's clients list and download them: the files that a model can be exported as. */
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { findModel, readWeights } from "../../../app/models/find-model.ts";
import { getRun, type TrackingServices } from "../../../app/tracking/find-runs.ts";
import { notFound, TrainyardError } from "../../../domain/errors.ts";
import { ID_PREFIXES } from "../../../domain/id.ts";
import type { Model } from "../../../domain/models/model.ts";
import type { TensorSet } from "../../../domain/tensor.ts";
import type { Answer } from "../../../domain/tracking/messages.ts";
import { encodeOnnx, ONNX_TYPE } from "../../../formats/onnx/onnx.ts";
import { encodeSafetensors, SAFETENSORS_TYPE, safetensorsSize } from "../../../formats/safetensors/safetensors.ts";

interface File {
  readonly type: string;
  encode(model: Model, weights: TensorSet): { readonly size: number; readonly pieces: Iterable<Uint8Array> };
}

/** The files of a model, by their names. */
const FILES: Readonly<Record<string, File>> = {
  "model.onnx": { type: ONNX_TYPE, encode: encodeOnnx },
  "model.safetensors": {
    type: SAFETENSORS_TYPE,
    encode: (_, weights) => ({ size: safetensorsSize(weights), pieces: encodeSafetensors(weights) }),
  },
};

/** Lists the artifacts below a path of a run or a model. Those that clients upload are not kept: what they log has none. */
export async function listArtifacts(services: TrackingServices, id: string, path: string): Promise<Answer<"Files">["files"]> {
  const model = await modelOf(services, id);
  if (!model || path.replaceAll("/", "") !== "") return [];
  return Object.keys(FILES).map((name) => ({ path: name, is_dir: false }));
}

/** Sends an artifact, `ID/NAME`. Throws not_found. */
export async function sendArtifact(services: TrackingServices, path: string, reply: FastifyReply): Promise<Readable> {
  const [id = "", name = "", ...rest] = path.split("/");
  const file = Object.hasOwn(FILES, name) && rest.length === 0 ? FILES[name] : undefined;
  const model = file && (await modelOf(services, id));
  if (!file || !model) throw new TrainyardError("not_found", `there is no artifact ${path}`);
  const { size, pieces } = file.encode(model, await readWeights(services, model.id));
  reply.type(file.type).header("content-length", size).header("content-disposition", `attachment; filename="${name}"`);
  return Readable.from(pieces, { objectMode: false });
}

/** The model of a job, or with this id; null for a run without one. Throws not_found for an unknown id. */
async function modelOf(services: TrackingServices, id: string): Promise<Model | null> {
  if (id.startsWith(ID_PREFIXES.model)) return findModel(services, id);
  if (id.startsWith(ID_PREFIXES.loggedModel)) {
    if (await services.store.tracking.getModel(id)) return null;
    throw notFound("model", id);
  }
  const run = await getRun(services, id);
  const made = id.startsWith(ID_PREFIXES.job) ? run.links.modelOutputs[0] : undefined;
  return made ? services.store.models.get(made.id) : null;
}
