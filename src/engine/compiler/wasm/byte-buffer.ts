/** Bytes under construction: the number encodings of WebAssembly's binary format (core specification 2.0, chapter 5). */

/** A growable byte buffer with the number encodings of the binary format. */
export class ByteBuffer {
  #bytes = new Uint8Array(256);
  #length = 0;
  /** Positions at which numbers are filled in later, each followed by its placeholder; undefined if there are none. */
  #marks: number[] | undefined;

  /** The number of bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Returns a copy of the bytes so far. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  /** Appends one byte, 0..255. */
  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Positions at which `fill` writes numbers, each followed by the placeholder of the number, in order. */
  get marks(): readonly number[] {
    return this.#marks ?? [];
  }

  /** Marks a position at which `fill` writes a number later; `value` is its placeholder. */
  mark(value: number): void {
    this.#marks ??= [];
    this.#marks.push(this.#length, value);
  }

  /** Appends `bytes` with a number at each of `marks`: `write` appends the number of a placeholder. */
  fill(bytes: Uint8Array, marks: readonly number[], write: (value: number) => void): void {
    this.#reserve(bytes.length + marks.length);
    let from = 0;
    for (let index = 0; index < marks.length; index += 2) {
      const to = marks[index] as number;
      this.#reserve(to - from);
      while (from < to) this.#bytes[this.#length++] = bytes[from++] as number;
      write(marks[index + 1] as number);
    }
    this.raw(bytes.subarray(from));
  }

  /** Appends the bytes of another buffer, with its marks. */
  append(other: ByteBuffer): void {
    const { marks } = other;
    for (let index = 0; index < marks.length; index += 2) {
      this.#marks ??= [];
      this.#marks.push(this.#length + (marks[index] as number), marks[index + 1] as number);
    }
    this.raw(other.#bytes.subarray(0, other.#length));
  }

  /** Appends bytes unchanged. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Appends the unsigned LEB128 of an integer below 2^32. */
  unsigned(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /** Appends the signed LEB128 of a 32-bit integer. */
  signed(value: number): void {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
      this.byte(done ? low : low | 0x80);
      if (done) return;
    }
  }

  /** Appends a length-prefixed UTF-8 name; modules use only ASCII names. */
  name(text: string): void {
    this.unsigned(text.length);
    for (const character of text) this.byte(character.charCodeAt(0));
  }

  /** Appends another buffer with a length prefix. */
  sized(part: ByteBuffer): void {
    this.unsigned(part.#length);
    this.append(part);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
