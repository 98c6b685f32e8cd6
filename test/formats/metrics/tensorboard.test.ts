import { describe, expect, it } from "vitest";
import { crc32c, maskedCrc32c } from "../../../src/formats/metrics/crc32c.ts";
import { encodeEvents, eventFileHead, eventFileName, scalarTag } from "../../../src/formats/metrics/tensorboard.ts";
import { type ReadEvent, readEventFile } from "./event-file.ts";

describe("crc32c", () => {
  // RFC 3720, appendix B.4.
  it.each([
    ["32 bytes of zero", new Uint8Array(32), 0x8a9136aa],
    ["32 bytes of one", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["32 bytes that count up", Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
    ["32 bytes that count down", Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113fdb5c],
    ["the digits", new TextEncoder().encode("123456789"), 0xe3069283],
    ["nothing", new Uint8Array(0), 0],
  ])("of %s is as published", (_, bytes, checksum) => {
    expect(crc32c(bytes)).toBe(checksum);
  });

  it("is that of a part where a part is named", () => {
    const bytes = new TextEncoder().encode("xx123456789yy");
    expect(crc32c(bytes, 2, 11)).toBe(0xe3069283);
    expect(maskedCrc32c(bytes, 2, 11)).toBe(maskedCrc32c(new TextEncoder().encode("123456789")));
  });
});

describe("an event file", () => {
  const started = Date.UTC(2026, 4, 4, 9, 30);
  const slice = {
    from: 300,
    to: 302,
    series: {
      loss: Float64Array.of(0.5, Number.NaN, Number.POSITIVE_INFINITY),
      accuracy: Float64Array.of(0.25, 0.5, 1),
      val_loss: Float64Array.of(0.75, 1e-30, -0),
      val_accuracy: Float64Array.of(0, 0.125, 1),
      lr: Float64Array.of(0.1, 0.01, 0.001),
      epoch_ms: Float64Array.of(250, 500, 1000),
    },
  };

  it("begins with the version, and has a record with every scalar for each epoch", () => {
    const events = readEventFile(Buffer.concat([eventFileHead(started), encodeEvents(slice, (ranMs) => started + ranMs, 0)]));
    const f = Math.fround;
    expect(events).toEqual<ReadEvent[]>([
      { wallTime: started / 1000, step: 0, fileVersion: "brain.Event:2", scalars: [] },
      {
        wallTime: started / 1000 + 0.25,
        step: 300,
        scalars: [
          ["Loss/train", 0.5],
          ["Accuracy/train", 0.25],
          ["Loss/validation", 0.75],
          ["Accuracy/validation", 0],
          ["lr", f(0.1)],
          ["epoch_ms", 250],
        ],
      },
      {
        wallTime: started / 1000 + 0.75,
        step: 301,
        scalars: [
          ["Loss/train", Number.NaN],
          ["Accuracy/train", 0.5],
          ["Loss/validation", f(1e-30)],
          ["Accuracy/validation", 0.125],
          ["lr", f(0.01)],
          ["epoch_ms", 500],
        ],
      },
      {
        wallTime: started / 1000 + 1.75,
        step: 302,
        scalars: [
          ["Loss/train", Number.POSITIVE_INFINITY],
          ["Accuracy/train", 1],
          ["Loss/validation", -0],
          ["Accuracy/validation", 1],
          ["lr", f(0.001)],
          ["epoch_ms", 1000],
        ],
      },
    ]);
  });

  it("counts steps beyond 32 bits", () => {
    const at = 2 ** 40;
    const chunk = { from: at, to: at, series: { loss: Float64Array.of(1) } };
    const [event] = readEventFile(encodeEvents(chunk, (ranMs) => started + ranMs, 0));
    expect(event).toEqual({ wallTime: started / 1000, step: at, scalars: [["Loss/train", 1]] });
  });

  it("is named so that TensorBoard sees it, and its tags tell training, validation and run apart", () => {
    expect(eventFileName("job_1", started)).toBe("events.out.tfevents.1777887000.job_1");
    expect((["mae", "val_r2", "grad_norm"] as const).map(scalarTag)).toEqual(["Mae/train", "R2/validation", "grad_norm"]);
  });
});
