/**
 * Keeps unused memories and their instances for later runs of the same module: creating a memory costs as much as hundreds
 * of steps of a small network, in the operating system and in the garbage collector.
 */

export interface Instantiated {
  readonly memory: WebAssembly.Memory;
  readonly instance: WebAssembly.Instance;
}

/** Most bytes that are kept in a thread, and most memories: whatever its size, V8 reserves gigabytes of addresses for each. */
const MAX_BYTES = 2 ** 23;
const MAX_SPARES = 8;

export interface Spares {
  /** Returns an instance of a module, all of whose memory is 0; undefined if there is none. */
  take(module: WebAssembly.Module): Instantiated | undefined;
  /** Keeps an instance, and drops the oldest ones for it. One that is larger than the limit is left to the collector. */
  keep(module: WebAssembly.Module, instantiated: Instantiated): void;
}

/** Creates an empty store. */
export function createSpares(): Spares {
  const kept: { readonly module: WebAssembly.Module; readonly instantiated: Instantiated }[] = [];
  let bytes = 0;
  const sizeOf = ({ memory }: Instantiated) => memory.buffer.byteLength;
  const remove = (index: number): Instantiated | undefined => {
    const [removed] = kept.splice(index, 1);
    if (removed) bytes -= sizeOf(removed.instantiated);
    return removed?.instantiated;
  };
  return {
    take(module) {
      const index = kept.findLastIndex((each) => each.module === module);
      const found = index < 0 ? undefined : remove(index);
      if (found) new Uint8Array(found.memory.buffer).fill(0);
      return found;
    },
    keep(module, instantiated) {
      if (sizeOf(instantiated) > MAX_BYTES) return;
      kept.push({ module, instantiated });
      bytes += sizeOf(instantiated);
      while (bytes > MAX_BYTES || kept.length > MAX_SPARES) remove(0);
    },
  };
}
