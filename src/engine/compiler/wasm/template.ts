/**
 * Templates of code: written once, and put into functions as often as needed with other locals and other addresses, so that each is
 * the code that would have been written there. Knows locals and addresses; knows nothing of what the code computes.
 */
import { FunctionBuilder, type Local, type ValueType } from "./assembler.ts";
import { LOOP_END, LOOP_START, shareLocals } from "./local-sharing.ts";

/** Code with placeholders for its locals and addresses. */
export interface Template {
  readonly bytes: Uint8Array;
  /** Positions in the bytes, each followed by what is left out there: a local, an address, or minus an address that is pushed. */
  readonly marks: readonly number[];
  /** The types of its own locals, in the order in which they are allocated. */
  readonly locals: readonly ValueType[];
  /** The numbers of the locals that it was written with, each of which had one value. */
  readonly written: Readonly<Record<ValueType, number>>;
}

/** Distance between placeholders of addresses: more than any offset within a memory. Smaller marks are locals. */
const SPAN = 2 ** 36;

/** Returns the placeholder of the address with number `index`, 0 or more. Offsets may be added to it. */
export const standIn = (index: number): number => (index + 1) * SPAN;

/** A function under construction that becomes a template: its addresses are placeholders. */
export class TemplateBuilder extends FunctionBuilder {
  /** `parameters` stand for locals of the functions that the template is put into. */
  constructor(parameters: readonly ValueType[]) {
    super(0, parameters);
  }

  /** Pushes a local as a placeholder. */
  override get(local: Local): void {
    this.code.byte(0x20);
    this.code.mark(local);
  }

  /** Pops the stack into a local, as a placeholder. */
  override set(local: Local): void {
    this.code.byte(0x21);
    this.code.mark(local);
  }

  /** Pushes the address of a placeholder. */
  override address(value: number): void {
    this.code.byte(0x41);
    this.code.mark(-value);
  }

  /** A loop, whose ends are marked: what lives around it keeps its local. */
  override loop(body: () => void): void {
    this.code.mark(LOOP_START);
    super.loop(body);
    this.code.mark(LOOP_END);
  }

  /** Throws an Error: what is set in some iterations of a loop alone, and read in others, would have to keep its local. */
  override when(): never {
    throw new Error("a template has no branches");
  }

  /** Throws an Error, as `when` does. */
  override block(): never {
    throw new Error("a template has no branches");
  }

  protected override offset(value: number): void {
    this.code.mark(value);
  }

  /** Returns the template of the code so far. */
  template(): Template {
    const code = { bytes: this.code.toBytes(), marks: this.code.marks };
    const v128 = this.localTypes.reduce((count, type) => count + Number(type === "v128"), 0);
    const written = { i32: this.localTypes.length - v128, v128 };
    return { ...shareLocals(code, this.parameters.length, this.localTypes, SPAN / 2), written };
  }
}

/** Appends a template to `f`, with these locals for its parameters and these addresses for the placeholders. Its own locals end with it. */
export function place(
  f: FunctionBuilder,
  template: Template,
  parameters: readonly Local[],
  addresses: readonly number[],
): void {
  f.noteLocals(template.written);
  f.scope(() => {
    const locals = [...parameters, ...template.locals.map((type) => f.local(type))];
    const { code } = f;
    const addressOf = (value: number): number => {
      const index = Math.round(value / SPAN) - 1;
      return (addresses[index] as number) + value - standIn(index);
    };
    code.fill(template.bytes, template.marks, (value) => {
      if (value < 0) code.signed(addressOf(-value));
      else code.unsigned(value < SPAN / 2 ? (locals[value] as Local) : addressOf(value));
    });
  });
}
