/** Uploads a table under the name and in the format that its file name says. */
import type { Dataset } from "../../client/answers.ts";
import { TABLE_ENDINGS, tableNamed } from "../../client/datasets.ts";
import { useApp } from "../shell/app-context.ts";
import { keepFile, keptFile, type Reading } from "./kept-files.ts";
import type { Sample } from "./samples.ts";

/** The endings that a file dialog offers. */
export const ACCEPTED_FILES = [...TABLE_ENDINGS, "gz"].map((ending) => `.${ending}`).join();

export interface SendOptions {
  readonly signal?: AbortSignal;
  /** How to read it; inferred if this says nothing. */
  readonly reading?: Reading;
  /** Called with the sent share, 0..1; 1 while the server reads it. */
  onProgress?(share: number): void;
}

/** Returns a function that uploads a table and resolves with its data set. It rejects as the API does. */
export function useSendTable(): (file: Blob, fileName: string, options?: SendOptions) => Promise<Dataset> {
  const { api } = useApp();
  return async (file, fileName, { signal, reading = {}, onProgress = () => undefined } = {}) => {
    const { name, format } = tableNamed(fileName);
    const options = { name, format: format ?? undefined, signal, ...reading };
    const { dataset, isNew } = await api.uploadWithProgress(file, options, onProgress);
    keepFile(dataset.id, { file, fileName, reading, isOwn: isNew || keptFile(dataset.id)?.isOwn === true });
    return dataset;
  };
}

/** Returns a function that uploads a table which comes with the page; the server answers with the same data set each time. */
export function useSendSample(): (sample: Sample) => Promise<Dataset> {
  const sendTable = useSendTable();
  return async ({ url, name }) => {
    const file = await (await fetch(url)).blob();
    return sendTable(file, `${name}.csv`);
  };
}
