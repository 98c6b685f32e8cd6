/** Reads an untrusted safetensors file as a model. Runs on any thread. */

import { TrainyardError } from "../../domain/errors.ts";
import { FILE_METADATA } from "../../domain/models/architecture.ts";
import type { ModelReading } from "../../domain/ports.ts";
import { decodeSafetensors } from "../../formats/safetensors/safetensors-reader.ts";
import { importModel, isCounter } from "../../training/predict/import.ts";
import type { ReadModelTask } from "../protocol.ts";

/** Returns the model in a file, with the given architecture, or else the one in the metadata of the file. */
export function readModelFile({ file, architecture, limits }: ReadModelTask): ModelReading {
  try {
    const { metadata, tensors } = decodeSafetensors(file, isCounter);
    const reading = importModel(architecture ?? metadata.get(FILE_METADATA.architecture), tensors, limits);
    return reading.ok ? { ...reading, name: metadata.get(FILE_METADATA.name) ?? null } : reading;
  } catch (error) {
    if (!(error instanceof TrainyardError)) throw error;
    return { ok: false, code: error.code, detail: error.message, errors: error.errors };
  }
}
