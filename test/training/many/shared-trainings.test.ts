import { describe, expect, it } from "vitest";
import type { Assistant, Assistants } from "../../../src/training/many/shared-trainings.ts";
import { shareTrainings } from "../../../src/training/many/shared-trainings.ts";

/** Assistants that finish a number whenever they are asked, and die when they are asked for one that is deadly: with or without a word. */
function fakeAssistants(deadly = 0, isSilent = false) {
  const opened: { readonly numbers: number[] }[] = [];
  const assistants: Assistants<string> = {
    open() {
      const [numbers, waiting]: [number[], number[]] = [[], []];
      opened.push({ numbers });
      const assistant: Assistant<string> = {
        start(number) {
          numbers.push(number);
          waiting.push(number);
        },
        take() {
          if (isSilent && waiting[0] === deadly) return null;
          const number = waiting.shift();
          if (number === undefined) return null;
          return number === deadly ? "lost" : { number, trained: `assistant ${number}` };
        },
        close: () => undefined,
      };
      return assistant;
    },
    wait: () => undefined,
  };
  return { opened, assistants };
}

function run({ last = 12, most = (): number => 2, deadly = 0, isSilent = false, ahead = 2 } = {}) {
  const { opened, assistants } = fakeAssistants(deadly, isSilent);
  const own: number[] = [];
  const shared = shareTrainings(
    { first: 1, last, assistants, most, ahead: () => ahead },
    (number) => {
      own.push(number);
      return `own ${number}`;
    },
    () => false,
  );
  const taken = Array.from({ length: last }, (_, at) => shared.take(at + 1));
  shared.close();
  return { taken: taken.map((each) => Number(each?.split(" ")[1])), own, opened };
}

const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

describe("trainings that are shared out", () => {
  it("are each done once and handed out in order, whoever did them", () => {
    const { taken, own, opened } = run();
    expect(taken).toEqual(upTo(12));
    expect(opened).toHaveLength(2);
    const all = [...own, ...opened.flatMap(({ numbers }) => numbers)];
    expect(all.sort((a, b) => a - b)).toEqual(upTo(12));
    expect(own.length).toBeLessThan(12);
  });

  it("are done here where an assistant dies with them, and no other is started", () => {
    const { taken, own, opened } = run({ deadly: 2, most: () => 1 });
    expect(taken).toEqual(upTo(12));
    expect(opened).toEqual([{ numbers: [1, 2] }]);
    expect(own).toEqual(expect.arrayContaining([2, 3]));
  });

  it("are done here where nothing is heard of an assistant any more", () => {
    const { taken, own } = run({ deadly: 2, isSilent: true, most: () => 1 });
    expect(taken).toEqual(upTo(12));
    expect(own).toEqual(expect.arrayContaining([2, 3]));
  });

  it("go to no more assistants than may train at the time", () => {
    let asked = 0;
    const { taken, opened } = run({ last: 40, most: () => (asked++ < 4 ? 1 : 0) });
    expect(taken).toEqual(upTo(40));
    expect(opened).toHaveLength(1);
    expect(opened[0]?.numbers.length).toBeLessThan(12);
  });

  it("end where the job does", () => {
    const shared = shareTrainings(
      { first: 1, last: 3, assistants: null, most: () => 0, ahead: () => 1 },
      () => "own",
      () => true,
    );
    expect(shared.take(1)).toBeNull();
  });
});
