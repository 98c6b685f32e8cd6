/** Sends a table to the server, and says how far it is: fetch cannot, so this is the one place that uses XMLHttpRequest. */
import type { Dataset } from "../../../client/answers.ts";
import type { ProblemDocument } from "../../../client/error.ts";
import { useApp } from "../../shell/app-context.ts";
import { ApiProblem, queryText } from "../../shell/http.ts";

/** By the ending of a file's name; what ends otherwise is for the server to judge. */
const TYPE_OF_CLOSE_REASON: Readonly<Record<string, string>> = {
  csv: "text/csv",
  tsv: "text/csv",
  txt: "text/csv",
  ndjson: "application/x-ndjson",
  jsonl: "application/x-ndjson",
  json: "application/json",
  parquet: "application/vnd.apache.parquet",
};

/** Endings that a file dialog offers. */
export const TABLE_ENDINGS = ".csv,.tsv,.txt,.ndjson,.jsonl,.json,.parquet,.gz";

export interface Upload {
  readonly done: Promise<Dataset>;
  abort(): void;
}

/** `onProgress` is told the share that was sent, 0..1; 1 while the server reads it. */
export type SendTable = (file: Blob, fileName: string, onProgress: (share: number) => void) => Upload;

export function useSendTable(): SendTable {
  const { api, session } = useApp();
  return (file, fileName, onProgress) => send(api.datasetsUrl(), file, fileName, onProgress, () => session.lock());
}

function send(
  url: string,
  file: Blob,
  fileName: string,
  onProgress: (share: number) => void,
  onUnauthorized: () => void,
): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<Dataset>((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onload = () => {
      if (request.status === 401) onUnauthorized();
      if (request.status < 300) resolve(JSON.parse(request.responseText) as Dataset);
      else reject(new ApiProblem(problemIn(request)));
    };
    request.onerror = () => reject(new ApiProblem(problem("No answer", "The server did not take the file.")));
    request.onabort = () => reject(new ApiProblem(problem("Stopped", "The upload was stopped.")));
  });
  const { name, ending } = partsOf(fileName);
  request.open("POST", url + queryText({ name }));
  request.setRequestHeader("accept", "application/json");
  request.setRequestHeader("content-type", TYPE_OF_CLOSE_REASON[ending] ?? "application/octet-stream");
  request.send(file);
  return { done, abort: () => request.abort() };
}

/** A name without its endings, and the one that says what is in the file. */
function partsOf(fileName: string): { readonly name: string; readonly ending: string } {
  const plain = fileName.replace(/\.gz$/i, "");
  const ending = /\.([a-z]+)$/i.exec(plain)?.[1]?.toLowerCase() ?? "";
  return { name: plain.replace(/\.[a-z]+$/i, "") || "table", ending };
}

function problemIn(request: XMLHttpRequest): ProblemDocument {
  try {
    return JSON.parse(request.responseText) as ProblemDocument;
  } catch {
    return problem(request.statusText || `Status ${request.status}`, "The server gave no reason.");
  }
}

const problem = (title: string, detail: string): ProblemDocument => ({
  type: "about:blank",
  title,
  status: 0,
  detail,
  code: "upload",
});
