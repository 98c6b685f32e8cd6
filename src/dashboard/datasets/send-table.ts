/** Uploads a table under the name and in the format that its file name says. */
import type { Dataset } from "../../client/answers.ts";
import { TABLE_ENDINGS, tableNamed } from "../../client/datasets.ts";
import { useApp } from "../shell/app-context.ts";

/** The endings that a file dialog offers. */
export const ACCEPTED_FILES = [...TABLE_ENDINGS, "gz"].map((ending) => `.${ending}`).join();

export interface SendOptions {
  readonly signal?: AbortSignal;
  /** Told the share that was sent, 0..1; 1 while the server reads it. */
  onProgress?(share: number): void;
}

/** Returns a function that uploads a table and resolves with its data set. It rejects as the API does. */
export function useSendTable(): (file: Blob, fileName: string, options?: SendOptions) => Promise<Dataset> {
  const { api } = useApp();
  return (file, fileName, { signal, onProgress = () => undefined } = {}) => {
    const { name, format } = tableNamed(fileName);
    return api.uploadWithProgress(file, { name, format: format ?? undefined, signal }, onProgress);
  };
}
