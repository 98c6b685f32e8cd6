/**
 * A WebAssembly assembler in TypeScript: functions, typed locals, structured control flow, SIMD instructions, one imported
 * memory. Knows the binary format (core specification 2.0, chapter 5); knows nothing of tensors.
 */
import { ByteBuffer } from "./byte-buffer.ts";
import {
  ATOMIC,
  type AtomicInstruction,
  PLAIN,
  type PlainInstruction,
  SCALAR_MEMORY,
  type ScalarMemoryInstruction,
  VECTOR,
  VECTOR_MEMORY,
  type VectorInstruction,
  type VectorMemoryInstruction,
} from "./opcodes.ts";

export type ValueType = "i32" | "v128";

/** The index of a parameter or local variable of the function under construction. */
export type Local = number;

const TYPE_CODE: Readonly<Record<ValueType, number>> = { i32: 0x7f, v128: 0x7b };
const VECTOR_PREFIX = 0xfd;
const BULK_PREFIX = 0xfc;
const ATOMIC_PREFIX = 0xfe;
const EMPTY_BLOCK = 0x40;
const END = 0x0b;

/** Bytes of a page, the unit of memory sizes. */
export const PAGE_BYTES = 65_536;

/** Most pages of a memory with addresses of 32 bits. */
const MAX_PAGES = 65_536;

/** Maximum locals of a function, including its parameters, in every engine of WebAssembly. */
const MAX_LOCALS = 50_000;

/** A function was written with more locals than one may have. */
export class TooManyLocalsError extends Error {
  override readonly name = "TooManyLocalsError";
}

/**
 * A function under construction. Instructions are appended to `code`, a buffer that `into` redirects, so that a caller can
 * write the body of a loop first and then insert the code that the body needs before it.
 */
export class FunctionBuilder {
  readonly index: number;
  readonly parameters: readonly ValueType[];
  #code = new ByteBuffer();
  readonly #localTypes: ValueType[] = [];
  readonly #free: Record<ValueType, Local[]> = { i32: [], v128: [] };
  readonly #counts: Record<ValueType, number> = { i32: 0, v128: 0 };
  /** The number of locals of each type, if no two values shared one. */
  readonly #written: Record<ValueType, number> = { i32: 0, v128: 0 };
  #scope: Local[] | undefined;

  constructor(index: number, parameters: readonly ValueType[]) {
    this.index = index;
    this.parameters = parameters;
  }

  /** The buffer that instructions are currently appended to. */
  get code(): ByteBuffer {
    return this.#code;
  }

  /** The types of the locals that were allocated, without the parameters. */
  get localTypes(): readonly ValueType[] {
    return this.#localTypes;
  }

  /** Allocates a local variable, reusing those whose scope has ended. Its value is undefined until it is set. */
  local(type: ValueType): Local {
    const local = this.#free[type].pop() ?? this.#newLocal(type);
    this.#scope?.push(local);
    return local;
  }

  #newLocal(type: ValueType): Local {
    this.#counts[type]++;
    return this.parameters.length + this.#localTypes.push(type) - 1;
  }

  /** Runs `body` and then frees the locals that it allocated. */
  scope(body: () => void): void {
    const outer = this.#scope;
    const own: Local[] = [];
    this.#scope = own;
    body();
    this.#scope = outer;
    for (const local of own.reverse()) this.#free[this.#localTypes[local - this.parameters.length] as ValueType].push(local);
  }

  /**
   * Notes the locals that the following code would have if no values shared one. The limit applies to this number, because it decides how
   * kernels are merged, and so the exact bits of sums.
   */
  noteLocals(counts: Readonly<Record<ValueType, number>>): void {
    for (const type of ["i32", "v128"] as const) {
      const own = this.#counts[type] - this.#free[type].length;
      this.#written[type] = Math.max(this.#written[type], own + counts[type]);
    }
  }

  /** Runs `body` with its instructions appended to `target`. */
  into(target: ByteBuffer, body: () => void): void {
    const previous = this.#code;
    this.#code = target;
    body();
    this.#code = previous;
  }

  /** Pushes a local. */
  get(local: Local): void {
    this.#code.byte(0x20);
    this.#code.unsigned(local);
  }

  /** Pops the stack into a local. */
  set(local: Local): void {
    this.#code.byte(0x21);
    this.#code.unsigned(local);
  }

  /** Appends an instruction without immediates. */
  plain(instruction: PlainInstruction): void {
    this.#code.byte(PLAIN[instruction]);
  }

  /** Pushes a 32-bit integer, signed or unsigned. */
  i32(value: number): void {
    this.#code.byte(0x41);
    this.#code.signed(value);
  }

  /** Pushes an address, below 2^31. */
  address(value: number): void {
    this.i32(value);
  }

  /** Appends a vector instruction without immediates. */
  vector(instruction: VectorInstruction): void {
    this.#code.byte(VECTOR_PREFIX);
    this.#code.unsigned(VECTOR[instruction]);
  }

  /** Pushes a vector constant, given as four unsigned 32-bit patterns. */
  v128(lanes: readonly [number, number, number, number]): void {
    this.#code.byte(VECTOR_PREFIX);
    this.#code.unsigned(0x0c);
    this.#code.raw(new Uint8Array(Uint32Array.from(lanes).buffer));
  }

  /** Selects 4 of the 8 lanes of two vectors: 0..3 of the first, 4..7 of the second. */
  shuffle(lanes: readonly [number, number, number, number]): void {
    this.#code.byte(VECTOR_PREFIX);
    this.#code.unsigned(0x0d);
    for (const lane of lanes) for (let part = 0; part < 4; part++) this.#code.byte(lane * 4 + part);
  }

  /** Loads or stores at the address on the stack plus `offset` bytes; some instructions need a `lane`. */
  vectorMemory(instruction: VectorMemoryInstruction, offset: number, lane?: number): void {
    const { code } = VECTOR_MEMORY[instruction];
    this.#code.byte(VECTOR_PREFIX);
    this.#code.unsigned(code);
    // Alignment hint 2^2: every address is a multiple of 4, and not necessarily of more.
    this.#code.unsigned(2);
    this.offset(offset);
    if (lane !== undefined) this.#code.byte(lane);
  }

  /** Loads or stores an i32 at the address on the stack plus `offset` bytes. */
  scalarMemory(instruction: ScalarMemoryInstruction, offset: number): void {
    const { code, align } = SCALAR_MEMORY[instruction];
    this.#code.byte(code);
    this.#code.unsigned(align);
    this.offset(offset);
  }

  /** Appends the bytes that an instruction adds to the address on the stack. */
  protected offset(value: number): void {
    this.#code.unsigned(value);
  }

  /** Pushes a 64-bit integer that fits 32 bits, signed. */
  i64(value: number): void {
    this.#code.byte(0x42);
    this.#code.signed(value);
  }

  /** An atomic access of the i32 at the address on the stack plus `offset` bytes. */
  atomic(instruction: AtomicInstruction, offset: number): void {
    this.#code.byte(ATOMIC_PREFIX);
    this.#code.unsigned(ATOMIC[instruction]);
    this.#code.unsigned(2);
    this.#code.unsigned(offset);
  }

  /** Fills memory; the stack has the address, the byte and the length. */
  memoryFill(): void {
    this.#code.byte(BULK_PREFIX);
    this.#code.unsigned(11);
    this.#code.byte(0);
  }

  /** Copies memory; the stack has the target, the source and the length. */
  memoryCopy(): void {
    this.#code.byte(BULK_PREFIX);
    this.#code.unsigned(10);
    this.#code.byte(0);
    this.#code.byte(0);
  }

  /** Calls a function of the module with the arguments on the stack. */
  call(callee: FunctionBuilder): void {
    this.#code.byte(0x10);
    this.#code.unsigned(callee.index);
  }

  /** A loop around `body`. It repeats only if the body branches back with `repeatIf`. */
  loop(body: () => void): void {
    this.#code.byte(0x03);
    this.#code.byte(EMPTY_BLOCK);
    body();
    this.#code.byte(END);
  }

  /** Runs `body` if the i32 on the stack is not 0. */
  when(body: () => void): void {
    this.#code.byte(0x04);
    this.#code.byte(EMPTY_BLOCK);
    body();
    this.#code.byte(END);
  }

  /** A block around `body`, which ends early where a `branchIf` leaves it. */
  block(body: () => void): void {
    this.#code.byte(0x02);
    this.#code.byte(EMPTY_BLOCK);
    body();
    this.#code.byte(END);
  }

  /** Branches to the start of the innermost loop if the i32 on the stack is not 0. */
  repeatIf(): void {
    this.branchIf(0);
  }

  /** Branches out of the block, or to the start of the loop, that is `depth` levels out, if the i32 on the stack is not 0. */
  branchIf(depth: number): void {
    this.#code.byte(0x0d);
    this.#code.unsigned(depth);
  }

  /** Branches like `branchIf`, always. */
  branch(depth: number): void {
    this.#code.byte(0x0c);
    this.#code.unsigned(depth);
  }

  /** Returns the function's entry in the code section. Throws a TooManyLocalsError if it was written with too many. */
  finish(): ByteBuffer {
    const { i32, v128 } = this.#written;
    if (this.parameters.length + Math.max(this.#localTypes.length, i32 + v128) > MAX_LOCALS)
      throw new TooManyLocalsError(`a function was written with more than ${MAX_LOCALS} locals`);
    const entry = new ByteBuffer();
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#localTypes) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    entry.unsigned(runs.length);
    for (const { type, count } of runs) {
      entry.unsigned(count);
      entry.byte(TYPE_CODE[type]);
    }
    entry.append(this.#code);
    entry.byte(END);
    return entry;
  }
}

/** A module with one imported memory ("env", "memory") and functions without results. */
export class ModuleBuilder {
  readonly #isShared: boolean;
  readonly #functions: FunctionBuilder[] = [];
  readonly #exports: { name: string; index: number }[] = [];

  /** The memory is shared between threads if `shared` says so. */
  constructor({ shared = false }: { readonly shared?: boolean } = {}) {
    this.#isShared = shared;
  }

  /** Adds a function without results. */
  function(parameters: readonly ValueType[]): FunctionBuilder {
    const builder = new FunctionBuilder(this.#functions.length, parameters);
    this.#functions.push(builder);
    return builder;
  }

  /** Makes a function callable from JavaScript under a name of ASCII letters. */
  export(name: string, builder: FunctionBuilder): void {
    this.#exports.push({ name, index: builder.index });
  }

  /** Returns the bytes of the module. */
  finish(): Uint8Array<ArrayBuffer> {
    const module = new ByteBuffer();
    module.raw(Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00));
    const signatures = [...new Set(this.#functions.map(({ parameters }) => parameters.join()))];

    section(module, 1, signatures, (part, signature) => {
      part.byte(0x60);
      const types = signature === "" ? [] : (signature.split(",") as ValueType[]);
      part.unsigned(types.length);
      for (const type of types) part.byte(TYPE_CODE[type]);
      part.unsigned(0);
    });
    section(module, 2, ["memory"], (part, name) => {
      part.name("env");
      part.name(name);
      part.raw(Uint8Array.of(0x02, this.#isShared ? 0x03 : 0x00, 0x00));
      if (this.#isShared) part.unsigned(MAX_PAGES);
    });
    section(module, 3, this.#functions, (part, { parameters }) => part.unsigned(signatures.indexOf(parameters.join())));
    section(module, 7, this.#exports, (part, { name, index }) => {
      part.name(name);
      part.byte(0x00);
      part.unsigned(index);
    });
    section(module, 10, this.#functions, (part, builder) => part.sized(builder.finish()));
    return module.toBytes();
  }
}

function section<Item>(module: ByteBuffer, id: number, items: readonly Item[], write: (part: ByteBuffer, item: Item) => void) {
  const part = new ByteBuffer();
  part.unsigned(items.length);
  for (const item of items) write(part, item);
  module.byte(id);
  module.sized(part);
}
