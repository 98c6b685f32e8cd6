/** A safetensors file from anybody to a model. The same on every thread. */

import { TrainyardError } from "../../domain/errors.ts";
import { FILE_METADATA } from "../../domain/models/architecture.ts";
import type { ModelReading } from "../../domain/ports.ts";
import { decodeSafetensors } from "../../formats/safetensors/safetensors-reader.ts";
import { importModel, isCounter } from "../../training/predict/import.ts";
import type { ReadModelTask } from "../protocol.ts";

/** The model in a file, with the architecture that was given, or else the one that the file states. */
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
