/** A model in use, on the real server: what it is asked is counted, drift is told, and answers are labelled. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createDataDir, type LiveServer, startLiveServer } from "../live-server.ts";

type Row = Record<string, unknown>;
type Report = Record<string, unknown> & {
  rows: number;
  open_rows: number;
  drifted: string[];
  columns: { name: string; role: string; psi: number | null; missing: { window: number }; unseen: number | null }[];
  windows: { number: number; rows: number; drifted: string[]; psi: number[] }[];
};

/** The fractional parts of multiples of the golden ratio: as even as a uniform sample, and the same in every run. */
const even = (index: number, factor: number) => (index * factor * 0.6180339887498949) % 1;
const rowAt = (index: number, shift = 0): Row => ({
  age: 20 + 40 * even(index, 1) + shift,
  height: 150 + 40 * even(index, 7),
  city: ["Bern", "Basel", "Chur"][Math.floor(3 * even(index, 13))],
});
const isTall = ({ age, height }: Row) => ((height as number) + (age as number) > 210 ? "yes" : "no");
const rowsOf = (count: number, from: number, shift = 0) =>
  Array.from({ length: count }, (_, index) => rowAt(from + index, shift));

let dataDir: Awaited<ReturnType<typeof createDataDir>>;
let server: LiveServer;
const received: { type: string; data: Row }[] = [];
const receiver = createServer((request, response) => {
  let text = "";
  request.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  request.on("end", () => {
    received.push(JSON.parse(text) as (typeof received)[number]);
    response.writeHead(204).end();
  });
});
const settings = { TRAINYARD_WEBHOOK_ALLOW_PRIVATE: "true" };

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  dataDir = await createDataDir();
  server = await startLiveServer(dataDir.path, settings);
  const lines = rowsOf(600, 0).map((row) => `${row.age},${row.height},${row.city},${isTall(row)}`);
  const csv = new TextEncoder().encode(`age,height,city,tall\n${lines.join("\n")}\n`);
  const { id } = await server.client.upload(csv, { format: "csv", name: "people" });
  const job = await server.client.submit({
    name: "tall",
    data: { dataset: { id, target: "tall" } },
    model: { layers: [{ type: "linear" }] },
    split: { validation: 0.3 },
    optimizer: { type: "adam", lr: 0.1 },
    epochs: 40,
  } as never);
  await server.client.wait(job.id);
});
afterAll(async () => {
  await server?.stop();
  await dataDir?.remove();
  receiver.close();
});

async function call<T>(method: string, path: string, body?: unknown): Promise<T & { status: number }> {
  const response = await fetch(`${server.url}/v1/models/tall${path}`, {
    method,
    ...(body !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { ...((await response.json()) as T), status: response.status };
}
const report = () => call<Report>("GET", "/monitoring");
const hasWindows = (count: number) =>
  vi.waitFor(
    async () => {
      const found = await report();
      expect(found.windows).toHaveLength(count);
      // A window is there before its verdict is.
      expect(found.windows[0]?.psi).not.toEqual([]);
      return found;
    },
    { timeout: 20_000, interval: 100 },
  );

describe("a model in use", () => {
  it("is compared with its training, however its rows come", async () => {
    await call("PATCH", "/monitoring", { webhook: { url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/` } });
    // One by one on the event loop, as a stream in a thread, and by another server's protocol.
    for (const row of rowsOf(20, 1000)) await call("POST", "/predict", { instances: [row] });
    const lines = rowsOf(470, 1020).map((row) => JSON.stringify(row));
    const stream = await fetch(`${server.url}/v1/models/tall/predict`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: `${lines.join("\n")}\n`,
    });
    await stream.text();
    await fetch(`${server.url}/v1/models/tall:predict`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ instances: rowsOf(10, 1490) }),
    });
    const { rows, columns, drifted, windows, open_rows } = await hasWindows(1);
    expect({ rows, drifted, open_rows }).toEqual({ rows: 500, drifted: [], open_rows: 0 });
    expect(windows[0]).toMatchObject({ number: 1, rows: 500, drifted: [] });
    expect(columns.map(({ name, role }) => `${role} ${name}`)).toEqual([
      "input age",
      "input height",
      "input city",
      "answer tall",
    ]);
    for (const { psi } of columns) expect(psi).toBeLessThan(0.05);
  });

  it("counts no row of a request that is refused, or that says so", async () => {
    // On the event loop, in a thread as rows, and as a document.
    for (const rows of [3, 300, 1500]) {
      const asked = { instances: rowsOf(rows, 0).map((row) => ({ ...row, age: 99 })) };
      expect((await call("POST", "/predict?counted=false", asked)).status).toBe(200);
    }
    const stream = await fetch(`${server.url}/v1/models/tall/predict?counted=false`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: `${JSON.stringify(rowAt(0))}\n`,
    });
    expect([stream.status, await stream.text()]).toEqual([422, expect.stringContaining("is only for JSON")]);
    const bad = await call("POST", "/predict", { instances: [...rowsOf(3, 0), { ...rowAt(0), age: "old" }] });
    expect(bad.status).toBe(422);
    await call("POST", "/predict", { instances: [{ age: null, height: 170, city: "Genf" }] });
    await vi.waitFor(async () => expect(await report()).toMatchObject({ rows: 501, open_rows: 1 }), {
      timeout: 20_000,
      interval: 100,
    });
  });

  it("tells of drift once, and when it is over", async () => {
    await call("POST", "/predict", { instances: rowsOf(499, 2000, 12) });
    const found = await hasWindows(2);
    expect(found.drifted).toContain("age");
    expect(found.drifted).not.toContain("height");
    expect(found.columns[0]?.missing.window).toBeCloseTo(1 / 500, 10);
    expect(found.columns[2]?.unseen).toBeCloseTo(1 / 500, 10);
    await call("POST", "/predict", { instances: rowsOf(500, 3000, 12) });
    await hasWindows(3);
    await call("POST", "/predict", { instances: rowsOf(500, 4000) });
    await hasWindows(4);
    await vi.waitFor(() => expect(received).toHaveLength(2), { timeout: 20_000, interval: 100 });
    expect(received.map(({ type }) => type)).toEqual(["model.drifted", "model.recovered"]);
    expect(received[0]?.data).toMatchObject({ model: { name: "tall" }, window: { number: 2, rows: 500 } });
    expect(received[0]?.data.columns).toContainEqual(expect.objectContaining({ column: "age", role: "input" }));
  });

  it("is told what was true", async () => {
    const rows = rowsOf(4, 5000);
    const asked = await call<{ predictions: { label: string }[] }>("POST", "/predict?prediction_id=visit:1", {
      instances: rows,
    });
    expect(asked.status).toBe(200);
    const labels = asked.predictions.map(({ label }, row) => ({ prediction_id: "visit:1", row, label }));
    // The second one was wrong.
    (labels[1] as { label: string }).label = labels[1]?.label === "yes" ? "no" : "yes";
    const missing = { prediction_id: "visit:2", label: "no" };
    const told = await call<Row>("POST", "/feedback", { labels: [...labels, missing] });
    expect(told).toMatchObject({
      labelled: 4,
      unknown: [{ prediction_id: "visit:2", row: 0 }],
      score: { answers: 4, labelled: 4, accuracy: 0.75 },
    });
    const unknown = await call<{ errors: Row[] }>("POST", "/feedback", {
      labels: [{ prediction_id: "visit:1", label: "maybe" }],
    });
    expect(unknown).toMatchObject({
      status: 422,
      errors: [{ pointer: "/labels/0/label", detail: '"maybe" is not a class of the model: it has no, yes' }],
    });
  });

  it("remembers rows over a stop, and counts none while it is switched off", async () => {
    await call("POST", "/predict", { instances: rowsOf(7, 6000) });
    const before = await server.stop();
    expect(before).toBe(0);
    server = await startLiveServer(dataDir.path, settings);
    expect(await report()).toMatchObject({ rows: 2011, open_rows: 11, monitored: true });
    await call("PATCH", "/monitoring", { enabled: false });
    await call("POST", "/predict", { instances: rowsOf(500, 7000) });
    await server.stop();
    server = await startLiveServer(dataDir.path, settings);
    expect(await report()).toMatchObject({ rows: 2011, monitored: false, reason: "monitoring is switched off for this model" });
  });

  it("is told what was true of rows in every format", async () => {
    const post = async (path: string, type: string, body: string, headers = {}) => {
      const answer = await fetch(`${server.url}${path}`, {
        method: "POST",
        headers: { "content-type": type, ...headers },
        body,
      });
      expect([path, answer.status]).toEqual([path, 200]);
      await answer.text();
    };
    await call("PATCH", "/monitoring", { enabled: true });
    const ten = rowsOf(10, 5100);
    const lines = ten.map((row) => JSON.stringify(row)).join("\n");
    const csv = ["age,height,city", ...ten.map(({ age, height, city }) => `${age},${height},${city}`)].join("\n");
    const many = rowsOf(900, 5100);
    await post("/v1/models/tall/predict?prediction_id=csv", "text/csv", csv);
    await post("/v1/models/tall/predict?prediction_id=lines", "application/x-ndjson", lines);
    // Small bodies are answered on the event loop, large ones in a thread.
    for (const [size, rows] of [
      ["few", ten],
      ["many", many],
    ] as const) {
      const instances = JSON.stringify({ instances: rows });
      const id = { "trainyard-prediction-id": `tf-${size}` };
      await post(`/v1/models/tall/predict?prediction_id=json-${size}`, "application/json", instances);
      await post("/v1/models/tall:predict", "application/json", instances, id);
      const inputs = ["age", "height", "city"].map((name) => ({
        ...{ name, shape: [rows.length], datatype: name === "city" ? "BYTES" : "FP64", data: rows.map((row) => row[name]) },
      }));
      const oip = { "trainyard-prediction-id": `oip-${size}` };
      await post("/v2/models/tall/infer", "application/json", JSON.stringify({ inputs }), oip);
    }
    const ids = ["csv", "lines", "json-few", "json-many", "tf-few", "tf-many", "oip-few", "oip-many"];
    const labels = ids.flatMap((id) => ten.map((row, index) => ({ prediction_id: id, row: index, label: isTall(row) })));
    const told = await call<{ labelled: number; unknown: Row[] }>("POST", "/feedback", { labels });
    expect(told).toMatchObject({ status: 200, labelled: 80, unknown: [] });
    const last = await call<{ labelled: number }>("POST", "/feedback", {
      labels: ["json-many", "tf-many", "oip-many"].map((id) => ({ prediction_id: id, row: 899, label: "no" })),
    });
    expect(last.labelled).toBe(3);
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).toMatch(/trainyard_model_live_score\{project="default",model="tall",version="1"\} 0\.\d+/);
    expect(text).toMatch(/trainyard_model_drift_psi\{project="default",model="tall",version="1"\} 0\.\d+/);
    const wrong = await fetch(`${server.url}/v1/models/tall:predict`, {
      method: "POST",
      headers: { "trainyard-prediction-id": "no spaces" },
      body: JSON.stringify({ instances: ten }),
    });
    expect([wrong.status, await wrong.json()]).toEqual([400, { error: expect.stringContaining("must be 1 to 64 letters") }]);
  });

  it("lists what its webhook was sent", async () => {
    const { data } = await call<{ data: Row[] }>("GET", "/webhook-deliveries");
    expect(data.map(({ state }) => state)).toEqual(["delivered", "delivered"]);
  });

  it("tells when the truth is worse than its evaluation, and when it is not any more", async () => {
    const ask = async (id: string, from: number, right: boolean) => {
      const rows = rowsOf(500, from);
      const { predictions } = await call<{ predictions: { label: string }[] }>("POST", `/predict?prediction_id=${id}`, {
        instances: rows,
      });
      const other = (label: string) => (label === "yes" ? "no" : "yes");
      return call<Row>("POST", "/feedback", {
        labels: predictions.map(({ label }, row) => ({ prediction_id: id, row, label: right ? label : other(label) })),
      });
    };
    type Alert = { score_alert: Row };
    await ask("wrong", 20_000, false);
    expect((await call<Alert>("GET", "/monitoring")).score_alert).toMatchObject({
      ...{ figure: "accuracy", drop: 0.05, live: 0, labelled: 500, fell: true },
    });
    await ask("right", 30_000, true);
    expect((await call<Alert>("GET", "/monitoring")).score_alert).toMatchObject({ live: 1, labelled: 500, fell: false });
    await vi.waitFor(() => expect(received).toHaveLength(4), { timeout: 20_000, interval: 100 });
    expect(received.slice(2).map(({ type }) => type)).toEqual(["model.score_fell", "model.score_recovered"]);
    expect(received[2]?.data).toMatchObject({ model: { name: "tall" }, score: { live: 0, labelled: 500 } });
    expect(await call<Alert>("PATCH", "/monitoring", { score_drop: null })).toMatchObject({
      score_alert: { drop: null, bound: null, fell: false },
    });
  });

  it("keeps a sample of its rows where that is wanted, whichever way they came", async () => {
    const sample = () => call<{ data: { number: number; row: Row; answer: string }[] }>("GET", "/asked-rows?limit=100");
    expect((await sample()).data).toEqual([]);
    expect(await call("PATCH", "/monitoring", { sample: { rows: 30 } })).toMatchObject({ sample: { rows: 30 } });
    const [one, two] = rowsOf(2, 9000) as [Row, Row];
    await call("POST", "/predict", { instances: [one] });
    await fetch(`${server.url}/v1/models/tall/predict`, {
      method: "POST",
      headers: { "content-type": "text/csv" },
      body: `age,height,city\n${two.age},${two.height},${two.city}\n`,
    });
    await vi.waitFor(async () => expect((await sample()).data).toHaveLength(2), { timeout: 20_000, interval: 100 });
    const { data } = await sample();
    expect(data.map(({ answer }) => answer).toSorted()).toEqual([isTall(one), isTall(two)].toSorted());
    expect(data.map(({ row }) => row)).toContainEqual(one);
    expect(data.map(({ row }) => Number(row.age))).toContain(two.age);
    await call("POST", "/predict", { instances: rowsOf(900, 9100) });
    await vi.waitFor(async () => expect((await sample()).data).toHaveLength(22), { timeout: 20_000, interval: 100 });
    expect(await call("PATCH", "/monitoring", { sample: null })).toMatchObject({ sample: null });
    expect((await sample()).data).toEqual([]);
  });

  it("loses two seconds of counts at most where its server is killed", async () => {
    const { rows } = await report();
    await call("POST", "/predict", { instances: rowsOf(600, 12_000) });
    server.process.kill("SIGKILL");
    await server.ended;
    server = await startLiveServer(dataDir.path, settings);
    const after = await report();
    expect([rows, rows + 600]).toContain(after.rows);
    await call("POST", "/predict", { instances: rowsOf(600, 12_000) });
    await vi.waitFor(async () => expect((await report()).rows).toBe(after.rows + 600), { timeout: 20_000, interval: 100 });
    const { windows, open_rows } = await call<Report>("GET", "/monitoring?windows=48");
    expect(windows.reduce((sum, window) => sum + window.rows, open_rows)).toBe(after.rows + 600);
  });
});
