/** Modules from the assembler, run. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ModuleBuilder } from "../../../../src/engine/compiler/wasm/assembler.ts";
import { ByteBuffer } from "../../../../src/engine/compiler/wasm/byte-buffer.ts";

function run(build: (module: ModuleBuilder) => void): {
  view: DataView;
  exports: Record<string, (...values: number[]) => void>;
} {
  const module = new ModuleBuilder();
  build(module);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: { memory } });
  return { view: new DataView(memory.buffer), exports: instance.exports as Record<string, (...values: number[]) => void> };
}

describe("the assembler", () => {
  it("encodes every 32-bit integer so that the engine reads it back", () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (value) => {
        const { view, exports } = run((module) => {
          const f = module.function([]);
          f.i32(0);
          f.i32(value);
          f.scalarMemory("i32.store", 8);
          module.export("f", f);
        });
        exports.f?.();
        expect(view.getInt32(8, true)).toBe(value);
      }),
      { numRuns: 50 },
    );
  });

  it("encodes lengths of one to five bytes", () => {
    const bytes = (value: number) => {
      const buffer = new ByteBuffer();
      buffer.unsigned(value);
      return [...buffer.toBytes()];
    };
    expect(bytes(0)).toEqual([0]);
    expect(bytes(127)).toEqual([127]);
    expect(bytes(128)).toEqual([0x80, 1]);
    expect(bytes(624485)).toEqual([0xe5, 0x8e, 0x26]);
    expect(bytes(2 ** 32 - 1)).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
  });

  it("runs loops over vectors, with locals that scopes hand on", () => {
    const { view, exports } = run((module) => {
      const f = module.function(["i32"]);
      const pointer = f.local("i32");
      f.scope(() => {
        const sum = f.local("v128");
        f.loop(() => {
          f.get(sum);
          f.get(pointer);
          f.vectorMemory("v128.load", 16);
          f.vector("f32x4.add");
          f.set(sum);
          f.get(pointer);
          f.i32(16);
          f.plain("i32.add");
          f.set(pointer);
          f.get(pointer);
          f.get(0);
          f.plain("i32.lt_u");
          f.repeatIf();
        });
        f.i32(0);
        f.get(sum);
        f.vectorMemory("v128.store", 0);
      });
      f.scope(() => expect(f.local("v128")).toBe(2));
      module.export("sum", f);
    });
    for (let index = 0; index < 8; index++) view.setFloat32(16 + index * 4, index, true);
    exports.sum?.(32);
    expect([0, 1, 2, 3].map((lane) => view.getFloat32(lane * 4, true))).toEqual([4, 6, 8, 10]);
  });

  it("calls functions of any of its signatures, and shuffles lanes", () => {
    const { view, exports } = run((module) => {
      const reverse = module.function(["i32", "i32"]);
      reverse.get(1);
      reverse.get(0);
      reverse.vectorMemory("v128.load", 0);
      reverse.get(0);
      reverse.vectorMemory("v128.load", 0);
      reverse.shuffle([3, 2, 1, 4]);
      reverse.vectorMemory("v128.store", 0);
      const main = module.function([]);
      main.i32(0);
      main.i32(64);
      main.call(reverse);
      module.export("main", main);
    });
    for (let lane = 0; lane < 4; lane++) view.setInt32(lane * 4, lane + 1, true);
    exports.main?.();
    expect([0, 1, 2, 3].map((lane) => view.getInt32(64 + lane * 4, true))).toEqual([4, 3, 2, 1]);
  });
});
