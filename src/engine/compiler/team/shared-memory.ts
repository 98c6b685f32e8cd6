/**
 * Shared memories whose size V8 knows of. V8 counts a shared memory for no thread, so that hundreds that nobody uses any more would wait
 * for a collection. One that is not shared is counted, and pages that nobody touches take no room: it stands beside the shared one.
 */
import { PAGE_BYTES } from "../wasm/assembler.ts";

const counted = new WeakMap<WebAssembly.Memory, WebAssembly.Memory>();

/** Creates a shared memory of so many pages. Throws a RangeError if there is no room for it. */
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
