/**
 * Shared memories that V8's garbage collector accounts for. V8 counts a shared memory for no thread, so hundreds of unused ones would wait
 * for a collection. An unshared memory is counted, and untouched pages take no room: one of the same size stands beside each shared one.
 */
import { PAGE_BYTES } from "../wasm/assembler.ts";

const counted = new WeakMap<WebAssembly.Memory, WebAssembly.Memory>();

/** Creates a shared memory of this many pages. Throws a RangeError if there is no room for it. */
export function createSharedMemory(pages: number): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  countSharedMemory(memory);
  return memory;
}

/** Has the thread that calls it count a shared memory that another thread created. */
export function countSharedMemory(memory: WebAssembly.Memory): void {
  const pages = memory.buffer.byteLength / PAGE_BYTES;
  counted.set(memory, new WebAssembly.Memory({ initial: pages, maximum: pages }));
}
