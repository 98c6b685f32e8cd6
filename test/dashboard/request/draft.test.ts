import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultAt, type Json, programOf, textOf, valueAt, withValue } from "../../../src/dashboard/request/draft.ts";
import { lineOf, locate } from "../../../src/dashboard/views/new/locate.ts";

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

/** Every place of a value, with what stands there. */
function placesOf(value: Json, pointer = ""): (readonly [string, Json])[] {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  const steps = entries.map(([key, inner]) => [key.replaceAll("~", "~0").replaceAll("/", "~1"), inner as Json] as const);
  return [[pointer, value], ...steps.flatMap(([step, inner]) => placesOf(inner, `${pointer}/${step}`))];
}

describe("a draft of a spec", () => {
  it("is the same JSON when its text is read", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(textOf(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("is the same object as a program", () => {
    const spec = { model: { layers: [{ type: "linear", units: 4 }] }, "odd key": 'a "quoted" one', seed: 1 };
    expect(programOf(spec)).toContain('model: { layers: [{ type: "linear", units: 4 }] }');
    expect(programOf(spec)).toContain('"odd key"');
  });

  it("has at each pointer what stands there, and nothing elsewhere", () => {
    fc.assert(
      fc.property(json, (value) => {
        for (const [pointer, inner] of placesOf(value)) expect(valueAt(value, pointer)).toEqual(inner);
        expect(valueAt(value, "/no/such/place")).toBeUndefined();
      }),
    );
  });

  it("changes at one place and leaves the others as they are", () => {
    const spec = { data: { dataset: { id: "a", target: "t" } }, model: { layers: [{ type: "relu" }, { type: "tanh" }] } };
    expect(withValue(spec, "/model/layers/1/type", "elu").model.layers).toEqual([{ type: "relu" }, { type: "elu" }]);
    expect(withValue(spec, "/model/layers/0", undefined).model.layers).toEqual([{ type: "tanh" }]);
    expect(withValue(spec, "/split/validation", 0.2)).toEqual({ ...spec, split: { validation: 0.2 } });
    expect(withValue(spec, "/data/dataset/id", undefined).data).toEqual({ dataset: { target: "t" } });
    expect(spec.data.dataset.id).toBe("a");
  });

  it("shows a fault at its place and at those around it", () => {
    const faults = new Map([["/model/layers/2/units", "too small"]]);
    expect(faultAt(faults, "/model/layers/2/units")).toBe("too small");
    expect(faultAt(faults, "/model/layers/2")).toBe("too small");
    expect(faultAt(faults, "/model/layers/20")).toBeNull();
  });
});

describe("a place in a JSON text", () => {
  it("is found by its pointer, whatever is around it", () => {
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        for (const [pointer, inner] of placesOf(value)) {
          const stretch = locate(text, pointer);
          expect(JSON.parse(text.slice(stretch?.start, stretch?.end))).toEqual(JSON.parse(JSON.stringify(inner)));
        }
      }),
    );
  });

  it("is the innermost one on the way where the place itself is not there", () => {
    const text = '{\n  "model": {\n    "layers": []\n  }\n}';
    const stretch = locate(text, "/model/layers/0/type");
    expect(text.slice(stretch?.start, stretch?.end)).toBe("[]");
    expect(lineOf(text, stretch?.start ?? 0)).toBe(3);
    expect(locate("", "/model")).toBeNull();
  });
});
