/**
 * Writes the functions that copy a matrix into panels: `width` rows (or columns) side by side, one group for each inner
 * position. Knows strides; knows nothing of products.
 *
 * Both read whole vectors: past the end of a row they find elements of no meaning, which end up where no tile's result that
 * is stored reads them.
 */
import { LoopNest, type Value } from "../codegen/loop-nest.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "../wasm/assembler.ts";

const LANES = 4;

/** Functions (source, stride in bytes, inner length, panels, target, last line), made when first used. */
export class PackFunctions {
  readonly #module: ModuleBuilder;
  readonly #made = new Map<string, FunctionBuilder>();

  constructor(module: ModuleBuilder) {
    this.#module = module;
  }

  /** Lines of the panel are contiguous in the source: element (line, inner) is at inner * stride + line. */
  along(width: number): FunctionBuilder {
    return this.#get(`along ${width}`, (f) => writeAlong(f, width));
  }

  /** The inner axis is contiguous in the source: element (line, inner) is at line * stride + inner. */
  across(width: number): FunctionBuilder {
    return this.#get(`across ${width}`, (f) => writeAcross(f, width));
  }

  #get(key: string, write: (f: FunctionBuilder) => void): FunctionBuilder {
    const known = this.#made.get(key);
    if (known) return known;
    const f = this.#module.function(["i32", "i32", "i32", "i32", "i32", "i32"]);
    write(f);
    this.#made.set(key, f);
    return f;
  }
}

const [SOURCE, STRIDE, INNER, PANELS, TARGET, LAST] = [0, 1, 2, 3, 4, 5] as const;

/** for panel: for inner: copy `width` contiguous elements. */
function writeAlong(f: FunctionBuilder, width: number): void {
  const nest = new LoopNest(f, []);
  const column = f.local("i32");
  const from = f.local("i32");
  copy(f, SOURCE, column);
  nest.loop({ local: PANELS }, 1, () => {
    copy(f, column, from);
    nest.loop({ local: INNER }, 1, () => {
      for (let part = 0; part < width; part += LANES) {
        f.get(TARGET);
        f.get(from);
        f.vectorMemory("v128.load", part * 4);
        f.vectorMemory("v128.store", part * 4);
      }
      advance(f, from, () => f.get(STRIDE));
      advance(f, TARGET, () => f.i32(width * 4));
    });
    advance(f, column, () => f.i32(width * 4));
  });
}

/** for panel: for four inner positions: turn 4 x 4 blocks around. Lines past the last one repeat it. */
function writeAcross(f: FunctionBuilder, width: number): void {
  const nest = new LoopNest(f, []);
  const line = f.local("i32");
  const lines = Array.from({ length: width }, () => f.local("i32"));
  const last = f.local("i32");
  f.get(LAST);
  f.get(STRIDE);
  f.plain("i32.mul");
  f.get(SOURCE);
  f.plain("i32.add");
  f.set(last);
  copy(f, SOURCE, line);
  nest.loop({ local: PANELS }, 1, () => {
    for (const each of lines) {
      copy(f, line, each);
      advance(f, line, () => f.get(STRIDE));
      f.get(line);
      f.get(last);
      f.get(line);
      f.get(last);
      f.plain("i32.lt_u");
      f.plain("select");
      f.set(line);
    }
    nest.loop({ local: INNER }, 1, () => {
      for (let part = 0; part < width; part += LANES) turnBlock(f, nest, lines.slice(part, part + LANES), width, part);
      for (const each of lines) advance(f, each, () => f.i32(LANES * 4));
      advance(f, TARGET, () => f.i32(LANES * width * 4));
    });
  });
}

/** Stores the transpose of the 4 x 4 block that the four line pointers show. */
function turnBlock(f: FunctionBuilder, nest: LoopNest, lines: readonly Local[], width: number, part: number): void {
  const rows = lines.map((line) =>
    nest.vectorAt(nest.depth, () => {
      f.get(line);
      f.vectorMemory("v128.load", 0);
    }),
  ) as [Value, Value, Value, Value];
  const mix = (a: Value, b: Value, lanes: readonly [number, number, number, number]): Value =>
    nest.vectorAt(nest.depth, () => {
      f.get(a.local);
      f.get(b.local);
      f.shuffle(lanes);
    });
  const [low01, high01] = [mix(rows[0], rows[1], [0, 4, 1, 5]), mix(rows[0], rows[1], [2, 6, 3, 7])];
  const [low23, high23] = [mix(rows[2], rows[3], [0, 4, 1, 5]), mix(rows[2], rows[3], [2, 6, 3, 7])];
  const columns = [
    mix(low01, low23, [0, 1, 4, 5]),
    mix(low01, low23, [2, 3, 6, 7]),
    mix(high01, high23, [0, 1, 4, 5]),
    mix(high01, high23, [2, 3, 6, 7]),
  ];
  columns.forEach(({ local }, index) => {
    f.get(TARGET);
    f.get(local);
    f.vectorMemory("v128.store", (index * width + part) * 4);
  });
}

function copy(f: FunctionBuilder, from: Local, to: Local): void {
  f.get(from);
  f.set(to);
}

function advance(f: FunctionBuilder, pointer: Local, by: () => void): void {
  f.get(pointer);
  by();
  f.plain("i32.add");
  f.set(pointer);
}
