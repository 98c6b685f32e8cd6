/** Random programs, compiled, against the interpreter. */
import fc from "fast-check";
import { describe, it } from "vitest";
import { grad } from "../../../src/engine/gradients.ts";
import type { Tensor } from "../../../src/engine/graph.ts";
import * as graph from "../../../src/engine/graph.ts";
import { expectSame } from "./comparison.ts";

/** 1, primes, and both sides of the widths of vectors, unrolled loops, tiles and written-out axes. */
const SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 15, 16, 17, 31, 32, 33];

interface Made {
  readonly tensor: Tensor;
  /** No element is larger: grown values are brought back by tanh, so that one tolerance serves all programs. */
  readonly bound: number;
  /** A leaf, or one that was only moved: comparisons of such values do not depend on rounding. */
  readonly exact: boolean;
}

type Choice = readonly [number, number, number, number];

/** Builds one more tensor from what is there: the four numbers choose the operation, its operands and its attributes. */
class ProgramMaker {
  readonly made: Made[] = [];
  readonly indices: Tensor[] = [];
  #states = 0;

  leaf(shape: readonly number[]): Made {
    return this.#keep(graph.state(`s${this.#states++}`, shape), 2, true);
  }

  #keep(tensor: Tensor, bound: number, exact = false): Made {
    const made = bound > 60 ? { tensor: graph.tanh(tensor), bound: 1, exact: false } : { tensor, bound, exact };
    this.made.push(made);
    return made;
  }

  #pick(choice: number): Made {
    return this.made[choice % this.made.length] as Made;
  }

  #pickExact(choice: number): Made {
    const exact = this.made.filter((each) => each.exact);
    return exact[choice % exact.length] as Made;
  }

  /** Some other tensor, or a new leaf, that broadcasts with the first. */
  #partner(first: Made, choice: number, attribute: number): Made {
    const fits = this.made.filter(({ tensor }) => broadcasts(tensor.shape, first.tensor.shape));
    if (choice % 3 > 0 && fits.length > 0) return fits[choice % fits.length] as Made;
    const { shape } = first.tensor;
    const kept = shape.map((size, axis) => ((attribute >> axis) & 1 ? 1 : size));
    return this.leaf(kept.slice(attribute % (kept.length + 1)));
  }

  add([kind, first, second, attribute]: Choice): void {
    const x = this.#pick(first);
    const { shape } = x.tensor;
    const axes = shape.flatMap((_, axis) => ((attribute >> axis) & 1 ? [axis] : []));
    const actions: readonly (() => unknown)[] = [
      () => {
        const fns = [graph.neg, graph.abs, graph.sin, graph.cos, graph.tanh, graph.sigmoid, graph.erf];
        const fn = fns[attribute % fns.length] as (typeof fns)[number];
        this.#keep(fn(x.tensor), fn === graph.neg || fn === graph.abs ? x.bound : 1);
      },
      () => this.#keep(graph.exp(graph.tanh(x.tensor)), 3),
      () => this.#keep(graph.log(graph.add(graph.abs(x.tensor), 0.5)), 5),
      () => this.#keep(graph.log1p(graph.abs(x.tensor)), 5),
      () => this.#keep(graph.sqrt(graph.add(graph.abs(x.tensor), 0.25)), 1 + x.bound),
      () => this.#keep(graph.rsqrt(graph.add(graph.abs(x.tensor), 0.25)), 2),
      () => {
        const y = this.#partner(x, second, attribute);
        // Where two rounded values nearly tie, the gradient of a maximum is anyone's guess.
        const fns = [graph.add, graph.sub, ...(x.exact && y.exact ? [graph.maximum, graph.minimum] : [])];
        this.#keep((fns[attribute % fns.length] as typeof graph.add)(x.tensor, y.tensor), x.bound + y.bound);
      },
      () => {
        const y = this.#partner(x, second, attribute);
        this.#keep(graph.mul(x.tensor, y.tensor), x.bound * y.bound);
      },
      () => {
        const y = this.#partner(x, second, attribute);
        this.#keep(graph.div(x.tensor, graph.add(graph.abs(y.tensor), 0.5)), x.bound * 2);
      },
      () => {
        const condition = this.#pickExact(second);
        const fns = [graph.less, graph.lessEqual, graph.equal];
        const limit = (attribute % 8) / 8;
        const comparison = (fns[attribute % 3] as typeof graph.less)(condition.tensor, limit);
        if (broadcasts(condition.tensor.shape, shape))
          this.#keep(graph.where(comparison, x.tensor, attribute % 5), x.bound + 5);
        else this.#keep(comparison, 1);
      },
      () => this.#keep(graph.sign(this.#pickExact(second).tensor), 1),
      () =>
        this.#keep(
          graph.sum(x.tensor, axes, attribute % 2 === 0),
          x.bound * graph.sizeOf(axes.map((axis) => shape[axis] as number)),
        ),
      () => {
        const exact = this.#pickExact(first).tensor;
        const some = exact.shape.flatMap((_, axis) => ((attribute >> axis) & 1 ? [axis] : []));
        this.#keep(graph.max(exact, some, attribute % 2 === 0), 2);
      },
      () =>
        this.#keep(
          graph.permute(
            x.tensor,
            rotate(
              shape.map((_, axis) => axis),
              attribute,
            ),
          ),
          x.bound,
          x.exact,
        ),
      () => this.#keep(graph.reshape(x.tensor, split(graph.sizeOf(shape), attribute)), x.bound, x.exact),
      () =>
        this.#keep(
          graph.reshape(x.tensor, [...shape.slice(0, attribute % 3), 1, ...shape.slice(attribute % 3)].slice(0, 6)),
          x.bound,
          x.exact,
        ),
      () => {
        if (shape.length > 4) return;
        this.#keep(graph.broadcast(x.tensor, [1 + (attribute % 4), ...shape]), x.bound, x.exact);
      },
      () => {
        const ranges = shape.map((size, axis) => {
          const start = (attribute >> axis) % size;
          return { start, stop: size, step: 1 + ((attribute >> 1) % 2) };
        });
        this.#keep(graph.slice(x.tensor, ranges), x.bound, x.exact);
      },
      () => {
        if (graph.sizeOf(shape) > 2000) return;
        const ranges = shape.map((_, axis) => ({
          low: (attribute >> axis) % 2,
          high: (attribute >> (axis + 1)) % 3,
          interior: (attribute >> (axis + 2)) % 2,
        }));
        this.#keep(graph.pad(x.tensor, ranges), x.bound, x.exact);
      },
      () => {
        const [rows = 1, inner = 1] = shape.slice(-2);
        if (shape.length < 2) return;
        const columns = SIZES[attribute % SIZES.length] as number;
        const transposeA = attribute % 2 === 1;
        const transposeB = attribute % 3 === 1;
        const k = transposeA ? rows : inner;
        const b = this.leaf(transposeB ? [columns, k] : [k, columns]);
        this.#keep(graph.matmul(x.tensor, b.tensor, { transposeA, transposeB }), x.bound * b.bound * k);
      },
      () => {
        if (shape.length === 0 || shape.length > 4) return;
        const index = this.#index([1 + (attribute % 9)], shape[0] as number);
        this.#keep(graph.gather(x.tensor, index), x.bound, x.exact);
      },
      () => {
        if (shape.length === 0) return;
        const index = this.#index([shape[0] as number], 3);
        this.#keep(graph.scatterAdd(x.tensor, index, 4), x.bound * (shape[0] as number));
      },
      () => this.#keep(graph.detach(x.tensor), x.bound, x.exact),
    ];
    (actions[kind % actions.length] as () => unknown)();
  }

  /** Indices are a state: all below `limit`, which the smallest table of the program allows. */
  #index(shape: readonly number[], limit: number): Tensor {
    const index = graph.state(`i${this.indices.length}_${limit}`, shape, "int");
    this.indices.push(index);
    return index;
  }
}

function broadcasts(from: readonly number[], to: readonly number[]): boolean {
  const lead = to.length - from.length;
  return lead >= 0 && from.every((size, axis) => size === 1 || size === to[axis + lead]);
}

const rotate = (axes: readonly number[], by: number): number[] =>
  axes.map((_, axis) => axes[(axis + by) % axes.length] as number);

/** Some factorisation. */
function split(size: number, attribute: number): number[] {
  const divisors = Array.from({ length: size }, (_, index) => index + 1).filter((each) => size % each === 0);
  const first = divisors[attribute % divisors.length] as number;
  return attribute % 2 ? [first, size / first] : [size / first, 1, first];
}

const shape = fc.array(fc.constantFrom(...SIZES), { maxLength: 3 }).filter((sizes) => graph.sizeOf(sizes) <= 4000);
const choices = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: 12 });

const statesOf = (made: readonly Made[]): Tensor[] => [
  ...new Set(made.map(({ tensor }) => tensor).filter(({ op }) => op.kind === "state")),
];

function make(shapes: readonly (readonly number[])[], decisions: readonly Choice[]): ProgramMaker {
  const maker = new ProgramMaker();
  for (const each of shapes) maker.leaf(each);
  for (const choice of decisions) {
    const before = maker.made.at(-1) as Made;
    if (graph.sizeOf(before.tensor.shape) > 20_000) break;
    maker.add(choice);
  }
  return maker;
}

/** How many random programs are compiled for each test, other ones in each run. `RANDOM_PROGRAMS=2000` looks longer. */
const PROGRAMS = Number(process.env.RANDOM_PROGRAMS ?? 60);

describe("random programs, compiled", () => {
  it("give what the interpreter gives", () => {
    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 3 }), choices, fc.nat(), (shapes, decisions, seed) => {
        const { made } = make(shapes, decisions);
        const outputs = Object.fromEntries(made.slice(-3).map(({ tensor }, index) => [`y${index}`, tensor]));
        expectSame({ p: { outputs } }, { seed, steps: 1, tolerance: 1e-3 });
      }),
      { numRuns: 2 * PROGRAMS },
    );
  }, 120_000);

  it("replace states by anything of their shape, in place or not", () => {
    fc.assert(
      fc.property(fc.array(shape, { minLength: 2, maxLength: 3 }), choices, fc.nat(), (shapes, decisions, seed) => {
        const { made } = make(shapes, decisions);
        const states = statesOf(made);
        const updates = states.flatMap((state) => {
          const next = made.findLast(({ tensor }) => tensor !== state && graph.sameShape(tensor.shape, state.shape));
          return next ? [{ state, next: graph.mul(graph.tanh(next.tensor), 0.5) }] : [];
        });
        const outputs = { last: (made.at(-1) as Made).tensor };
        expectSame({ p: { outputs, updates } }, { seed, steps: 1, tolerance: 1e-3 });
      }),
      { numRuns: PROGRAMS },
    );
  }, 120_000);

  it("have the interpreter's gradients", () => {
    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 2 }), choices, fc.nat(), (shapes, decisions, seed) => {
        const { made } = make(shapes, decisions.slice(0, 6));
        const states = statesOf(made);
        const loss = graph.sum(graph.tanh((made.at(-1) as Made).tensor));
        const gradients = grad(loss, states);
        const outputs = Object.fromEntries(gradients.map((tensor, index) => [`d${index}`, tensor]));
        expectSame({ p: { outputs: { loss, ...outputs } } }, { seed, steps: 1, tolerance: 5e-3 });
      }),
      { numRuns: PROGRAMS },
    );
  }, 120_000);
});
