/**
 * Code generation for loop nests. Code can be inserted at any level of the nest under construction: loop-invariant code is
 * hoisted, and addresses are induction variables. Knows loops and bytes; knows nothing of tensors.
 */

import type { FunctionBuilder, Local } from "../wasm/assembler.ts";
import { ByteBuffer } from "../wasm/byte-buffer.ts";
import { type Amount, advance, countDown } from "../wasm/counters.ts";
import type { VectorInstruction } from "../wasm/opcodes.ts";
import type { VectorCode } from "./math.ts";

/** A value in a local variable, and the depth of the innermost loop in which it changes: 0 is outside all loops. */
export interface Value {
  readonly local: Local;
  readonly depth: number;
}

interface Level {
  readonly code: ByteBuffer;
  /** Induction variables Σ coefficient · loop variable, in bytes, by their coefficients. */
  readonly offsets: Map<string, Local>;
  /** The bytes added to each induction variable at the end of the loop's body. */
  readonly advances: { local: Local; bytes: number }[];
  /** The keys of the values that end with this level, and the values that had them before. */
  readonly own: (readonly [key: string | number, before: Value | undefined])[];
  /** The increment of the loop variable per iteration. */
  readonly step: number;
}

/** A number, and its pattern. */
const FLOAT = new Float32Array(1);
const FLOAT_BITS = new Uint32Array(FLOAT.buffer);

/** A loop nest under construction, with the values that are available at each level. */
export class LoopNest {
  readonly f: FunctionBuilder;
  readonly #levels: Level[] = [];
  readonly #given: readonly Local[];
  /** The values of all open levels, by their keys. */
  readonly #values = new Map<string | number, Value>();
  /** The constants outside all loops, by their patterns. */
  readonly #constants = new Map<number, Value>();

  /**
   * Starts a nest at the current position in `f`. The first variables are the `given` locals, which do not change; the first
   * of them has the number of the training step. Each nested loop has the next variable.
   */
  constructor(f: FunctionBuilder, given: readonly Local[]) {
    this.f = f;
    this.#given = given;
    this.#levels.push(newLevel(f.code, 0));
  }

  /** The number of enclosing loops. */
  get depth(): number {
    return this.#levels.length - 1;
  }

  /** The number of the innermost loop's variable. */
  get variable(): number {
    return this.#given.length + this.depth - 1;
  }

  /** Emits a loop of `trips` iterations, at least one. Its variable starts at 0 and is incremented by `step`. */
  loop(trips: Amount, step: number, body: () => void): void {
    const level = newLevel(new ByteBuffer(), step);
    this.#levels.push(level);
    this.f.into(level.code, body);
    this.#levels.pop();
    for (const [key, before] of level.own.reverse()) {
      if (before) this.#values.set(key, before);
      else this.#values.delete(key);
    }
    const counter = this.f.local("i32");
    countDown(this.f, counter, trips, () => {
      this.f.code.append(level.code);
      for (const { local, bytes } of level.advances) advance(this.f, local, bytes);
    });
  }

  /** Runs `body` with its instructions appended to a level of the nest, before the loops inside that level. */
  at<Result>(depth: number, body: () => Result): Result {
    let result: Result | undefined;
    this.f.into((this.#levels[depth] as Level).code, () => {
      result = body();
    });
    return result as Result;
  }

  /** Returns the available value with this key, from any level of the nest. */
  recall(key: string | number): Value | undefined {
    return this.#values.get(key);
  }

  /** Makes a value available until the end of the loop that it belongs to. */
  remember(key: string | number, value: Value): Value {
    (this.#levels[value.depth] as Level).own.push([key, this.#values.get(key)]);
    this.#values.set(key, value);
    return value;
  }

  /** Returns the local with Σ terms[v] · variable v, in bytes; undefined if that is always 0. */
  offset(terms: readonly number[]): Value | undefined {
    const variable = terms.findLastIndex((coefficient) => coefficient !== 0);
    if (variable < 0) return undefined;
    const depth = Math.max(0, variable - this.#given.length + 1);
    const level = this.#levels[depth] as Level;
    const key = terms.slice(0, variable + 1).join();
    const known = level.offsets.get(key);
    if (known !== undefined) return { local: known, depth };
    const local = this.f.local("i32");
    level.offsets.set(key, local);
    const bytes = terms[variable] as number;
    const outer = this.offset(terms.slice(0, variable));
    if (depth > 0) level.advances.push({ local, bytes: bytes * level.step });
    this.at(Math.max(0, depth - 1), () => {
      if (outer) this.f.get(outer.local);
      else this.f.i32(0);
      if (depth === 0) {
        this.f.get(this.#given[variable] as Local);
        this.f.i32(bytes);
        this.f.plain("i32.mul");
        this.f.plain("i32.add");
      }
      this.f.set(local);
    });
    return { local, depth };
  }

  /** Appends a vector instruction on values at the outermost level where all of them are available. */
  op(instruction: VectorInstruction, ...operands: readonly Value[]): Value {
    const depth = Math.max(0, ...operands.map((operand) => operand.depth));
    return this.vectorAt(depth, () => {
      for (const { local } of operands) this.f.get(local);
      this.f.vector(instruction);
    });
  }

  /** Stores the vector that `push` leaves on the stack in a new local, at `depth`. */
  vectorAt(depth: number, push: () => void): Value {
    return this.at(depth, () => {
      const local = this.f.local("v128");
      push();
      this.f.set(local);
      return { local, depth };
    });
  }

  /** A constant of four equal 32-bit patterns, defined outside all loops. */
  bits(pattern: number): Value {
    const lane = pattern >>> 0;
    let constant = this.#constants.get(lane);
    if (!constant) {
      constant = this.vectorAt(0, () => this.f.v128([lane, lane, lane, lane]));
      this.#constants.set(lane, constant);
    }
    return constant;
  }

  /** A constant of four equal numbers, rounded to float32. */
  float(value: number): Value {
    FLOAT[0] = value;
    return this.bits(FLOAT_BITS[0] as number);
  }

  /** Returns the interface that math.ts uses, appending to one level of this nest. */
  codeAt(depth: number): VectorCode {
    const local = (push: () => void): Local => this.vectorAt(depth, push).local;
    return {
      op: (instruction, ...operands) =>
        local(() => {
          for (const operand of operands) this.f.get(operand);
          this.f.vector(instruction);
        }),
      shift: (instruction, operand, count) =>
        local(() => {
          this.f.get(operand);
          this.f.i32(count);
          this.f.vector(instruction);
        }),
      float: (value) => this.float(value).local,
      bits: (pattern) => this.bits(pattern).local,
    };
  }
}

function newLevel(code: ByteBuffer, step: number): Level {
  return { code, offsets: new Map(), advances: [], own: [], step };
}
