import { describe, expect, it } from "vitest";
import { isOutOfDescriptors, toProblem } from "../../src/http/errors/problem.ts";
import { connectionsWithin, neededDescriptors, openFilesIn, reservedDescriptors } from "../../src/server/defaults.ts";

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max processes             15732                15732                processes
Max open files            1024                 524288               files
`;

describe("file descriptors", () => {
  it("are limited as /proc/self/limits says, where there is one", () => {
    expect(openFilesIn(LIMITS)).toBe(1024);
    expect(openFilesIn(LIMITS.replace("1024  ", "unlimited"))).toBeNull();
    expect(openFilesIn("")).toBeNull();
  });

  it("are left over by connections, for files and threads", () => {
    expect(connectionsWithin(10_000, 2, 1024)).toBe(1024 - reservedDescriptors(2));
    expect(connectionsWithin(100, 2, 1024)).toBe(100);
    expect(connectionsWithin(10_000, 2, 64)).toBe(1);
    // Many cores and few descriptors: fewer than the reserve, and enough to serve somebody.
    expect(connectionsWithin(10_000, 128, 1024)).toBe((1024 - neededDescriptors(128)) / 2);
    expect(connectionsWithin(10_000, 2, null)).toBe(10_000);
  });

  it("that are used up are no internal error, at whatever depth", () => {
    const cause = Object.assign(new Error("open"), { code: "EMFILE" });
    const error = new Error("the upload thread's read failed", { cause });
    expect(isOutOfDescriptors(error)).toBe(true);
    expect(isOutOfDescriptors(new Error("other"))).toBe(false);
    expect(toProblem(error, { requestId: "1", bodyLimit: 0 })).toMatchObject({ status: 503, code: "unavailable" });
  });
});
