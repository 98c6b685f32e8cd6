/**
 * Generates the functions that pack a matrix into panels: `width` rows (or columns) side by side, one group per inner
 * position. Knows strides; knows nothing of matrix products.
 *
 * Both functions read whole vectors: past the end of a row they copy arbitrary elements, which never reach a stored result.
 */
import { LoopNest, type Value } from "../codegen/loop-nest.ts";
import { ELEMENT_BYTES, LANES } from "../vector.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "../wasm/assembler.ts";
import { advance, assign } from "../wasm/counters.ts";

/** Packing functions (source, stride in bytes, inner length, panels, target, last line), generated on first use. */
export class PackFunctions {
  readonly #module: ModuleBuilder;
  readonly #made = new Map<string, FunctionBuilder>();

  constructor(module: ModuleBuilder) {
    this.#module = module;
  }

  /** For sources with contiguous lines: element (line, inner) is at inner * stride + line. */
  along(width: number): FunctionBuilder {
    return this.#get(`along ${width}`, (f) => writeAlong(f, width));
  }

  /** For sources with a contiguous inner axis: element (line, inner) is at line * stride + inner. */
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
  assign(f, column, { local: SOURCE });
  nest.loop({ local: PANELS }, 1, () => {
    assign(f, from, { local: column });
    nest.loop({ local: INNER }, 1, () => {
      for (let part = 0; part < width; part += LANES) {
        f.get(TARGET);
        f.get(from);
        f.vectorMemory("v128.load", part * ELEMENT_BYTES);
        f.vectorMemory("v128.store", part * ELEMENT_BYTES);
      }
      advance(f, from, { local: STRIDE });
      advance(f, TARGET, width * ELEMENT_BYTES);
    });
    advance(f, column, width * ELEMENT_BYTES);
  });
}

/** for panel: for four inner positions: transpose 4 x 4 blocks. Lines past the last line repeat it. */
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
  assign(f, line, { local: SOURCE });
  nest.loop({ local: PANELS }, 1, () => {
    for (const each of lines) {
      assign(f, each, { local: line });
      advance(f, line, { local: STRIDE });
      f.get(line);
      f.get(last);
      f.get(line);
      f.get(last);
      f.plain("i32.lt_u");
      f.plain("select");
      f.set(line);
    }
    nest.loop({ local: INNER }, 1, () => {
      for (let part = 0; part < width; part += LANES) transposeBlock(f, nest, lines.slice(part, part + LANES), width, part);
      for (const each of lines) advance(f, each, LANES * ELEMENT_BYTES);
      advance(f, TARGET, LANES * width * ELEMENT_BYTES);
    });
  });
}

/** Stores the transpose of the 4 x 4 block at the four line pointers. */
function transposeBlock(f: FunctionBuilder, nest: LoopNest, lines: readonly Local[], width: number, part: number): void {
  const rows = lines.map((line) =>
    nest.vectorAt(nest.depth, () => {
      f.get(line);
      f.vectorMemory("v128.load", 0);
    }),
  ) as [Value, Value, Value, Value];
  const shuffle = (a: Value, b: Value, lanes: readonly [number, number, number, number]): Value =>
    nest.vectorAt(nest.depth, () => {
      f.get(a.local);
      f.get(b.local);
      f.shuffle(lanes);
    });
  const [low01, high01] = [shuffle(rows[0], rows[1], [0, 4, 1, 5]), shuffle(rows[0], rows[1], [2, 6, 3, 7])];
  const [low23, high23] = [shuffle(rows[2], rows[3], [0, 4, 1, 5]), shuffle(rows[2], rows[3], [2, 6, 3, 7])];
  const columns = [
    shuffle(low01, low23, [0, 1, 4, 5]),
    shuffle(low01, low23, [2, 3, 6, 7]),
    shuffle(high01, high23, [0, 1, 4, 5]),
    shuffle(high01, high23, [2, 3, 6, 7]),
  ];
  columns.forEach(({ local }, index) => {
    f.get(TARGET);
    f.get(local);
    f.vectorMemory("v128.store", (index * width + part) * ELEMENT_BYTES);
  });
}
