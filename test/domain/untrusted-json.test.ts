import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseUntrusted, pollutionIn } from "../../src/domain/untrusted-json.ts";

const parse = (text: string) => parseUntrusted(new TextEncoder().encode(text));

describe("JSON from anybody", () => {
  it("is what JSON.parse makes of it", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!text.includes("__proto__"));
        expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    );
  });

  it.each([
    ['{"__proto__": 1}', "/__proto__"],
    ['{"a": [1, {"b": {"__proto__": {"x": 1}}}]}', "/a/1/b/__proto__"],
    ['{"\\u005f_proto\\u005f_": {}}', "/__proto__"],
    ['{"constructor": {"prototype": {"x": 1}}}', "/constructor"],
    ['[{"c/d": {"constructor": {"prototyp\\u0065": null}}}]', "/0/c~1d/constructor"],
  ])("%s is refused, with its place", (text, pointer) => {
    expect(parse(text)).toMatchObject({ ok: false, code: "invalid", pointer });
  });

  it.each([
    '{"constructor": 1}',
    '{"constructor": {"of": "houses"}}',
    '{"prototype": 1}',
    '"__proto__"',
    '["__proto__"]',
    '{"proto": "__proto__"}',
    "null",
  ])("%s is taken", (text) => {
    expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) });
  });

  it("may be nested as deep as it likes", () => {
    const depth = 100_000;
    const text = `${'{"a":'.repeat(depth)}{"__proto__":1}${"}".repeat(depth)}`;
    expect(pollutionIn(text, JSON.parse(text))).toBe("");
  });

  it.each(["", "{", "\ufffe", '{"a":1,}'])("%j is malformed", (text) => {
    expect(parse(text)).toMatchObject({ ok: false, code: "malformed", pointer: "" });
  });

  it("must be UTF-8", () => {
    expect(parseUntrusted(Uint8Array.of(0x22, 0xff, 0x22))).toMatchObject({ ok: false, code: "malformed" });
  });
});
