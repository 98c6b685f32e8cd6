/** What planning and compiling do for a network grows no faster than its layers: counted, since times depend on the machine. */
import { afterAll, describe, expect, it, vi } from "vitest";
import type { NetworkSpec } from "../../../src/domain/spec/spec.ts";
import { LoopTemplates } from "../../../src/engine/compiler/codegen/loop-templates.ts";
import { FUNCTION_BYTES } from "../../../src/engine/compiler/codegen/module.ts";
import { FunctionBuilder } from "../../../src/engine/compiler/wasm/assembler.ts";
import { compile, memoryFor } from "../../../src/engine/index.ts";
import { loadData } from "../../../src/training/data/data.ts";
import { planTraining } from "../../../src/training/run/build.ts";
import { sizesOf } from "../../../src/training/run/sizes.ts";
import { GROWING, specOf } from "../layer-stacks.ts";
import { jobRecord, prepare } from "../train.ts";

// Files share a process: what others have loaded is loaded again here, with the walks counted, and once more after this file.
const visits = vi.hoisted(() => {
  vi.resetModules();
  return { count: 0 };
});
afterAll(() => void vi.resetModules());

vi.mock("../../../src/engine/graph-walk.ts", async (original) => {
  const walks = await original<typeof import("../../../src/engine/graph-walk.ts")>();
  const counted = <Visited extends unknown[]>(visited: Visited): Visited => {
    visits.count += visited.length;
    return visited;
  };
  return {
    ...walks,
    walk: (...args: Parameters<typeof walks.walk>) => counted(walks.walk(...args)),
    walkCarrying: (...args: Parameters<typeof walks.walkCarrying>) => counted(walks.walkCarrying(...args)),
  };
});

const cuts = vi.hoisted(() => ({ isOn: true }));

vi.mock("../../../src/engine/compiler/schedule/repeated-members.ts", async (original) => {
  const { cutRepetitions } = await original<typeof import("../../../src/engine/compiler/schedule/repeated-members.ts")>();
  const cut: typeof cutRepetitions = (groups, readings) => (cuts.isOn ? cutRepetitions(groups, readings) : groups);
  return { cutRepetitions: cut };
});

interface Work {
  /** Tensors that walks over the graphs visit while the programs are planned, and while they are planned and compiled. */
  readonly planned: number;
  readonly compiled: number;
  /** Bytes of code of all functions. */
  readonly bytes: number;
}

interface Written {
  readonly work: Work;
  /** Bytes of the longest function, and of the longest part of one: the loops of a kernel. */
  readonly longest: number;
  readonly longestPart: number;
}

/** What is done for a network with so many of the repeated layers. */
function written(name: string, count: number, units = 7): Written {
  const prepared = prepare(specOf(GROWING[name] as (typeof GROWING)[string], count, units));
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  const data = loadData({ job: jobRecord(prepared, 0), payload: prepared.payload, dataset: null, checkpoint: null });
  const { programs, maxSteps } = planTraining(prepared.spec as NetworkSpec, sizesOf(data, prepared.classes.length));
  // Of two programs, one without and one with gradients: the other two differ in their rows alone.
  const { train, validate } = programs as typeof programs & { train: object; validate: object };
  const both = { train, validate } as typeof programs;
  const bytes: number[] = [];
  let [longest, longestPart] = [0, 0];
  const { finish } = FunctionBuilder.prototype;
  const finishing = vi.spyOn(FunctionBuilder.prototype, "finish").mockImplementation(function (this: FunctionBuilder) {
    const entry = finish.call(this);
    bytes.push(entry.length);
    longest = Math.max(longest, this.code.length);
    return entry;
  });
  const { emit } = LoopTemplates.prototype;
  const emitting = vi.spyOn(LoopTemplates.prototype, "emit").mockImplementation(function (this: LoopTemplates, f, ...rest) {
    const before = f.code.length;
    emit.call(this, f, ...rest);
    longestPart = Math.max(longestPart, f.code.length - before);
  });
  visits.count = 0;
  memoryFor(both, { maxSteps });
  const planned = visits.count;
  visits.count = 0;
  compile(both, { maxSteps });
  const compiled = visits.count;
  finishing.mockRestore();
  emitting.mockRestore();
  return {
    work: { planned, compiled, bytes: bytes.reduce((total, each) => total + each, 0) },
    ...{ longest, longestPart },
  };
}

const KINDS = [
  ...["linear", "tanh", "dropout", "log_softmax", "batch_norm", "layer_norm", "conv1d", "max_pool", "periodic"],
  ...["mean_members", "ensemble", "residual layer_norm", "residual softmax", "loss cross_entropy"],
];

describe("networks of equal layers", () => {
  it.each(KINDS)("take as much work for each of many %s as for each of few", (name) => {
    const [few, some, many] = [6, 12, 24].map((count) => written(name, count)) as [Written, Written, Written];
    for (const part of ["planned", "compiled", "bytes"] as const) {
      expect(few.work[part], part).toBeGreaterThan(1000);
      const [before, after] = [some.work[part] - few.work[part], (many.work[part] - some.work[part]) / 2];
      // What is merged into a kernel and what is stored changes with the depth, but by no more than a few layers' worth.
      expect(after, part).toBeLessThanOrEqual(1.3 * before + 0.1 * some.work[part]);
    }
  });

  it.each(KINDS)("are not one long function for many %s layers", (name) => {
    const { longest, longestPart } = written(name, 24);
    // Another begins where one is long: of it, the last kernel alone is too much.
    expect(longest).toBeLessThan(FUNCTION_BYTES + longestPart);
  });

  it.each(KINDS)("have no kernel of %s cut where that makes the code longer", (name) => {
    const { bytes } = written(name, 6).work;
    cuts.isOn = false;
    // Of another width: what is compiled is kept.
    const uncut = written(name, 6, 11).work.bytes;
    cuts.isOn = true;
    expect(bytes).toBeLessThan(1.05 * uncut);
  });

  it("load the sums of a layer that the sums of the next one read across their lines", () => {
    // Computed anew for each of them, they would be a megabyte for three layers.
    expect(written("periodic", 6).work.bytes).toBeLessThan(400_000);
  });
});
