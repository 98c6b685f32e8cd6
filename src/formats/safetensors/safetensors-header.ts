/**
 * The parser of untrusted safetensors headers, for exactly the JSON that the format allows. Unlike JSON.parse, it rejects
 * duplicate names and nesting deeper than the format's. Names are data: they become keys of maps, never of objects.
 */

/** The header entry of one tensor, not yet checked against the file. */
export interface TensorHeader {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Byte range of the values, relative to the end of the header: start, and end (exclusive). */
  readonly offsets: readonly [number, number];
}

export interface Header {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, TensorHeader>;
}

/** Thrown when a text is not the header of a safetensors file. */
export class HeaderError extends Error {
  override readonly name = "HeaderError";
}

const METADATA = "__metadata__";

/** Parses a header. Throws a HeaderError if it is invalid. */
export function parseHeader(text: string): Header {
  const reader = createReader(text);
  let metadata: ReadonlyMap<string, string> = new Map();
  const tensors = new Map<string, TensorHeader>();
  reader.object((name) => {
    if (name === METADATA) metadata = readMetadata(reader);
    else tensors.set(name, readTensor(reader, name));
  });
  reader.end();
  return { metadata, tensors };
}

type Reader = ReturnType<typeof createReader>;

function readMetadata(reader: Reader): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  reader.object((key) => void metadata.set(key, reader.string()));
  return metadata;
}

function readTensor(reader: Reader, name: string): TensorHeader {
  let dtype: string | undefined;
  let shape: readonly number[] | undefined;
  let offsets: readonly number[] | undefined;
  const fields: Readonly<Record<string, (() => void) | undefined>> = {
    __proto__: null as never,
    dtype: () => {
      dtype = reader.string();
    },
    shape: () => {
      shape = reader.naturals();
    },
    data_offsets: () => {
      offsets = reader.naturals();
    },
  };
  reader.object((field) => {
    const read = fields[field];
    if (!read) throw new HeaderError(`${quote(name)} has a field ${quote(field)}, which the format does not define`);
    read();
  });
  const [begin, end, ...more] = offsets ?? [];
  if (dtype === undefined || shape === undefined || begin === undefined || end === undefined || more.length > 0)
    throw new HeaderError(`${quote(name)} must have dtype, shape and two data_offsets`);
  return { dtype, shape, offsets: [begin, end] };
}

const SPACE = /[ \t\n\r]*/y;
const NATURAL = /(?:0|[1-9][0-9]{0,15})(?![0-9.eE])/y;

/** Creates a reader of the parts of the text, in order. */
function createReader(text: string) {
  let at = 0;
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  const fail = (expected: string): never => {
    throw new HeaderError(`expected ${expected} at character ${at} of the header`);
  };
  const next = (mark: string): boolean => {
    match(SPACE);
    if (text[at] !== mark) return false;
    at++;
    return true;
  };
  const expect = (mark: string): void => {
    if (!next(mark)) fail(mark);
  };
  const string = (): string => {
    const start = at;
    expect('"');
    const first = at - 1;
    // Character by character: a backtracking regular expression would need stack in proportion to a hostile string's length.
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    expect('"');
    try {
      return JSON.parse(text.slice(first, at)) as string;
    } catch {
      at = start;
      return fail("a string");
    }
  };
  const natural = (): number => {
    match(SPACE);
    const value = Number(match(NATURAL) ?? fail("a whole number >= 0"));
    return Number.isSafeInteger(value) ? value : fail("a safe integer");
  };
  return {
    string,
    /** Reads an object, calling `read` for each value. Names must be unique. */
    object(read: (name: string) => void): void {
      const names = new Set<string>();
      expect("{");
      if (next("}")) return;
      do {
        const name = string();
        if (names.has(name)) throw new HeaderError(`the header has ${quote(name)} twice`);
        names.add(name);
        expect(":");
        read(name);
      } while (next(","));
      expect("}");
    },
    /** Reads an array of whole numbers >= 0. */
    naturals(): readonly number[] {
      const values: number[] = [];
      expect("[");
      if (next("]")) return values;
      do values.push(natural());
      while (next(","));
      expect("]");
      return values;
    },
    end(): void {
      match(SPACE);
      if (at !== text.length) fail("the end");
    },
  };
}

function quote(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}
