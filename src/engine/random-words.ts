/** Many random words at once: threefry as a separate WebAssembly module, for draws outside of compiled programs. */
import { LoopNest } from "./compiler/codegen/loop-nest.ts";
import { firstWordLanes } from "./compiler/threefry.ts";
import { LANES } from "./compiler/vector.ts";
import { type Local, ModuleBuilder } from "./compiler/wasm/assembler.ts";
import { advance, assign } from "./compiler/wasm/counters.ts";

/** Vectors of an iteration. */
const VECTORS = 2;
/** Words of an iteration. */
const STRIDE = VECTORS * LANES;

/** Maximum words of a call. */
export const MAX_WORDS = 2048;

/** Words that the next call overwrites, and the function (key, counter, iterations) that draws them. */
interface Drawing {
  readonly words: Int32Array;
  draw(key0: number, key1: number, low: number, high: number, iterations: number): void;
}

/** One for each thread, created at its first draw. */
let drawing: Drawing | null = null;

/**
 * Returns the first words of the blocks of a key at the counters from (low, high) on, at least `count` of them, which is 1..MAX_WORDS.
 * Valid while `low` does not overflow, and until the next call in this thread overwrites them.
 */
export function drawWords(key0: number, key1: number, low: number, high: number, count: number): Int32Array {
  drawing ??= createDrawing();
  drawing.draw(key0, key1, low, high, Math.ceil(count / STRIDE));
  return drawing.words;
}

function createDrawing(): Drawing {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(writeModule()), { env: { memory } });
  return {
    words: new Int32Array(memory.buffer, 0, MAX_WORDS),
    draw: instance.exports.draw as Drawing["draw"],
  };
}

const [KEY_0, KEY_1, LOW, HIGH, ITERATIONS] = [0, 1, 2, 3, 4] as const;

function writeModule(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  const f = module.function(["i32", "i32", "i32", "i32", "i32"]);
  const nest = new LoopNest(f, []);
  const v = () => nest.codeAt(nest.depth);
  const splat = (scalar: Local): Local =>
    nest.vectorAt(0, () => {
      f.get(scalar);
      f.vector("i32x4.splat");
    }).local;
  const [key0, key1, high] = [splat(KEY_0), splat(KEY_1), splat(HIGH)];
  const lanes = nest.vectorAt(0, () => f.v128([0, 1, 2, 3])).local;
  const [low, address] = [v().op("i32x4.add", splat(LOW), lanes), f.local("i32")];
  assign(f, address, 0);
  nest.loop({ local: ITERATIONS }, 1, () => {
    const counters = Array.from({ length: VECTORS }, (_, part) => v().op("i32x4.add", low, v().bits(part * LANES)));
    firstWordLanes(v(), key0, key1, counters, high).forEach((word, part) => {
      f.get(address);
      f.get(word);
      f.vectorMemory("v128.store", part * LANES * Int32Array.BYTES_PER_ELEMENT);
    });
    assign(f, low, { local: v().op("i32x4.add", low, v().bits(STRIDE)) });
    advance(f, address, STRIDE * Int32Array.BYTES_PER_ELEMENT);
  });
  module.export("draw", f);
  return module.finish();
}
