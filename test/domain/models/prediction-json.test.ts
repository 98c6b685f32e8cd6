import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Prediction } from "../../../src/domain/models/model.ts";
import { predictionsJson, predictionWriter } from "../../../src/domain/models/prediction-json.ts";

/** Labels of any text, whole numbers among them, each once, and a probability for each. */
const scored = fc
  .uniqueArray(fc.oneof(fc.string(), fc.integer().map(String), fc.constantFrom("__proto__", "constructor", "", '"')), {
    minLength: 1,
    maxLength: 12,
  })
  .chain((classes) =>
    fc.record({
      classes: fc.constant(classes),
      probabilities: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
        minLength: classes.length,
        maxLength: classes.length,
      }),
    }),
  );

function predictionOf(classes: readonly string[], probabilities: readonly number[]): Prediction {
  const place = probabilities.indexOf(Math.max(...probabilities));
  return { place, label: classes[place] as string, probability: probabilities[place] as number, probabilities };
}

/** The keys of an object in a text, in the order in which they are written: a Map of what a reviver would put into an object. */
function keysIn(text: string): string[] {
  const inner = /"probabilities":\{(.*?)\}(?:,"top"|\}$)/s.exec(text)?.[1] ?? "";
  return [...inner.matchAll(/("(?:[^"\\]|\\.)*"):/g)].map(([, key]) => JSON.parse(key as string) as string);
}

describe("a prediction as JSON", () => {
  it("has its probabilities in the order of the classes", () => {
    const prediction = predictionOf(["-1", "10", "9"], [0.25, 0.5, 0.25]);
    expect(predictionWriter({ classes: ["-1", "10", "9"], preprocessing: null })(prediction, null)).toBe(
      '{"label":"10","probability":0.5,"probabilities":{"-1":0.25,"10":0.5,"9":0.25}}',
    );
    expect(predictionWriter({ classes: ["-1", "10", "9"], preprocessing: null })(prediction, 2)).toBe(
      '{"label":"10","probability":0.5,"probabilities":{"-1":0.25,"10":0.5},"top":[{"label":"10","probability":0.5},{"label":"-1","probability":0.25}]}',
    );
  });

  it("has numbers for labels where the target is a column of numbers, and texts for keys", () => {
    const prediction = predictionOf(["-1", "0.5", "10"], [0.25, 0.25, 0.5]);
    const preprocessing = { columns: [], targets: [{ column: "y", scaling: null, numeric: true as const }] };
    expect(predictionWriter({ classes: ["-1", "0.5", "10"], preprocessing })(prediction, 2)).toBe(
      '{"label":10,"probability":0.5,"probabilities":{"-1":0.25,"10":0.5},"top":[{"label":10,"probability":0.5},{"label":-1,"probability":0.25}]}',
    );
  });

  it("is what JSON.stringify says of the same object, but for the order of its keys", () => {
    fc.assert(
      fc.property(scored, fc.option(fc.integer({ min: 1, max: 4 })), ({ classes, probabilities }, topK) => {
        const prediction = predictionOf(classes, probabilities);
        const text = predictionWriter({ classes, preprocessing: null })(prediction, topK);
        const parsed = JSON.parse(text);
        const order = classes.map((_, place) => place);
        const top = [...order].sort((a, b) => (probabilities[b] as number) - (probabilities[a] as number)).slice(0, topK ?? 99);
        const kept = order.filter((place) => top.includes(place));
        expect(keysIn(text)).toEqual(kept.map((place) => classes[place]));
        expect(parsed).toEqual({
          label: "label" in prediction && prediction.label,
          probability: JSON.parse(JSON.stringify(Math.max(...probabilities))),
          probabilities: Object.fromEntries(kept.map((place) => [classes[place], (probabilities[place] as number) + 0])),
          ...(topK !== null && {
            top: top.map((place) => ({ label: classes[place], probability: (probabilities[place] as number) + 0 })),
          }),
        });
      }),
    );
  });

  it("of a regression has numbers, and words for what JSON lacks", () => {
    const predictions = [{ value: 1.5 }, { value: [1, Number.NaN, Number.POSITIVE_INFINITY] }];
    const json = predictionsJson({ classes: [], preprocessing: null }, { predictions, remarks: [] }, null);
    expect(json).toBe('{"predictions":[{"value":1.5},{"value":[1,"NaN","Infinity"]}]}');
  });
});
