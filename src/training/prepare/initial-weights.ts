/** Initial weights of a job by init_from (the request, a stored model or a checkpoint), checked against the job's network. */
import { type FieldError, pointerOf } from "../../domain/errors.ts";
import type { ReferredModel } from "../../domain/ports.ts";
import { givenLayers, type JobSpec, type ResolvedSpec } from "../../domain/spec/spec.ts";
import { elementCount, packTensors, unpackTensors } from "../../domain/tensor.ts";
import type { Network } from "../../engine/index.ts";
import { PAYLOAD, type PayloadTensor } from "../data/source.ts";
import { freeze } from "../run/network.ts";
import { sha256Of } from "./digest.ts";

export interface InitialWeights {
  /** The tensors for the job's payload. */
  readonly tensors: readonly PayloadTensor[];
  /** Their description in the resolved spec. */
  readonly summary: ResolvedSpec["init_from"];
  readonly errors: readonly FieldError[];
}

const AT = "init_from";

/** Returns the weights that a spec starts from; no tensors if it has no init_from. `model` is the model that it refers to. */
export function initialWeights(
  { init_from, ...spec }: JobSpec,
  network: Network,
  referred: ReferredModel | null,
): InitialWeights {
  if (init_from === null) return { tensors: [], summary: null, errors: [] };
  const isDictionary = "state_dict" in init_from;
  const path = [AT, isDictionary ? "state_dict" : "model" in init_from ? "model" : "checkpoint"];
  const given = isDictionary ? dictionaryOf(init_from.state_dict) : tensorsOf(referred);
  const errors = [...tensorErrors(given, network, path), ...freezeErrors(init_from.freeze, givenLayers(spec).length, network)];
  if (errors.length > 0) return { tensors: [], summary: null, errors };
  const tensors = given.map((tensor) => ({ ...tensor, name: PAYLOAD.initial + tensor.name }));
  const { freeze: frozen } = init_from;
  if (!isDictionary) {
    const { id, sha256 } = referred as ReferredModel;
    const origin = "model" in init_from ? { model: id } : { checkpoint: id };
    return { tensors, errors, summary: { ...origin, sha256, freeze: frozen } };
  }
  const shapes = Object.fromEntries(given.map(({ name, shape }) => [name, { shape: [...shape] }]));
  return { tensors, errors, summary: { state_dict: shapes, sha256: sha256Of(packTensors(given).data), freeze: frozen } };
}

function tensorsOf(referred: ReferredModel | null): PayloadTensor[] {
  if (!referred) throw new Error("the referenced model was not looked up");
  const values = unpackTensors(referred.weights);
  return referred.weights.entries.map(({ name, shape }) => ({ name, shape, values: values.get(name) as Float32Array }));
}

function dictionaryOf(
  stateDict: Readonly<Record<string, { readonly shape: number[]; readonly data: number[] }>>,
): PayloadTensor[] {
  return Object.entries(stateDict).flatMap(([name, { shape, data }]) =>
    name.endsWith(".num_batches_tracked") ? [] : [{ name, shape, values: data }],
  );
}

/** Returns an error per tensor that is missing, has the wrong shape or is not in the network. */
function tensorErrors(given: readonly PayloadTensor[], network: Network, path: readonly string[]): FieldError[] {
  const found = new Map(given.map((tensor) => [tensor.name, tensor]));
  const expected = new Set(network.tensors.map(({ name }) => name));
  const errors = network.tensors.flatMap(({ name, shape }): FieldError[] => {
    const at = (...more: string[]) => pointerOf([...path, name, ...more]);
    const wanted = `[${shape.join(", ")}]`;
    const tensor = found.get(name);
    if (!tensor) return [{ pointer: at(), detail: `is missing: the network has a tensor ${name} of shape ${wanted}` }];
    if (tensor.shape.join() !== shape.join()) return [{ pointer: at("shape"), detail: `must be ${wanted}` }];
    if (tensor.values.length === elementCount(shape)) return [];
    return [{ pointer: at("data"), detail: `has ${tensor.values.length} values; ${wanted} takes ${elementCount(shape)}` }];
  });
  const strangers = given.filter(({ name }) => !expected.has(name));
  const names = [...expected].join(", ");
  return [
    ...errors,
    ...strangers.map(({ name }) => ({
      pointer: pointerOf([...path, name]),
      detail: `is not a parameter or buffer of this network: it has ${names}`,
    })),
  ];
}

function freezeErrors(layers: readonly number[], count: number, network: Network): FieldError[] {
  const at = `/${AT}/freeze`;
  const beyond = layers.flatMap((layer, index) =>
    layer < count ? [] : [{ pointer: `${at}/${index}`, detail: `is not a layer: the network has layers 0..${count - 1}` }],
  );
  if (beyond.length > 0 || freeze(network, layers).parameters.length > 0) return beyond;
  return [{ pointer: at, detail: "leaves nothing to train" }];
}
