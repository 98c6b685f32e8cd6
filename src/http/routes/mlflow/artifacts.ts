/** Artifacts of runs and models as MLflow's clients list and download them: the files that a model can be exported as. */
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { readWeights } from "../../../app/models/find-model.ts";
import { artifactModel } from "../../../app/tracking/artifact-model.ts";
import type { TrackingServices } from "../../../app/tracking/find-runs.ts";
import { TrainyardError } from "../../../domain/errors.ts";
import type { Model } from "../../../domain/models/model.ts";
import type { TensorSet } from "../../../domain/tensor.ts";
import type { Answer } from "../../../domain/tracking/messages.ts";
import { ONNX_TYPE } from "../../../formats/onnx/onnx.ts";
import { encodeSafetensors, SAFETENSORS_TYPE } from "../../../formats/safetensors/safetensors.ts";

interface Encoded {
  readonly size: number;
  readonly pieces: Iterable<Uint8Array>;
}

interface File {
  readonly type: string;
  encode(services: TrackingServices, model: Model, weights: TensorSet): Encoded | Promise<Encoded>;
}

/** The files of a model, by their names. */
const FILES: Readonly<Record<string, File>> = {
  "model.onnx": { type: ONNX_TYPE, encode: ({ computePool }, model, weights) => computePool.encodeOnnx(model, weights) },
  "model.safetensors": {
    type: SAFETENSORS_TYPE,
    encode: (_, __, weights) => encodeSafetensors(weights),
  },
};

/** Lists the artifacts below a path of a run or a model. Files that clients upload are not stored, so logged runs have none. */
export async function listArtifacts(services: TrackingServices, id: string, path: string): Promise<Answer<"Files">["files"]> {
  const model = await artifactModel(services, id);
  if (!model || path.replaceAll("/", "") !== "") return [];
  return Object.keys(FILES).map((name) => ({ path: name, is_dir: false }));
}

/** Sends an artifact, `ID/NAME`. Throws not_found. */
export async function sendArtifact(services: TrackingServices, path: string, reply: FastifyReply): Promise<Readable> {
  const [id = "", name = "", ...rest] = path.split("/");
  const file = Object.hasOwn(FILES, name) && rest.length === 0 ? FILES[name] : undefined;
  const model = file && (await artifactModel(services, id));
  if (!file || !model) throw new TrainyardError("not_found", `there is no artifact ${path}`);
  const { size, pieces } = await file.encode(services, model, await readWeights(services, model.id));
  reply.type(file.type).header("content-length", size).header("content-disposition", `attachment; filename="${name}"`);
  return Readable.from(pieces, { objectMode: false });
}
