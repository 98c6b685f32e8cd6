/**
 * Code generation for matrix products: register tiles of 4 rows by 8 columns, each summed over the whole inner axis, with the
 * kernel's pointwise epilogue computed on the tile before it is stored. Without fused multiply-add, peak throughput is 16
 * operations per cycle. A tile has 8 independent accumulators; larger tiles (6 x 8, 4 x 12) spill registers and are slower. The rows that whole
 * tiles leave have tiles of 2 x 16 or 1 x 32.
 *
 * Every element is summed in the order of the inner axis by one accumulator.
 */

import { at, type Index, linear, plus, variable, ZERO } from "../affine-index.ts";
import { Expressions } from "../codegen/expressions.ts";
import { LoopNest, type Value } from "../codegen/loop-nest.ts";
import type { Buffer, ProgramPlan } from "../memory-plan.ts";
import type { MatmulKernel, OperandView } from "../schedule/kernels.ts";
import { LANES } from "../vector.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "../wasm/assembler.ts";
import { assign, countUp } from "../wasm/counters.ts";
import { emitPacking, packingsOf } from "./operand-packing.ts";
import type { PackFunctions } from "./pack.ts";
import { blockRowsOf, innerLengths, TILE_COLUMNS, TILE_ROWS } from "./product.ts";

/** Inner positions per iteration of the tile's loop. */
const UNROLL = 8;

/** The functions that compute rows of a product, with the parameters step, batch indices, first row, and number of tiles. */
export interface TileFunctions {
  /** Tiles of whole rows; undefined for a product with fewer. */
  readonly full: FunctionBuilder | undefined;
  /** The last tile, of the rows that are left. */
  readonly edge: FunctionBuilder | undefined;
  /** Rows of whole tiles. */
  readonly fullRows: number;
  /** Rows of a block of a, whose tiles one call computes. */
  readonly blockRows: number;
}

/** Writes the functions that compute the tiles of a product. */
export function writeTiles(module: ModuleBuilder, kernel: MatmulKernel, plan: ProgramPlan): TileFunctions {
  const { batch, m } = kernel.shape;
  const fullRows = m - (m % TILE_ROWS);
  const parameters = new Array<"i32">(batch.length + 3).fill("i32");
  const given = Array.from({ length: batch.length + 2 }, (_, index) => index);
  const write = (rows: number): FunctionBuilder => {
    const tiles = module.function(parameters);
    new TileEmitter(tiles, given, { local: given.length }, kernel, plan, rows).emit();
    return tiles;
  };
  return {
    full: fullRows > 0 ? write(TILE_ROWS) : undefined,
    edge: m % TILE_ROWS > 0 ? write(m % TILE_ROWS) : undefined,
    fullRows,
    blockRows: blockRowsOf(kernel),
  };
}

/**
 * Appends the product to the step function `f`. The tiles are separate functions, each call of which computes a block of
 * rows: V8 switches to optimised code only between calls, so even a long first step runs optimised code.
 */
export function emitMatmul(
  module: ModuleBuilder,
  packs: PackFunctions,
  f: FunctionBuilder,
  step: Local,
  kernel: MatmulKernel,
  plan: ProgramPlan,
): void {
  const { full, edge, fullRows, blockRows } = writeTiles(module, kernel, plan);
  f.scope(() => {
    visitBatch(f, step, kernel, (outer) => {
      const call = (tiles: FunctionBuilder, row: () => void, count: number): void => {
        for (const local of outer) f.get(local);
        row();
        f.i32(count);
        f.call(tiles);
      };
      for (const packing of packingsOf(kernel, plan)) emitPacking(packs, f, outer, plan, packing);
      const blocks = Math.floor(fullRows / blockRows);
      const row = f.local("i32");
      if (full && blocks > 0) {
        countTo(f, row, blocks * blockRows, () => call(full, () => f.get(row), blockRows / TILE_ROWS), blockRows);
      }
      const rest = fullRows - blocks * blockRows;
      if (full && rest > 0) call(full, () => f.i32(blocks * blockRows), rest / TILE_ROWS);
      if (edge) call(edge, () => f.i32(fullRows), 1);
    });
  });
}

/** Appends loops over the batch axes of a product around `body`, which gets the locals of the step and the batch indices. */
export function visitBatch(
  f: FunctionBuilder,
  step: Local,
  { shape: { batch } }: MatmulKernel,
  body: (outer: readonly Local[]) => void,
): void {
  const indices = batch.map(() => f.local("i32"));
  const visit = (axis: number): void => {
    if (axis < batch.length) countTo(f, indices[axis] as Local, batch[axis] as number, () => visit(axis + 1));
    else body([step, ...indices]);
  };
  visit(0);
}

/** for (counter = 0; counter < limit; counter += by) body() */
function countTo(f: FunctionBuilder, counter: Local, limit: number, body: () => void, by = 1): void {
  assign(f, counter, 0);
  countUp(f, counter, limit, body, by);
}

// ---------------------------------------------------------------- tiles

class TileEmitter {
  readonly #f: FunctionBuilder;
  readonly #nest: LoopNest;
  readonly #given: readonly Local[];
  readonly #tiles: { readonly local: Local };
  readonly #kernel: MatmulKernel;
  readonly #plan: ProgramPlan;
  readonly #rows: number;
  readonly #expressions: Expressions;

  /** Emits `tiles` tiles of `rows` rows, starting at the row in the last of the `given` locals. */
  constructor(
    f: FunctionBuilder,
    given: readonly Local[],
    tiles: { readonly local: Local },
    kernel: MatmulKernel,
    plan: ProgramPlan,
    rows: number,
  ) {
    this.#f = f;
    this.#nest = new LoopNest(f, given);
    this.#given = given;
    this.#tiles = tiles;
    this.#kernel = kernel;
    this.#plan = plan;
    this.#rows = rows;
    const own = new Set(kernel.outputs.map(({ tensor }) => tensor));
    this.#expressions = new Expressions(this.#nest, (tensor) => (own.has(tensor) ? undefined : plan.buffers.get(tensor)));
  }

  /**
   * Loops over columns outside and rows inside, so that the panel of b stays in the L1 cache. Tiles of fewer rows have as many more columns
   * instead: fewer sums would wait for themselves.
   */
  emit(): void {
    const { n } = this.#kernel.shape;
    const wide = Math.floor(TILE_ROWS / this.#rows) * TILE_COLUMNS;
    let done = 0;
    for (const columns of new Set([wide, TILE_COLUMNS])) {
      const first = at(done);
      const panels = Math.floor((n - done) / columns);
      if (panels > 1)
        this.#nest.loop(panels, columns, () => this.#emitRows(plus(first, variable(this.#nest.variable)), columns));
      else if (panels === 1) this.#emitRows(first, columns);
      done += panels * columns;
    }
    if (done < n) this.#emitRows(at(done), n - done);
  }

  #emitRows(column: Index, columns: number): void {
    const first = variable(this.#given.length - 1);
    this.#nest.loop(this.#tiles, TILE_ROWS, () => this.#emitTile(plus(first, variable(this.#nest.variable)), column, columns));
  }

  #emitTile(row: Index, column: Index, columns: number): void {
    const { k } = this.#kernel.shape;
    const vectors = Math.ceil(columns / LANES);
    const sums = Array.from({ length: this.#rows }, () => Array.from({ length: vectors }, () => this.#zero()));
    const trips = Math.floor(k / UNROLL);
    if (trips > 1) {
      this.#nest.loop(trips, UNROLL, () => {
        for (let part = 0; part < UNROLL; part++) {
          this.#multiply(row, column, plus(at(part), variable(this.#nest.variable)), sums);
        }
      });
    }
    for (let inner = trips > 1 ? trips * UNROLL : 0; inner < k; inner++) this.#multiply(row, column, at(inner), sums);
    this.#store(row, column, columns, sums);
  }

  #zero(): Local {
    const local = this.#f.local("v128");
    assign(this.#f, local, this.#nest.float(0));
    return local;
  }

  /** sums += a[row.., inner] b[inner, column..] */
  #multiply(row: Index, column: Index, inner: Index, sums: readonly (readonly Local[])[]): void {
    const parts = [...(sums[0] as readonly Local[]).keys()];
    const loadB = (part: number) => this.#loadB(inner, column, part * LANES);
    const add = (offset: number, part: number, a: Value, b: Value): void => {
      const sum = sums[offset]?.[part] as Local;
      this.#f.get(sum);
      this.#f.get(a.local);
      this.#f.get(b.local);
      this.#f.vector("f32x4.mul");
      this.#f.vector("f32x4.add");
      this.#f.set(sum);
    };
    // The side with fewer vectors stays in registers.
    if (parts.length <= sums.length) {
      const b = parts.map(loadB);
      sums.forEach((_, offset) => {
        const a = this.#loadA(row, offset, inner);
        for (const part of parts) add(offset, part, a, b[part] as Value);
      });
      return;
    }
    const a = sums.map((_, offset) => this.#loadA(row, offset, inner));
    for (const part of parts) {
      const b = loadB(part);
      for (const [offset, each] of a.entries()) add(offset, part, each, b);
    }
  }

  #loadA(row: Index, offset: number, inner: Index): Value {
    const packed = this.#plan.packs.get(this.#kernel)?.a;
    const [length] = innerLengths(this.#kernel);
    return packed
      ? this.#expressions.load(packed, plus(plus(at(offset), row, length), inner, TILE_ROWS))
      : this.#loadView(this.#kernel.a, plus(at(offset), row), inner);
  }

  #loadB(inner: Index, column: Index, offset: number): Value {
    const packed = this.#plan.packs.get(this.#kernel)?.b;
    const [, length] = innerLengths(this.#kernel);
    if (!packed) return this.#loadView(this.#kernel.b, inner, plus({ constant: offset, terms: [], lane: 1 }, column));
    const within = offset % TILE_COLUMNS;
    const lanes: Index = { constant: within, terms: [], lane: 1 };
    return this.#expressions.load(packed, plus(plus(lanes, plus(at(offset - within), column), length), inner, TILE_COLUMNS));
  }

  /** Loads an element of an operand view, with the variables of its index replaced by those of this nest. */
  #loadView({ tensor, index }: OperandView, first: Index, second: Index): Value {
    const positions = [...this.#kernel.shape.batch.map((_, axis) => variable(axis + 1)), first, second];
    const offset = positions.reduce((sum, position, axis) => plus(sum, position, index.terms[axis] ?? 0), at(index.constant));
    return this.#expressions.load(this.#plan.buffers.get(tensor) as Buffer, offset);
  }

  #store(row: Index, column: Index, columns: number, sums: readonly (readonly Local[])[]): void {
    const { product, outputs, shape } = this.#kernel;
    const batch = shape.batch.map((size, axis) => (size === 1 ? ZERO : variable(axis + 1)));
    sums.forEach((parts, offset) => {
      parts.forEach((sum, part) => {
        const position = [...batch, plus(at(offset), row), plus({ constant: part * LANES, terms: [], lane: 1 }, column)];
        this.#expressions.lanes = Math.min(LANES, columns - part * LANES);
        this.#expressions.bind(product, position, { local: sum, depth: this.#nest.depth });
        const values = outputs.map(({ tensor }) => this.#expressions.value(tensor, position));
        outputs.forEach(({ tensor }, index) => {
          for (const buffer of this.#plan.targets.get(tensor) ?? [])
            this.#expressions.store(buffer, linear(tensor.shape, position), (values[index] as Value).local);
        });
      });
    });
  }
}
