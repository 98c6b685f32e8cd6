/** Identifiers: a prefix for the kind of record, and a UUIDv7 (RFC 9562, section 5.7), so that ids sort by creation. */

export const ID_PREFIXES = {
  job: "job_",
  model: "mdl_",
  dataset: "ds_",
  checkpoint: "ckp_",
  key: "key_",
  delivery: "whd_",
  worker: "wkr_",
  sweep: "swp_",
  forget: "fgt_",
  audit: "aud_",
  schedule: "sch_",
  scheduleRun: "srn_",
  import: "imp_",
  experiment: "exp_",
  run: "run_",
  loggedModel: "lgm_",
} as const;
export type IdKind = keyof typeof ID_PREFIXES;

/** A bound before which all ids of this kind sort that are older than a time in epoch milliseconds. */
export function idsBefore(kind: IdKind, time: number): string {
  const hex = Math.max(0, Math.trunc(time)).toString(16).padStart(12, "0");
  return `${ID_PREFIXES[kind]}${hex.slice(0, 8)}-${hex.slice(8)}-`;
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Whether a text has the form of an id of this kind. There need not be such a record. */
export function isIdOf(kind: IdKind, text: string): boolean {
  const prefix = ID_PREFIXES[kind];
  return text.startsWith(prefix) && UUID.test(text.slice(prefix.length));
}

let lastMs = 0;
let sequence = 0;

/** Creates an id. The ids of one process sort in creation order: 12 bits count within a millisecond. */
export function createId(kind: IdKind): string {
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    sequence = 0;
  } else if (++sequence > 0xfff) {
    lastMs++;
    sequence = 0;
  }
  const random = crypto.getRandomValues(new Uint8Array(8));
  random[0] = ((random[0] as number) & 0x3f) | 0x80;
  const time = lastMs.toString(16).padStart(12, "0");
  const tail = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const counter = (0x7000 | sequence).toString(16);
  return `${ID_PREFIXES[kind]}${time.slice(0, 8)}-${time.slice(8)}-${counter}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}
