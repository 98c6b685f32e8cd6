/** The initial weights of a job's trials that the seed does not draw. */
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { packTensors, type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import { PAYLOAD } from "../data/source.ts";

/** The weights that `init_from` gives a job, by the names of its network; null if the seed draws them. */
export function initialTensors({
  spec,
  payload,
}: {
  readonly spec: Pick<ResolvedSpec, "init_from">;
  readonly payload: TensorSet | null;
}): TensorSet | null {
  if (!spec.init_from || !payload) return null;
  const values = unpackTensors(payload);
  const given = payload.entries.filter(({ name }) => name.startsWith(PAYLOAD.initial));
  return packTensors(
    given.map(({ name, shape }) => ({
      name: name.slice(PAYLOAD.initial.length),
      shape,
      values: values.get(name) as Float32Array<ArrayBuffer>,
    })),
  );
}
