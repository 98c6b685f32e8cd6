import { once } from "node:events";
import { type IncomingMessage, request as openRequest } from "node:http";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createId } from "../../../src/domain/id.ts";
import type { Model } from "../../../src/domain/models/model.ts";
import type { TensorSet } from "../../../src/domain/tensor.ts";
import { problem } from "../../../src/http/errors/problem.ts";
import { predictionsAnswer } from "../../../src/http/openapi/response-schemas.ts";
import { openRawSocket } from "../connection/raw-socket.ts";
import { storeDigits, storeEither, storeLine, storePenguins } from "../models-at-hand.ts";
import { openStagedApp, type StagedApp } from "../staged-app.ts";

let staged: StagedApp;
let url: string;
let penguins: Model;
let either: Model;
beforeAll(async () => {
  staged = await openStagedApp({ environment: { TRAINYARD_MAX_DATASET_BYTES: "3000000" } });
  url = await staged.listen();
  penguins = await storePenguins(staged.services.store);
  await storeLine(staged.services.store);
  await storeDigits(staged.services.store);
  either = await storeEither(staged.services.store);
});
afterAll(() => staged.close());

const post = (ref: string, type: string, body: string | Uint8Array<ArrayBuffer>, query = "") =>
  fetch(`${url}/v1/models/${ref}/predict${query}`, { method: "POST", headers: { "content-type": type }, body });
const json = async (ref: string, body: object, query = "") => {
  const response = await post(ref, "application/json", JSON.stringify(body), query);
  if (response.status !== 200) return problem.parse(await response.json());
  return predictionsAnswer.parse(await response.json()).predictions;
};
interface ClassAnswer {
  readonly probabilities: Readonly<Record<string, number>>;
}
const linesOf = (text: string) => text.trimEnd().split(/\r?\n/);

const ROWS = [
  { island: "Dream", mass: 3750, tagged: true, seen: "2024-06-01" },
  { island: null, mass: 4200.5, tagged: false, seen: null },
  { island: "Atlantis", mass: null, tagged: null, seen: "2024-06-01T12:30" },
  { island: "Biscoe, north", mass: 5000, tagged: true, seen: "2023-01-02" },
];

describe("text in another encoding", () => {
  const rows = "island,mass,tagged,seen\nDream,3750,,\nSüd,3750,,\n";
  it("is read as its parameter says, and answered as UTF-8", async () => {
    const latin = Buffer.from(rows, "latin1");
    const utf16 = Buffer.from(`\ufeff${rows}`, "utf16le");
    const plain = await (await post("penguins", "text/csv", rows)).text();
    expect(plain).toContain("Süd");
    expect(await (await post("penguins", "text/csv", latin, "?encoding=latin1")).text()).toBe(plain);
    expect(await (await post("penguins", "text/csv", utf16, "?encoding=utf-16")).text()).toBe(plain);
  });

  it("is refused where it is not said, with the cure, and where JSON is sent", async () => {
    const refused = await post("penguins", "text/csv", Buffer.from(rows, "latin1"));
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining("encoding=latin1")]);
    const json = await post("penguins", "application/json", '{"instances":[{}]}', "?encoding=latin1");
    expect([json.status, await json.json()]).toEqual([
      422,
      expect.objectContaining({ errors: [expect.objectContaining({ pointer: "/encoding" })] }),
    ]);
  });
});

describe("rows as JSON", () => {
  it("are arrays or objects, with the same answers, in any order of keys", async () => {
    const objects = await json("penguins", { instances: ROWS });
    expect(objects).toHaveLength(4);
    expect(await json("penguins", { instances: ROWS.map((row) => Object.values(row)) })).toEqual(objects);
    const turned = ROWS.map((row) => Object.fromEntries(Object.entries(row).reverse()));
    expect(await json("penguins", { instances: turned })).toEqual(objects);
  });

  it("read text as an upload does: what stands for missing, and dates without a zone as UTC", async () => {
    const [missing, words, zoned, plain] = (await json("penguins", {
      instances: [
        { island: null, mass: null, seen: "2024-06-30T23:59:00Z" },
        { island: "n/a", mass: "NA", seen: "2024-06-30 23:59" },
        { seen: "2024-07-01T01:30:00+02:00" },
        { seen: "2024-06-30T23:30" },
      ],
    })) as object[];
    expect(words).toEqual(missing);
    expect(plain).toEqual(zoned);
  });

  it("name a model by id, name, version or alias", async () => {
    await staged.services.store.models.setAlias("penguins", "production", penguins.version);
    const answers = await Promise.all(
      [penguins.id, "penguins", "penguins@1", "penguins@production"].map((ref) => json(ref, { instances: ROWS })),
    );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await json("penguins@2", { instances: ROWS })).toMatchObject({ status: 404, code: "not_found" });
    expect(await json("penguins@", { instances: ROWS })).toMatchObject({ status: 404 });
  });

  it("are answered in a thread when the body is large, with the same numbers and the same words", async () => {
    const many = Array.from({ length: 20_000 }, (_, row) => ROWS[row % ROWS.length]);
    const few = (await json("penguins", { instances: ROWS, top_k: 2 })) as object[];
    const large = (await json("penguins", { instances: many, top_k: 2 })) as object[];
    expect(large).toHaveLength(many.length);
    large.forEach((prediction, row) => {
      expect(prediction).toEqual(few[row % ROWS.length]);
    });
    const wrong = [...many.slice(0, 19_000), { island: "Dream", wings: 2 }];
    expect(await json("penguins", { instances: wrong })).toMatchObject({
      status: 422,
      errors: [{ pointer: "/instances/19000/wings" }],
    });
    const tooMany = Array.from({ length: 100_001 }, () => ["Dream", 1, true, null]);
    expect(await json("penguins", { instances: tooMany })).toMatchObject({ status: 413, errors: [{ pointer: "/instances" }] });
    const torn = await post("penguins", "application/json", JSON.stringify({ instances: many }).slice(0, -1));
    expect(torn.status).toBe(400);
  });

  it("decide between two classes by the threshold of the request, in every format, in the body or the query", async () => {
    const [plain] = (await json("either", { instances: [[1]] })) as ClassAnswer[];
    expect(plain).toMatchObject({ label: "yes", probability: plain?.probabilities.yes });
    const decided = { label: "no", probability: plain?.probabilities.no, probabilities: plain?.probabilities };
    expect(await json("either", { instances: [[1]], threshold: 0.9 })).toEqual([decided]);
    expect(await json("either", { instances: [[1]] }, "?threshold=0.9")).toEqual([decided]);
    expect(await json("either", { instances: [[1]], threshold: 0.5 }, "?threshold=0.9")).toEqual([plain]);
    const many = Array.from({ length: 60_000 }, () => [1]);
    const answers = (await json("either", { instances: many, threshold: 0.9 })) as ClassAnswer[];
    expect(answers.at(-1)).toEqual(decided);
    const ndjson = await (await post("either", "application/x-ndjson", "[1]\n", "?threshold=0.9")).text();
    expect(JSON.parse(ndjson)).toEqual(decided);
    expect(await (await post("either", "text/csv", "1\n", "?threshold=0.9")).text()).toMatch(/^1,no,/);
  });

  it("have intervals of values and sets of classes where they are asked for, in every format", async () => {
    const { store } = staged.services;
    const scores = Array.from({ length: 19 }, (_, index) => (index + 1) / 20);
    const conformal = { part: "test" as const, rows: 19, scores: [scores] };
    for (const ref of ["line", "either"]) {
      const { version: _, ...model } = (await store.models.find({ kind: "newest", name: ref })) as Model;
      const weights = (await store.models.readWeights(model.id)) as TensorSet;
      await store.models.insert({ ...model, id: createId("model"), name: `sure-${ref}`, conformal }, weights);
    }
    const [value] = (await json("sure-line", { instances: [[1]] })) as { value: number }[];
    const answer = { value: value?.value, interval: [(value?.value as number) - 0.9, (value?.value as number) + 0.9] };
    expect(await json("sure-line", { instances: [[1]], interval: 0.9 })).toEqual([answer]);
    expect(await json("sure-line", { instances: [[1]], interval: 0.9 }, "?interval=0.5")).toEqual([answer]);
    expect(await (await post("sure-line", "text/csv", "1\n", "?interval=0.9")).text()).toBe(
      `1,${[answer.value, ...answer.interval]}\r\n`,
    );
    expect(linesOf(await (await post("sure-line", "text/csv", "x\n1\n", "?interval=0.9&header=true")).text())[0]).toBe(
      "x,prediction,lower,upper",
    );
    const ndjson = await (await post("sure-line", "application/x-ndjson", "[1]\n", "?interval=0.9")).text();
    expect(JSON.parse(ndjson)).toEqual(answer);
    expect(await json("sure-either", { instances: [[1]], interval: 0.95 })).toMatchObject([{ set: ["no", "yes"] }]);
    expect(await json("sure-either", { instances: [[1]], interval: 0.1 })).toMatchObject([{ set: ["yes"] }]);
    expect(await (await post("sure-either", "text/csv", "1\n", "?interval=0.95")).text()).toMatch(/,"\[""no"",""yes""\]"\r\n$/);
    const shown = (await (await fetch(`${url}/v1/models/sure-line`)).json()) as { conformal: object };
    expect(shown.conformal).toEqual({ part: "test", rows: 19 });
    const refused = async (ref: string, interval: number) =>
      ((await json(ref, { instances: [[1]], interval })) as { errors: { pointer: string; detail: string }[] }).errors[0];
    expect(await refused("sure-line", 0.99)).toEqual({
      pointer: "/interval",
      detail: "0.99 needs 99 held-out rows, but sure-line has 19: ask for a lower one",
    });
    expect((await refused("line", 0.9))?.detail).toMatch(/^needs held-out rows, but line has none: train it with/);
    expect((await refused("sure-line", 1))?.pointer).toBe("/interval");
  });

  it("decide by the threshold of the model where the request gives none, and show it", async () => {
    const { store } = staged.services;
    const { version: _, ...model } = either;
    const weights = (await store.models.readWeights(either.id)) as TensorSet;
    await store.models.insert({ ...model, id: createId("model"), name: "careful", threshold: 0.9 }, weights);
    expect(await json("careful", { instances: [[1]] })).toMatchObject([{ label: "no" }]);
    expect(await json("careful", { instances: [[1]], threshold: 0.5 })).toMatchObject([{ label: "yes" }]);
    const shown = async (name: string) => ((await (await fetch(`${url}/v1/models/${name}`)).json()) as Model).threshold;
    expect([await shown("careful"), await shown("either"), await shown("digits"), await shown("line")]).toEqual([
      0.9,
      0.5,
      null,
      null,
    ]);
    const send = (path: string, body: object) =>
      fetch(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }).then((response) => response.json());
    expect(await send("/v1/models/careful:predict", { instances: [[1]] })).toMatchObject({ predictions: [{ label: "no" }] });
    const inputs = [{ name: "features", shape: [1, 1], datatype: "FP32", data: [1] }];
    expect(await send("/v2/models/careful/infer", { inputs, outputs: [{ name: "label" }] })).toMatchObject({
      outputs: [{ data: ["no"] }],
    });
  });

  it.each([
    ["digits", 0.4],
    ["line", 0.4],
    ["either", 1.5],
  ])("refuse for %s the threshold %d", async (ref, threshold) => {
    const expected = { status: 422, errors: [{ pointer: "/threshold" }] };
    expect(await json(ref, { instances: [[1]], threshold })).toMatchObject(expected);
    expect(await json(ref, { instances: [[1]] }, `?threshold=${threshold}`)).toMatchObject({ status: 422 });
    expect((await post(ref, "text/csv", "1\n", `?threshold=${threshold}`)).status).toBe(422);
  });

  it("show the most probable classes with top_k, in the body or the query", async () => {
    const [whole] = (await json("penguins", { instances: [ROWS[0]] })) as { probabilities: Record<string, number> }[];
    const order = Object.entries(whole?.probabilities ?? {}).sort((a, b) => b[1] - a[1]);
    const expected = order.slice(0, 2).map(([label, probability]) => ({ label, probability }));
    for (const answer of [
      await json("penguins", { instances: [ROWS[0]], top_k: 2 }),
      await json("penguins", { instances: [ROWS[0]] }, "?top_k=2"),
    ]) {
      expect(answer).toMatchObject([
        { label: order[0]?.[0], top: expected, probabilities: Object.fromEntries(order.slice(0, 2)) },
      ]);
    }
    expect(await json("line", { instances: [[1]], top_k: 1 })).toMatchObject({ status: 422, errors: [{ pointer: "/top_k" }] });
  });
});

describe("probabilities", () => {
  it("are in the order of the classes in the text of every answer, where the classes are whole numbers too", async () => {
    const large = JSON.stringify({ instances: Array.from({ length: 100_000 }, () => [0.5]) });
    const cases = [
      ["application/json", '{"instances":[[0.5]]}', ""],
      ["application/json", '{"instances":[[0.5]]}', "?top_k=3"],
      ["application/json", large, ""],
      ["application/x-ndjson", "[0.5]\n", ""],
      ["application/x-ndjson", "[0.5]\n", "?top_k=3"],
    ] as const;
    for (const [type, body, query] of cases) {
      const text = await (await post("digits", type, body, query)).text();
      expect(text).toMatch(/"probabilities":\{"-1":0\.[\d]+,"10":0\.[\d]+,"9":0\.[\d]+\}/);
    }
    const top = await (await post("digits", "application/json", '{"instances":[[-3]]}', "?top_k=2")).text();
    expect(top).toMatch(/"probabilities":\{"10":[\d.]+,"9":[\d.]+\},"top":\[\{"label":"9",/);
  });
});

describe("rows that are odd", () => {
  const odd = [
    { island: "Dream", mass: 3750 },
    { island: "Mars", mass: 1e9 },
    { island: null, mass: -900.1 },
  ];
  const outside = {
    code: "value_outside_training",
    column: "mass",
    line: null,
    detail:
      "2 of 3 rows (67 %) have a value of mass far outside the range of the training rows, which is 2700 to 6300: 1000000000 (rows 1, 2)",
    cure: "check its unit; if it is right, the prediction is a guess outside what the model learned, however certain it looks",
  };
  const unseen = {
    code: "unseen_category",
    column: "island",
    line: null,
    detail: "1 of 3 rows (33 %) have a value of island that no training row had, which counts as other: Mars (row 1)",
    cure: "check how it is written, or train again with rows that have it",
  };
  const answerOf = async (body: object) => {
    const response = await post("penguins", "application/json", JSON.stringify(body));
    return predictionsAnswer.parse(await response.json());
  };

  it("are predicted, and noted with their share and the first rows", async () => {
    const { predictions, notes } = await answerOf({ instances: odd });
    expect(predictions).toHaveLength(3);
    expect(notes).toEqual([unseen, outside]);
  });

  it("are noted as such in a large body, answered in a thread", async () => {
    const many = [...Array.from({ length: 20_000 }, () => odd[0]), odd[1]];
    const { notes } = await answerOf({ instances: many });
    expect(notes?.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^1 of 20001 rows \(0\.005 %\) .*\(row 20000\)$/),
      expect.stringMatching(/^1 of 20001 rows .*\(row 20000\)$/),
    ]);
  });

  it("are noted in the trailer of a stream, by line", async () => {
    const lines = odd.map((row) => JSON.stringify(row)).join("\n");
    const ndjson = linesOf(await (await post("penguins", "application/x-ndjson", lines, "?trailer=true")).text()).at(-1) ?? "";
    expect(JSON.parse(ndjson)).toMatchObject({ end: true, notes: [{ line: 2 }, { line: 2 }] });
    const csv = "island,mass,tagged,seen\nDream,3750,,\nMars,1e9,,\n,-900.1,,\n";
    const answer = linesOf(await (await post("penguins", "text/csv", csv, "?trailer=true")).text());
    expect(answer).toHaveLength(5);
    const [, notes = "[]"] = /^# end (\[.*\])$/.exec(answer.at(-1) ?? "") ?? [];
    expect(JSON.parse(notes)).toEqual([
      { ...unseen, line: 3, detail: unseen.detail.replace("row 1", "line 3") },
      { ...outside, line: 3, detail: outside.detail.replace("1000000000 (rows 1, 2)", "1e9 (lines 3, 4)") },
    ]);
    const plain = await (await post("penguins", "text/csv", csv)).text();
    expect(plain).not.toContain("# end");
  });

  it("are noted in the answers of other protocols: a header of TensorFlow Serving, a parameter of Open Inference", async () => {
    const call = (path: string, body: object) =>
      fetch(`${url}${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    const tf = await call("/v1/models/penguins:predict", {
      instances: odd.map((row) => ({ ...row, island: row.island ?? "" })),
    });
    expect(JSON.parse(tf.headers.get("trainyard-notes") ?? "")).toEqual([unseen, outside]);
    expect(Object.keys((await tf.json()) as object)).toEqual(["predictions"]);
    const bytes = { name: "island", shape: [3], datatype: "BYTES", data: odd.map(({ island }) => island) };
    const numbers = { name: "mass", shape: [3], datatype: "FP64", data: odd.map(({ mass }) => mass) };
    const oip = (await (await call("/v2/models/penguins/infer", { inputs: [bytes, numbers] })).json()) as {
      parameters: { notes: string };
    };
    expect(JSON.parse(oip.parameters.notes)).toEqual([unseen, outside]);

    const unknown = await call("/v1/models/penguins:predict", { instances: [{ island: "Süd 🏝\n" }] });
    expect(JSON.parse(unknown.headers.get("trainyard-notes") ?? "")).toEqual([
      expect.objectContaining({ detail: expect.stringContaining("Süd 🏝") }),
    ]);
    const usual = await call("/v1/models/penguins:predict", { instances: [{ island: "Dream" }] });
    expect(usual.headers.has("trainyard-notes")).toBe(false);
  });

  it("are not those at the edge, missing values, and rows of a model that stores no ranges", async () => {
    const usual = [{ island: "Dream", mass: -900 }, { mass: 9900 }, { island: null, mass: null, seen: "1900-01-01" }, {}];
    expect(await answerOf({ instances: usual })).not.toHaveProperty("notes");
    expect(await (await post("line", "application/json", '{"instances":[[1e9]]}')).json()).not.toHaveProperty("notes");
  });
});

describe("a body that is packed with gzip", () => {
  const send = (type: string, body: string | Uint8Array<ArrayBuffer>, coding = "gzip", path = "models/line/predict") =>
    fetch(`${url}/v1/${path}`, { method: "POST", headers: { "content-type": type, "content-encoding": coding }, body });
  const packed = (text: string) => new Uint8Array(gzipSync(text));

  it.each([
    ["application/json", '{"instances":[[1],[2]]}'],
    ["application/x-ndjson", "[1]\n[2]\n"],
    ["text/csv", "1\n2\n"],
  ])("is answered as the same one is plain: %s", async (type, body) => {
    const plain = await (await post("line", type, body)).text();
    for (const coding of ["gzip", "x-gzip", "GZIP", "identity"]) {
      const response = await send(type, coding === "identity" ? body : packed(body), coding);
      expect([response.status, await response.text()]).toEqual([200, plain]);
    }
    const parts = gzipSync(body);
    const inPieces = await send(type, new Uint8Array(Buffer.concat([parts.subarray(0, 12), parts.subarray(12)])));
    expect(await inPieces.text()).toBe(plain);
  });

  it("is taken of other servers' protocols too", async () => {
    const tf = await send("application/json", packed('{"instances":[[1]]}'), "gzip", "models/line:predict");
    expect(await tf.json()).toEqual({ predictions: [3] });
  });

  it.each(["application/json", "application/x-ndjson", "text/csv"])("is refused with the reason: %s", async (type) => {
    const detailOf = async (response: Response) => [response.status, problem.parse(await response.json()).detail];
    expect(await detailOf(await send(type, "[1]\n", "br"))).toEqual([415, "the content encoding br is not supported; gzip is"]);
    expect(await detailOf(await send(type, "[1]\n"))).toEqual([400, "the gzip data is broken: incorrect header check"]);
    const cut = gzipSync("[1]\n").subarray(0, 12);
    expect(await detailOf(await send(type, new Uint8Array(cut)))).toEqual([
      400,
      "the gzip data is broken: unexpected end of file",
    ]);
  });

  it("is refused when it is too large unpacked", async () => {
    const { bodyBytes, uploadBytes } = staged.services.limits;
    const document = await send("application/json", packed(" ".repeat(bodyBytes + 1)));
    expect([document.status, (await document.json()).detail]).toEqual([413, expect.stringContaining(String(bodyBytes))]);
    const blank = await send("application/x-ndjson", packed("\n".repeat(uploadBytes + 1)));
    expect([blank.status, (await blank.json()).detail]).toEqual([
      413,
      `the packed body has more bytes than the limit of ${uploadBytes} (TRAINYARD_MAX_DATASET_BYTES)`,
    ]);
  });
});

describe("a batch", () => {
  const csv = [
    "id;island;mass;seen;tagged",
    "a;Dream;3750;2024-06-01;TRUE",
    'b;;4200.5;NA;"false"',
    "c;Atlantis;;2024-06-01T12:30;",
    '"d ""x""";"Biscoe, north";5e3;2023-01-02;true',
  ].join("\r\n");

  it("in NDJSON has the answers that JSON has, a line each", async () => {
    const expected = await json("penguins", { instances: ROWS });
    const body = `${ROWS.map((row) => JSON.stringify(row)).join("\n")}\n\n`;
    const response = await post("penguins", "application/x-ndjson", body);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
    expect(linesOf(await response.text()).map((line) => JSON.parse(line))).toEqual(expected);
    const top = await post("penguins", "application/x-ndjson", body, "?top_k=1");
    expect(JSON.parse(linesOf(await top.text())[0] ?? "").top).toHaveLength(1);
  });

  it("in CSV has its rows as they came, with cells for the predictions", async () => {
    const expected = (await json("penguins", { instances: ROWS })) as {
      label: string;
      probability: number;
      probabilities: Record<string, number>;
    }[];
    const response = await post("penguins", "text/csv", csv);
    const lines = linesOf(await response.text());
    const given = linesOf(csv);
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(lines[0]).toBe(`${given[0]};prediction;probability;probability_Adelie;probability_Chinstrap;"probability_Gentoo;x"`);
    expected.forEach(({ label, probability, probabilities }, row) => {
      const cells = [label.includes(";") ? `"${label}"` : label, probability, ...Object.values(probabilities)];
      expect(lines[row + 1]).toBe([given[row + 1], ...cells].join(";"));
    });
    const top = linesOf(await (await post("penguins", "text/csv", csv, "?top_k=2")).text());
    expect(top[0]).toBe(`${given[0]};prediction_1;probability_1;prediction_2;probability_2`);
  });

  it("in CSV is safe for a spreadsheet where that is asked for, its rows and their answers", async () => {
    const rows = 'island,mass,tagged,seen\n"=HYPERLINK(""x"")",-3750,true,2024-06-01\n';
    const [head, row] = linesOf(await (await post("penguins", "text/csv", rows, "?spreadsheet=true")).text());
    expect(head).toMatch(/^island,mass,tagged,seen,prediction,/);
    expect(row).toMatch(/^"'=HYPERLINK\(""x""\)",-3750,true,2024-06-01,/);
    const asItCame = linesOf(await (await post("penguins", "text/csv", rows)).text())[1];
    expect(asItCame).toMatch(/^"=HYPERLINK/);
  });

  it("in CSV needs no header where rows have the model's columns in their order", async () => {
    const text = await (await post("line", "text/csv", "1\n2\n-0.5")).text();
    expect(text).toBe("1,3\r\n2,5\r\n-0.5,0\r\n");
    expect(await (await post("line", "text/csv", "x\n1\n")).text()).toBe("x,prediction\r\n1,3\r\n");
    const named = await post("penguins", "text/csv", "Dream,3750,true,2024-06-01\n");
    expect(linesOf(await named.text())).toHaveLength(1);
  });

  it("refuses what is wrong in its first block with the line, before anything is answered", async () => {
    for (const [ref, type, body, status, detail] of [
      ["line", "text/csv", "1\n2\nthree\n", 422, "line 3, column 1: must be a finite number that fits float32"],
      ["line", "text/csv", "1\n2,3\n", 422, "line 2: the row has 2 cells, and the first one 1"],
      ["line", "text/csv", '"2\n3\n', 400, "line 1, character 1: the quote that opens here is never closed"],
      ["line", "text/csv", "1,2\n", 422, "line 1: the row has 2 cells; the model takes 1"],
      ["line", "text/csv", "", 400, "the body has no rows"],
      ["line", "application/x-ndjson", "[1]\n\n[2\n", 400, "line 3, character 3"],
      ["line", "application/x-ndjson", "[1]\n[1,2]\n", 422, "line 2: has 2 values; the model takes 1"],
      ["line", "application/x-ndjson", "\n\n", 400, "the body has no rows"],
      ["penguins", "text/csv", "island,mass,seen\nDream,1,\nDream,2,soon\n", 422, "line 3, column seen: must be a date"],
      ["penguins", "application/x-ndjson", '{"isle":"Dream"}', 422, "line 1, column isle: is not a column of this model"],
      ["penguins", "text/csv", "island,mass,tagged,seen\nDream,heavy,,\n", 422, "line 2, column mass: must be a finite number"],
    ] as const) {
      const response = await post(ref, type, body);
      const answer = problem.parse(await response.json());
      expect([response.status, answer.detail]).toEqual([status, expect.stringContaining(detail)]);
    }
    expect((await post("line", "text/plain", "1")).status).toBe(415);
    expect((await post("nobody", "text/csv", "1")).status).toBe(404);
    expect((await post("line", "text/csv", "1", "?top_k=2")).status).toBe(422);
  });

  it("that is large is answered in order, whatever its rows are cut into", async () => {
    const rows = Array.from({ length: 200_000 }, (_, index) => index - 100_000);
    const answer = await post("line", "text/csv", rows.join("\n"));
    expect(linesOf(await answer.text())).toEqual(rows.map((x) => `${x},${2 * x + 1}`));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(300), { minLength: 1, maxLength: 6 }), async (cuts) => {
        const { status, text } = await sendInPieces("penguins", csv, cuts);
        expect([status, text]).toEqual([200, await (await post("penguins", "text/csv", csv)).text()]);
      }),
      { numRuns: 15 },
    );
  });

  describe.each([
    ["text/csv", "1\n", "x", "# end", "# error: line 30001, column 1: must be a finite number that fits float32"],
    [
      "application/x-ndjson",
      "[1]\n",
      '"x"',
      '{"end":true}',
      '{"error":{"code":"invalid","detail":"line 30001: must be an array of 1 numbers"}}',
    ],
  ])("in %s", (type, row, bad, end, failure) => {
    const goesWrong = `${row.repeat(30_000)}${bad}\n${row}`;

    it("that goes wrong later ends with a line that says where, and without the end of a body", async () => {
      const { send, closed } = await openRawSocket(url);
      const length = Buffer.byteLength(goesWrong);
      send(
        `POST /v1/models/line/predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`,
      );
      send(goesWrong);
      const text = await closed;
      expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(text.slice(-failure.length - 3)).toBe(`${failure}\n\r\n`);
    });

    it("says where it went wrong to a sender that is not at its end, and takes what more it sends", async () => {
      const { socket, send, closed } = await openRawSocket(url);
      send(
        `POST /v1/models/line/predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`,
      );
      const more = `${goesWrong.length.toString(16)}\r\n${goesWrong}\r\n`;
      for (let sent = 0; sent < 40 && !socket.destroyed; sent++)
        if (!socket.write(more)) await Promise.race([once(socket, "drain"), closed]);
      expect((await closed).slice(-failure.length - 3)).toBe(`${failure}\n\r\n`);
    });

    it("says nothing that is no answer to a sender that ends in the middle", async () => {
      const { socket, send, closed, until } = await openRawSocket(url);
      send(
        `POST /v1/models/line/predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`,
      );
      const rows = row.repeat(20_000);
      send(`${rows.length.toString(16)}\r\n${rows}\r\n`);
      await until((text) => text.includes("\r\n\r\n"));
      socket.end();
      expect((await closed).match(/HTTP\/1\.1/g)).toHaveLength(1);
    });

    it("has a trailer on request: a last line that says how it went, and the end of a body", async () => {
      const read = async (body: string) => linesOf(await (await post("line", type, body, "?trailer=true")).text());
      expect((await read(row)).slice(1)).toEqual([end]);
      const lines = await read(goesWrong);
      expect(lines.at(-1)).toBe(failure);
      expect(lines.length).toBeGreaterThan(8192);
      expect((await post("line", type, bad, "?trailer=true")).status).toBe(type === "text/csv" ? 200 : 422);
      expect((await post("line", type, row, "?trailer=maybe")).status).toBe(422);
    });
  });

  it("is not read faster than its answer is taken", async () => {
    const { hostname, port } = new URL(url);
    const request = openRequest({
      hostname,
      port,
      method: "POST",
      path: "/v1/models/line/predict",
      headers: { "content-type": "text/csv" },
    });
    const block = Buffer.from("1\n".repeat(32_768));
    let accepted = 0;
    // Nobody reads the answer: after the buffers of both sides are full, no more is taken.
    request.on("response", (response) => response.pause());
    for (let stalled = false; !stalled && accepted < 1000; ) {
      if (request.write(block)) accepted++;
      else
        stalled = !(await Promise.race([
          once(request, "drain").then(() => true),
          new Promise((done) => setTimeout(done, 1500, false)),
        ]));
    }
    request.on("error", () => undefined);
    request.destroy();
    expect(accepted).toBeLessThan(1000);
    expect((await post("line", "text/csv", "1")).status).toBe(200);
  });
});

/** Sends a body in pieces that end at these places, and reads the whole answer. */
async function sendInPieces(ref: string, body: string, cuts: readonly number[]): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(url);
  const request = openRequest({
    hostname,
    port,
    method: "POST",
    path: `/v1/models/${ref}/predict`,
    headers: { "content-type": "text/csv" },
  });
  request.setNoDelay(true);
  // The answer may begin before the body ends.
  const answered = once(request, "response") as Promise<[IncomingMessage]>;
  let start = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    if (cut > start) request.write(body.slice(start, cut));
    start = Math.max(start, cut);
    await new Promise((done) => setTimeout(done, 2));
  }
  request.end(body.slice(start));
  const [response] = await answered;
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode ?? 0, text };
}
