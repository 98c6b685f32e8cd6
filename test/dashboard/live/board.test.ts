import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Job } from "../../../src/client/answers.ts";
import { createBoard } from "../../../src/dashboard/live/board.ts";
import type { Live } from "../../../src/dashboard/live/live.ts";
import type { JobsMessage } from "../../../src/dashboard/live/messages.ts";
import type { Api } from "../../../src/dashboard/shell/api.ts";
import { createStore } from "../../../src/dashboard/shell/store.ts";
import { createJobList } from "../../../src/dashboard/views/jobs/list.ts";

/** A job after some transitions, the last of them to `state`. */
const job = (id: string, state: Job["state"], transitions: number, epochs_done = 0): Job =>
  ({ id, state, transitions: Array.from({ length: transitions }), epochs_done }) as unknown as Job;

/** What the page hears from the server, said by the test. */
function createNews() {
  const generation = createStore(1);
  let hear: (message: JobsMessage) => void = () => {};
  const watchJobs = (listener: typeof hear): void => {
    hear = listener;
  };
  const live = { generation, watchJobs } as unknown as Live;
  return {
    live,
    generation,
    tell: (told: Job) => hear({ type: "job", job: told }),
    remove: (id: string) => hear({ type: "removed", id }),
  };
}

describe("the board of jobs", () => {
  it("keeps what is newer, whichever way it came", () => {
    const { live, tell } = createNews();
    const board = createBoard(live);
    const heard: string[] = [];
    board.watch((message) => heard.push(message.type === "job" ? message.job.state : "removed"));
    tell(job("a", "cancelled", 4, 90));
    board.put(job("a", "cancelling", 3, 90));
    expect(board.get("a")?.state).toBe("cancelled");
    board.put(job("b", "running", 2, 10));
    tell(job("b", "running", 2, 9));
    expect(board.get("b")?.epochs_done).toBe(10);
    board.put(job("b", "running", 2, 10));
    tell(job("b", "queued", 3, 10));
    expect(heard).toEqual(["cancelled", "running", "running", "queued"]);
  });

  it("does not bring a deleted job back", () => {
    const { live, remove } = createNews();
    const board = createBoard(live);
    board.put(job("a", "succeeded", 3));
    remove("a");
    board.put(job("a", "succeeded", 3));
    expect(board.get("a")).toBeUndefined();
  });

  it("takes anything after a break", () => {
    const { live, generation, tell } = createNews();
    const board = createBoard(live);
    tell(job("a", "succeeded", 3, 50));
    generation.set(2);
    board.put(job("a", "running", 2, 20));
    expect(board.get("a")?.state).toBe("running");
  });
});

describe("a list of jobs", () => {
  /** A list whose page is answered when the test says so. */
  function createReading(filter: Job["state"] | null, conditions = "") {
    const news = createNews();
    const board = createBoard(news.live);
    const pages: ((jobs: Job[]) => void)[] = [];
    const jobs = () => new Promise((resolve) => pages.push((data) => resolve({ data, has_more: false, next_after: null })));
    const list = createJobList({ jobs } as unknown as Api, board, filter, conditions);
    return { ...news, list, answer: (data: Job[]) => pages.shift()?.(data) };
  }

  it("has what was told while its page was read", async () => {
    const { list, answer, tell, remove } = createReading(null);
    const reading = list.reload();
    tell(job("3", "queued", 1));
    tell(job("4", "queued", 1));
    remove("4");
    remove("1");
    answer([job("2", "running", 2), job("1", "succeeded", 3)]);
    await reading;
    expect(list.state.get().ids).toEqual(["3", "2"]);
  });

  it("leaves out what has left its state while its page was read", async () => {
    const { list, answer, tell } = createReading("running");
    const reading = list.reload();
    tell(job("2", "succeeded", 3));
    answer([job("2", "running", 2), job("1", "running", 2)]);
    await reading;
    expect(list.state.get().ids).toEqual(["1"]);
  });

  it("asks again for what meets conditions when a job changes, listed or not, and lets go of what no longer does", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { list, answer, tell } = createReading(null, "metrics.val_loss > 0.5");
    const reading = list.reload();
    answer([job("2", "running", 2, 1), job("1", "succeeded", 3)]);
    await reading;
    tell(job("2", "running", 2, 9));
    expect(list.state.get().ids).toEqual(["2", "1"]);
    await vi.advanceTimersToNextTimerAsync();
    answer([job("1", "succeeded", 3)]);
    await vi.advanceTimersByTimeAsync(0);
    expect(list.state.get().ids).toEqual(["1"]);
    tell(job("3", "running", 2));
    await vi.advanceTimersToNextTimerAsync();
    answer([job("3", "running", 2), job("1", "succeeded", 3)]);
    await vi.advanceTimersByTimeAsync(0);
    expect(list.state.get().ids).toEqual(["3", "1"]);
  });
});
