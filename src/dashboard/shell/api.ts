/**
 * The API of the page's server: the client's methods, and what only a browser needs besides (its session, links to files, uploads with
 * their progress, one WebSocket for everything).
 */
import type { Dataset } from "../../client/answers.ts";
import { createDatasetsClient, type DatasetsClient, type UploadOptions } from "../../client/datasets.ts";
import { ApiError } from "../../client/error.ts";
import { createJobsClient, type JobsClient } from "../../client/jobs.ts";
import { createModelsClient, type ModelsClient } from "../../client/models.ts";
import { createSweepsClient, type SweepsClient } from "../../client/sweeps.ts";
import { createTransport, segment, type Transport } from "../../client/transport/transport.ts";
import { fetchWithProgress } from "./upload-fetch.ts";

/** The principal of this browser. */
export interface Session {
  readonly authenticated: boolean;
  /** Whether the server requires a key at all. */
  readonly required: boolean;
  readonly project?: string | null;
  readonly scopes?: readonly string[] | null;
}

/** The routes of a browser's session. */
interface SessionClient {
  /** Returns null if the server has no sessions: then everybody may do everything. */
  session(): Promise<Session | null>;
  /** Exchanges a key for a cookie that scripts cannot read. */
  signIn(key: string): Promise<void>;
  signOut(): Promise<void>;
}

/** The API as the page uses it. Methods reject as the client's do. */
export interface Api extends JobsClient, SweepsClient, ModelsClient, DatasetsClient, SessionClient {
  /** Uploads a table as `upload` does; `onProgress` gets the sent share, 0..1. `isNew`: no earlier upload had the same bytes and options. */
  uploadWithProgress(
    table: Blob,
    options: UploadOptions,
    onProgress: (share: number) => void,
  ): Promise<{ readonly dataset: Dataset; readonly isNew: boolean }>;
  /** Opens the WebSocket over which any number of jobs can be followed. */
  openStream(): WebSocket;
  /** Requests the events of a job after a sequence number as server-sent events: the answer continues until the job has ended. */
  jobEvents(job: string, after: number, signal: AbortSignal): Promise<Response>;
  /** The address of a path of the API, for links to files. */
  readonly urlOf: (path: string) => string;
  /** For requests that are too rare for a method here. */
  readonly transport: Transport;
}

/** The status of an upload that made a data set; an existing one is answered with 200. */
const CREATED = 201;

/** Creates the API of the server at `address`. `onUnauthorized` is called whenever an answer is 401: the session has ended. */
export function createApi(address: string, onUnauthorized: () => void): Api {
  const reporting =
    (send: typeof fetch): typeof fetch =>
    async (input, init) => {
      const response = await send(input, init);
      if (response.status === 401) onUnauthorized();
      return response;
    };
  const transport = createTransport(address, { fetch: reporting((input, init) => fetch(input, init)) });
  const urlOf = (path: string) => new URL(path, new URL("/", address)).pathname;
  return {
    transport,
    ...createJobsClient(transport),
    ...createSweepsClient(transport),
    ...createModelsClient(transport),
    ...createDatasetsClient(transport),
    ...createSessionClient(transport),
    async uploadWithProgress(table, options, onProgress) {
      let isNew = false;
      const sendFile = reporting(fetchWithProgress(onProgress));
      const uploading = createTransport(address, {
        async fetch(input, init) {
          const response = await sendFile(input, init);
          isNew = response.status === CREATED;
          return response;
        },
      });
      const dataset = await createDatasetsClient(uploading).upload(table, options);
      return { dataset, isNew };
    },
    openStream: () => transport.connect("v1/stream"),
    jobEvents: (job, after, signal) =>
      transport.send("GET", `v1/jobs/${segment(job)}/events`, { accept: "text/event-stream", query: { after }, signal }),
    urlOf,
  };
}

function createSessionClient({ send, get, drop }: Transport): SessionClient {
  const path = "v1/session";
  return {
    session: () =>
      get<Session>(path).catch((error: unknown) => {
        if (error instanceof ApiError && error.problem.status === 404) return null;
        throw error;
      }),
    // Its answer has no body.
    signIn: async (key) => void (await send("POST", path, { body: { key } })),
    signOut: () => drop(path),
  };
}
