/** Code written with a local for each value, against the same code with shared locals: what it computes, and how many locals are left. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type FunctionBuilder,
  type Local,
  ModuleBuilder,
  TooManyLocalsError,
} from "../../../../src/engine/compiler/wasm/assembler.ts";
import { countDown } from "../../../../src/engine/compiler/wasm/counters.ts";
import { place, standIn, TemplateBuilder } from "../../../../src/engine/compiler/wasm/template.ts";

/** A statement of random code: a new value of two older ones, an older one changed, or a loop. */
type Statement =
  | { readonly kind: "value"; readonly a: number; readonly b: number }
  | { readonly kind: "change"; readonly target: number; readonly by: number }
  | { readonly kind: "loop"; readonly trips: number; readonly body: readonly Statement[] };

const { statements } = fc.letrec<{ statements: Statement[]; statement: Statement }>((tie) => ({
  statements: fc.array(tie("statement"), { maxLength: 8, depthIdentifier: "code" }),
  statement: fc.oneof(
    { depthIdentifier: "code", maxDepth: 3 },
    fc.record({ kind: fc.constant("value" as const), a: fc.nat(), b: fc.nat() }),
    fc.record({ kind: fc.constant("change" as const), target: fc.nat(), by: fc.nat() }),
    fc.record({ kind: fc.constant("loop" as const), trips: fc.integer({ min: 1, max: 4 }), body: tie("statements") }),
  ),
}));

/** Writes the code, which stores the sum of all values that are left at an address. */
function write(f: FunctionBuilder, code: readonly Statement[], address: number): void {
  const emit = (body: readonly Statement[], outer: readonly Local[]): readonly Local[] => {
    const values = [...outer];
    const at = (index: number): Local => values[index % values.length] as Local;
    for (const statement of body) {
      if (statement.kind === "loop") countDown(f, f.local("i32"), statement.trips, () => void emit(statement.body, values));
      else {
        const [a, b] = statement.kind === "value" ? [statement.a, statement.b] : [statement.target, statement.by];
        const target = statement.kind === "value" ? f.local("i32") : at(a);
        f.get(at(a));
        f.get(at(b));
        f.plain("i32.mul");
        f.get(at(b));
        f.plain("i32.add");
        f.set(target);
        if (statement.kind === "value") values.push(target);
      }
    }
    return values;
  };
  const first = f.local("i32");
  f.i32(3);
  f.set(first);
  const values = emit(code, [first]);
  f.address(address);
  f.i32(0);
  for (const value of values) {
    f.get(value);
    f.plain("i32.add");
  }
  f.scalarMemory("i32.store", 0);
}

function run(emit: (f: FunctionBuilder) => void): { readonly result: number; readonly locals: number } {
  const module = new ModuleBuilder();
  const f = module.function(["i32"]);
  emit(f);
  module.export("run", f);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: { memory } });
  (exports.run as (step: number) => void)(0);
  return { result: new DataView(memory.buffer).getInt32(64, true), locals: f.localTypes.length };
}

describe("values that share locals", () => {
  it("are those that have a local each, in any code with loops", () => {
    fc.assert(
      fc.property(statements, (code) => {
        const template = new TemplateBuilder(["i32"]);
        write(template, code, standIn(0));
        const [own, shared] = [run((f) => write(f, code, 64)), run((f) => place(f, template.template(), [0], [64]))];
        expect(shared.result).toBe(own.result);
        expect(shared.locals).toBeLessThanOrEqual(own.locals);
      }),
      { numRuns: 300 },
    );
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
