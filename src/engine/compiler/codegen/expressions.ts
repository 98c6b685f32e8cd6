/**
 * Code generation for expressions: computes the value of a tensor at a position from loads and inline operations, each
 * (tensor, position) once. Knows tensors and vectors; the kernel decides which loops run.
 */
import { type Operation, stridesOf, type Tensor } from "../../graph.ts";
import { type Access, accesses, at, type Index, keyOf, linear } from "../affine-index.ts";
import type { Buffer } from "../memory-plan.ts";
import { pairwise } from "../pairwise.ts";
import { uniformValue } from "../rewrite/simplify.ts";
import { uniformLanes } from "../threefry.ts";
import { ELEMENT_BYTES, LANE_NUMBERS, LANES } from "../vector.ts";
import type { Local } from "../wasm/assembler.ts";
import type { LoopNest, Value } from "./loop-nest.ts";
import { ARITHMETIC, BOUNDED_BY_CONSTANT, COMPARISON, type Comparison, REDUCTION, UNARY } from "./math.ts";

type OperationOf<K extends Operation["kind"]> = Extract<Operation, { readonly kind: K }>;

/** An affine address in bytes. */
interface Address {
  readonly constant: number;
  readonly terms: readonly number[];
  readonly laneBytes: number;
}

/** Operations that only move the elements of their input. */
const MOVES: ReadonlySet<string> = new Set(["broadcast", "reshape", "permute", "slice"]);

/** A position, or its first indices. */
interface Place {
  /** The positions that go on with an index, by its number. */
  readonly next: Map<number, Place>;
  /** The keys of the tensors at this position. */
  readonly keys: Map<number, number>;
}

const newPlace = (): Place => ({ next: new Map(), keys: new Map() });

/** The values of tensors at positions, within one loop nest. */
export class Expressions {
  readonly #nest: LoopNest;
  readonly #bufferOf: (tensor: Tensor) => Buffer | undefined;
  /** Numbers of the indices seen so far, by their keys and, as a faster lookup, by the objects. */
  readonly #indexNames = new Map<string, number>();
  readonly #indexNumbers = new Map<Index, number>();
  /** The places of the positions seen so far: by their indices, one after the other, and by their arrays. */
  readonly #origin = newPlace();
  readonly #places = new Map<readonly Index[], Place>();
  #keys = 0;
  /** What a tensor reads at a position, by its key: `prepare` asks for it before `value` does, and the same arrays are known places. */
  readonly #accesses: (Access[] | undefined)[] = [];
  /** The number of vector lanes in use. */
  lanes = 1;

  /** `bufferOf` returns the buffer that a tensor is loaded from; tensors without a buffer are computed. */
  constructor(nest: LoopNest, bufferOf: (tensor: Tensor) => Buffer | undefined) {
    this.#nest = nest;
    this.#bufferOf = bufferOf;
  }

  /** Returns a number per tensor and position. Elementwise operations pass on the same array, so most positions are repeated. */
  #keyOf({ id }: Tensor, position: readonly Index[]): number {
    const place = this.#placeOf(position);
    let key = place.keys.get(id);
    if (key === undefined) {
      key = this.#keys++;
      place.keys.set(id, key);
    }
    return key;
  }

  #placeOf(position: readonly Index[]): Place {
    const known = this.#places.get(position);
    if (known) return known;
    let place = this.#origin;
    for (const index of position) {
      const number = this.#numberOf(index);
      const next = place.next.get(number) ?? newPlace();
      place.next.set(number, next);
      place = next;
    }
    this.#places.set(position, place);
    return place;
  }

  #numberOf(index: Index): number {
    let number = this.#indexNumbers.get(index);
    if (number === undefined) {
      const name = keyOf(index);
      number = this.#indexNames.get(name) ?? this.#indexNames.size;
      this.#indexNames.set(name, number);
      this.#indexNumbers.set(index, number);
    }
    return number;
  }

  #accessesOf(tensor: Tensor, position: readonly Index[], key = this.#keyOf(tensor, position)): Access[] | undefined {
    this.#accesses[key] ??= accesses(tensor, position)?.map((access, operand) =>
      tensor.op.kind === "where" && operand === 0 ? access : this.#behindMoves(access),
    );
    return this.#accesses[key];
  }

  /** Follows operations that only move elements, and so need no code, to a value that is computed or loaded. Lowered products have chains of them. */
  #behindMoves(access: Access): Access {
    let found = access;
    while (MOVES.has(found.tensor.op.kind) && uniformValue(found.tensor) === undefined && !this.#bufferOf(found.tensor)) {
      const next = accesses(found.tensor, found.position)?.[0];
      if (!next) break;
      found = next;
    }
    return found;
  }

  /** Returns the elements of `tensor` at `position`, one per lane. */
  value(tensor: Tensor, position: readonly Index[]): Value {
    const uniform = uniformValue(tensor);
    if (uniform !== undefined) return this.#nest.float(uniform);
    return this.#valueOf(tensor, position, this.#keyOf(tensor, position));
  }

  #valueOf(tensor: Tensor, position: readonly Index[], key: number): Value {
    return this.#nest.recall(key) ?? this.#nest.remember(key, this.#compute(tensor, position, key));
  }

  /**
   * Computes the values at several positions together, operation by operation, so that their chains of dependent
   * instructions overlap. `value` then reuses them.
   */
  prepare(tensor: Tensor, positions: readonly (readonly Index[])[]): void {
    if (uniformValue(tensor) !== undefined) return;
    const keys = new Array<number>(positions.length);
    let isKnown = true;
    for (let at = 0; at < positions.length; at++) {
      const key = this.#keyOf(tensor, positions[at] as readonly Index[]);
      keys[at] = key;
      isKnown &&= this.#nest.recall(key) !== undefined;
    }
    if (isKnown) return;
    if (!this.#bufferOf(tensor)) this.#prepareOperands(tensor, positions, keys);
    for (let at = 0; at < positions.length; at++) this.#valueOf(tensor, positions[at] as readonly Index[], keys[at] as number);
  }

  #prepareOperands(tensor: Tensor, positions: readonly (readonly Index[])[], keys: readonly number[]): void {
    const sources = positions.map((position, at) => this.#accessesOf(tensor, position, keys[at]) ?? []);
    const [first = []] = sources;
    for (let index = 0; index < first.length; index++) {
      const { tensor: source } = first[index] as Access;
      if (uniformValue(source) !== undefined) continue;
      this.#prepareOperand(
        source,
        sources.map((each) => each[index]?.position ?? []),
        tensor.op.kind === "where" && index === 0,
      );
    }
  }

  /** Prepares an operand. A condition is needed only as a mask, so its two sides are prepared instead. */
  #prepareOperand(source: Tensor, positions: readonly (readonly Index[])[], isCondition: boolean): void {
    if (isCondition && this.#isComparison(source)) for (const side of source.inputs) this.prepare(side, positions);
    else this.prepare(source, positions);
  }

  #isComparison(tensor: Tensor): boolean {
    return tensor.op.kind === "binary" && tensor.op.fn in COMPARISON && !this.#bufferOf(tensor);
  }

  /** Registers a value that was computed elsewhere. */
  bind(tensor: Tensor, position: readonly Index[], value: Value): void {
    this.#nest.remember(this.#keyOf(tensor, position), value);
  }

  #compute(tensor: Tensor, position: readonly Index[], key: number): Value {
    const { op, inputs } = tensor;
    const nest = this.#nest;
    const buffer = this.#bufferOf(tensor);
    if (buffer) return this.#load(this.#address(buffer, linear(tensor.shape, position)));
    const operand = (index: number): Value => {
      const access = this.#accessesOf(tensor, position, key)?.[index] as Access;
      return this.value(access.tensor, access.position);
    };
    switch (op.kind) {
      case "unary": {
        const x = operand(0);
        return { local: UNARY[op.fn](nest.codeAt(x.depth), x.local), depth: x.depth };
      }
      case "binary":
        return op.fn in COMPARISON
          ? nest.op("v128.and", this.#mask(tensor, position), nest.float(1))
          : this.#arithmetic(op, tensor, operand);
      case "where":
        return nest.op("v128.bitselect", operand(1), operand(2), this.#mask(inputs[0] as Tensor, position));
      case "sum":
      case "max":
        return this.#combined(tensor, position, key, (a, b) => nest.op(REDUCTION[op.kind].instruction, a, b));
      case "gather":
        return this.#gathered(tensor, position);
      case "uniform":
        return this.#random(tensor, position);
      case "reshape": {
        const renamed = this.#accessesOf(tensor, position, key)?.[0];
        if (renamed) return this.value(renamed.tensor, renamed.position);
        const source = inputs[0] as Tensor;
        return this.#load(this.#address(this.#bufferOf(source) as Buffer, linear(tensor.shape, position)));
      }
      default: {
        const moved = this.#accessesOf(tensor, position, key)?.[0];
        if (!moved) throw new Error(`${op.kind} cannot be part of an expression`);
        return this.value(moved.tensor, moved.position);
      }
    }
  }

  /** A mask with all bits of a lane set where the condition is not 0. */
  #mask(condition: Tensor, position: readonly Index[]): Value {
    const { op, inputs } = condition;
    const nest = this.#nest;
    if (op.kind !== "binary" || !this.#isComparison(condition))
      return nest.op("f32x4.ne", this.value(condition, position), nest.float(0));
    const key = -1 - this.#keyOf(condition, position);
    const known = nest.recall(key);
    if (known) return known;
    const [a, b] = inputs.map((x) => this.value(x, position)) as [Value, Value];
    return nest.remember(key, nest.op(COMPARISON[op.fn as Comparison], a, b));
  }

  #arithmetic(op: OperationOf<"binary">, { inputs }: Tensor, operand: (index: number) => Value): Value {
    const [a, b] = inputs as [Tensor, Tensor];
    const bounded = BOUNDED_BY_CONSTANT[op.fn];
    const isNumber = (x: Tensor) => uniformValue(x) !== undefined && !Number.isNaN(uniformValue(x));
    if (bounded && (isNumber(a) || isNumber(b))) {
      const [x, limit] = isNumber(b) ? [0, 1] : [1, 0];
      return this.#nest.op(bounded, operand(x), operand(limit));
    }
    return this.#nest.op(ARITHMETIC[op.fn as keyof typeof ARITHMETIC], operand(0), operand(1));
  }

  /** An unrolled reduction, combined pairwise. */
  #combined(tensor: Tensor, position: readonly Index[], key: number, combine: (a: Value, b: Value) => Value): Value {
    const terms = (this.#accessesOf(tensor, position, key) ?? []).map((access) => this.value(access.tensor, access.position));
    return pairwise(terms, combine);
  }

  #random({ inputs: [key, counter], shape }: Tensor, position: readonly Index[]): Value {
    const index = linear(shape, position);
    const nest = this.#nest;
    const words = [this.value(key as Tensor, [at(0)]), this.value(key as Tensor, [at(1)]), this.value(counter as Tensor, [])];
    const offset = nest.offset(index.terms);
    const depth = Math.max(offset?.depth ?? 0, ...words.map((word) => word.depth));
    const lanes = LANE_NUMBERS.map((lane) => index.constant + lane * index.lane) as [number, number, number, number];
    const element = nest.vectorAt(depth, () => {
      nest.f.v128(lanes);
      if (!offset) return;
      nest.f.get(offset.local);
      nest.f.vector("i32x4.splat");
      nest.f.vector("i32x4.add");
    });
    const [key0, key1, counter1] = words.map((word) => word.local) as [Local, Local, Local];
    return { local: uniformLanes(nest.codeAt(depth), key0, key1, element.local, counter1), depth };
  }

  // ---------------------------------------------------------------- memory

  #address({ address, stepBytes }: Buffer, index: Index): Address {
    const terms = index.terms.map((coefficient) => coefficient * ELEMENT_BYTES);
    if (stepBytes > 0) terms[0] = (terms[0] ?? 0) + stepBytes;
    return { constant: address + index.constant * ELEMENT_BYTES, terms, laneBytes: index.lane * ELEMENT_BYTES };
  }

  /** Loads at an address plus the byte offsets in `rows`: one for all lanes, or one per lane. */
  #load({ constant, terms, laneBytes }: Address, rows: readonly Value[] = []): Value {
    const nest = this.#nest;
    const offset = nest.offset(terms);
    const depth = Math.max(offset?.depth ?? 0, ...rows.map((row) => row.depth));
    const push = (lane: number): void => this.#pushAddress(offset?.local, rows[Math.min(lane, rows.length - 1)]?.local);
    return nest.vectorAt(depth, () => {
      if (rows.length <= 1 && (laneBytes === 0 || laneBytes === ELEMENT_BYTES)) {
        push(0);
        nest.f.vectorMemory(laneBytes === 0 ? "v128.load32_splat" : "v128.load", constant);
        return;
      }
      push(0);
      nest.f.vectorMemory("v128.load32_zero", constant);
      for (let lane = 1; lane < this.lanes; lane++) this.#loadLane(lane, push, constant + lane * laneBytes);
    });
  }

  #loadLane(lane: number, push: (lane: number) => void, constant: number): void {
    const { f } = this.#nest;
    const partial = f.local("v128");
    f.set(partial);
    push(lane);
    f.get(partial);
    f.vectorMemory("v128.load32_lane", constant, lane);
  }

  #pushAddress(offset: Local | undefined, row: Local | undefined): void {
    const { f } = this.#nest;
    if (offset === undefined && row === undefined) f.i32(0);
    if (offset !== undefined) f.get(offset);
    if (row !== undefined) f.get(row);
    if (offset !== undefined && row !== undefined) f.plain("i32.add");
  }

  #gathered({ inputs: [data, indices] }: Tensor, position: readonly Index[]): Value {
    const [table, list] = [data as Tensor, indices as Tensor];
    const lead = list.shape.length;
    const rows = this.rows(list, position.slice(0, lead), (stridesOf(table.shape)[0] as number) * ELEMENT_BYTES);
    const rest = linear(table.shape, [at(0), ...position.slice(lead)]);
    return this.#load(this.#address(this.#bufferOf(table) as Buffer, rest), rows);
  }

  /** Returns index · rowBytes for the index at this position, or for the index of each lane. */
  rows(indices: Tensor, position: readonly Index[], rowBytes: number): Value[] {
    const nest = this.#nest;
    const { constant, terms, laneBytes } = this.#address(this.#bufferOf(indices) as Buffer, linear(indices.shape, position));
    const offset = nest.offset(terms);
    const depth = offset?.depth ?? 0;
    return Array.from({ length: laneBytes === 0 ? 1 : this.lanes }, (_, lane) => {
      const key = `row ${constant + lane * laneBytes} ${terms} ${rowBytes}`;
      const compute = (): Value => {
        const local = nest.f.local("i32");
        this.#pushAddress(offset?.local, undefined);
        nest.f.scalarMemory("i32.load", constant + lane * laneBytes);
        nest.f.i32(rowBytes);
        nest.f.plain("i32.mul");
        nest.f.set(local);
        return { local, depth };
      };
      return nest.recall(key) ?? nest.remember(key, nest.at(depth, compute));
    });
  }

  /** Appends code that stores the lanes of `value` at `index` of a buffer. */
  store(buffer: Buffer, index: Index, value: Local, rows: readonly Value[] = []): void {
    const { f } = this.#nest;
    const { constant, terms, laneBytes } = this.#address(buffer, index);
    const offset = this.#nest.offset(terms);
    const put = (instruction: Parameters<typeof f.vectorMemory>[0], lane: number, wasmLane?: number): void => {
      this.#pushAddress(offset?.local, rows[Math.min(lane, rows.length - 1)]?.local);
      f.get(value);
      f.vectorMemory(instruction, constant + lane * laneBytes, wasmLane);
    };
    const contiguous = laneBytes === ELEMENT_BYTES && rows.length <= 1;
    const lanes = laneBytes === 0 && rows.length <= 1 ? 1 : this.lanes;
    if (contiguous && lanes === LANES) put("v128.store", 0);
    else if (contiguous && lanes >= 2) {
      put("v128.store64_lane", 0, 0);
      if (lanes === 3) put("v128.store32_lane", 2, 2);
    } else for (let lane = 0; lane < lanes; lane++) put("v128.store32_lane", lane, lane);
  }

  /** Loads the vector at `index` of a buffer, without reusing an earlier load. */
  load(buffer: Buffer, index: Index, rows: readonly Value[] = []): Value {
    return this.#load(this.#address(buffer, index), rows);
  }
}
