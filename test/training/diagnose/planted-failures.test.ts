import { describe, expect, it } from "vitest";
import { train } from "../train.ts";
import { PLANTED } from "./planted-failures.ts";

describe("a training that fails", () => {
  it.each(PLANTED)("names the operation that went wrong first: $name", ({ spec, first }) => {
    const { result } = train(spec);
    if (result.state !== "failed") throw new Error(`it ${result.state}`);
    expect(result.error.divergence?.first).toMatchObject(first);
  });
});
