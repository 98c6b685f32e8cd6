/** Code written with a local for each value, against the same code with shared locals: what it computes, and how many locals are left. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type FunctionBuilder,
  type Local,
  ModuleBuilder,
  TooManyLocalsError,
} from "../../../../src/engine/compiler/wasm/assembler.ts";
import { assign, countDown } from "../../../../src/engine/compiler/wasm/counters.ts";
import { place, standIn, TemplateBuilder } from "../../../../src/engine/compiler/wasm/template.ts";

/** A statement of random code: a new value of two older ones, an older one changed, a vector, or a loop, whose values stay. */
type Statement =
  | { readonly kind: "value"; readonly a: number; readonly b: number }
  | { readonly kind: "change"; readonly target: number; readonly by: number }
  | { readonly kind: "vector"; readonly a: number; readonly b: number }
  | { readonly kind: "loop"; readonly trips: number; readonly body: readonly Statement[] };

const { statements } = fc.letrec<{ statements: Statement[]; statement: Statement }>((tie) => ({
  statements: fc.array(tie("statement"), { maxLength: 8, depthIdentifier: "code" }),
  statement: fc.oneof(
    { depthIdentifier: "code", maxDepth: 3 },
    fc.record({ kind: fc.constant("value" as const), a: fc.nat(), b: fc.nat() }),
    fc.record({ kind: fc.constant("change" as const), target: fc.nat(), by: fc.nat() }),
    fc.record({ kind: fc.constant("vector" as const), a: fc.nat(), b: fc.nat() }),
    fc.record({ kind: fc.constant("loop" as const), trips: fc.integer({ min: 1, max: 4 }), body: tie("statements") }),
  ),
}));

/** The values that code can read. */
interface Known {
  readonly numbers: readonly Local[];
  readonly vectors: readonly Local[];
}

/** Twice this is stored at: once it is pushed, and once it is an offset. */
const ADDRESS = 64;

/** How many of the newest values are read: those before them need no local any more. */
const READ = 4;

const pick = (values: readonly Local[], index: number): Local =>
  values.slice(-READ)[index % Math.min(READ, values.length)] as Local;

/** Writes the code, which stores the sums of the newest values at an address. */
function write(f: FunctionBuilder, code: readonly Statement[], address: number): void {
  const emit = (body: readonly Statement[], outer: Known): Known => {
    let [numbers, vectors] = [[...outer.numbers], [...outer.vectors]];
    for (const statement of body) {
      if (statement.kind === "loop") {
        const known = { numbers, vectors };
        countDown(f, f.local("i32"), statement.trips, () => {
          const { numbers: further, vectors: others } = emit(statement.body, known);
          [numbers, vectors] = [[...further], [...others]];
        });
      } else if (statement.kind === "vector") {
        const target = f.local("v128");
        f.get(pick(numbers, statement.a));
        f.vector("i32x4.splat");
        f.get(pick(vectors, statement.b));
        f.vector("i32x4.add");
        f.set(target);
        vectors.push(target);
      } else {
        const [a, b] = statement.kind === "value" ? [statement.a, statement.b] : [statement.target, statement.by];
        const target = statement.kind === "value" ? f.local("i32") : pick(numbers, a);
        f.get(pick(numbers, a));
        f.get(pick(numbers, b));
        f.plain("i32.mul");
        f.get(pick(numbers, b));
        f.plain("i32.add");
        f.set(target);
        if (statement.kind === "value") numbers.push(target);
      }
    }
    return { numbers, vectors };
  };
  const [first, vector] = [f.local("i32"), f.local("v128")];
  f.i32(3);
  f.set(first);
  f.v128([1, 2, 3, 4]);
  f.set(vector);
  const { numbers, vectors } = emit(code, { numbers: [first], vectors: [vector] });
  f.address(address);
  f.i32(0);
  for (const value of numbers.slice(-READ)) {
    f.get(value);
    f.plain("i32.add");
  }
  f.scalarMemory("i32.store", address);
  f.address(address);
  f.v128([0, 0, 0, 0]);
  for (const value of vectors.slice(-READ)) {
    f.get(value);
    f.vector("i32x4.add");
  }
  f.vectorMemory("v128.store", address + 16);
}

function run(emit: (f: FunctionBuilder) => void): { readonly result: Uint8Array; readonly locals: number } {
  const module = new ModuleBuilder();
  const f = module.function(["i32"]);
  emit(f);
  module.export("run", f);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: { memory } });
  (exports.run as (step: number) => void)(0);
  return { result: new Uint8Array(memory.buffer, 2 * ADDRESS, 32), locals: f.localTypes.length };
}

describe("values that share locals", () => {
  it("are those that have a local each, in any code with loops", () => {
    fc.assert(
      fc.property(statements, (code) => {
        const template = new TemplateBuilder(["i32"]);
        write(template, code, standIn(0));
        const [own, shared] = [run((f) => write(f, code, ADDRESS)), run((f) => place(f, template.template(), [0], [ADDRESS]))];
        expect(shared.result).toEqual(own.result);
        expect(shared.locals).toBeLessThanOrEqual(own.locals);
      }),
      { numRuns: 300 },
    );
  });

  it("keep one that an inner loop reads until the outer loop ends", () => {
    const add = (f: FunctionBuilder, sum: Local, value: Local) => {
      f.get(sum);
      f.get(value);
      f.plain("i32.add");
      f.set(sum);
    };
    const emit = (f: FunctionBuilder, address: number) => {
      const local = () => f.local("i32");
      const [sum, older, outer, inner] = [local(), local(), local(), local()];
      assign(f, sum, 0);
      assign(f, older, 5);
      countDown(f, outer, 3, () => {
        countDown(f, inner, 2, () => add(f, sum, older));
        // More than one, so that one of them would take its local.
        const newer = [local(), local(), local()];
        for (const value of newer) assign(f, value, 100);
        for (const value of newer) add(f, sum, value);
      });
      f.address(address);
      f.get(sum);
      f.scalarMemory("i32.store", address);
    };
    const template = new TemplateBuilder(["i32"]);
    emit(template, standIn(0));
    const { result } = run((f) => place(f, template.template(), [0], [ADDRESS]));
    expect(new DataView(result.buffer, result.byteOffset).getInt32(0, true)).toBe(3 * (2 * 5 + 3 * 100));
  });

  it("need a few locals for a long chain", () => {
    const template = new TemplateBuilder(["i32"]);
    let last: Local = 0;
    for (let value = 0; value < 1000; value++) {
      const next = template.local("i32");
      template.get(last);
      template.get(last);
      template.plain("i32.add");
      template.set(next);
      last = next;
    }
    template.get(last);
    template.plain("drop");
    expect(template.template().locals.length).toBeLessThanOrEqual(2);
  });

  it("are refused where a local each would be too many, since that decides how kernels are merged", () => {
    const template = new TemplateBuilder(["i32"]);
    for (let value = 0; value < 50_000; value++) {
      template.get(0);
      template.set(template.local("i32"));
    }
    expect(() => run((f) => place(f, template.template(), [0], []))).toThrow(TooManyLocalsError);
  });
});
