/** Alternatives of a list of layers, as the form keeps them: named choices of a sweep. Pure. */
import { isObject, type Json, type JsonObject } from "../../../request/draft.ts";

/** Most alternatives that the form makes; the server takes more. */
export const MAX_ALTERNATIVES = 20;

/** Returns the choices of a parameter by name; none where it is something else. */
export function choicesOf(parameter: Json | undefined): JsonObject {
  return isObject(parameter) && isObject(parameter.choices) ? parameter.choices : {};
}

/** Returns the choices with these layers as a further one, under the first free name. */
export function withAlternative(choices: JsonObject, layers: readonly Json[]): JsonObject {
  let next = Object.keys(choices).length + 1;
  while (`network ${next}` in choices) next++;
  return { ...choices, [`network ${next}`]: layers };
}

/** Returns the choices without one; null when it was the last. */
export function withoutAlternative(choices: JsonObject, name: string): JsonObject | null {
  const { [name]: _, ...others } = choices;
  return Object.keys(others).length === 0 ? null : others;
}

/** Returns the choices with another name for one, in its place. A name that is empty or taken changes nothing. */
export function renamed(choices: JsonObject, from: string, to: string): JsonObject {
  if (to === "" || to in choices) return choices;
  return Object.fromEntries(Object.entries(choices).map(([name, layers]) => [name === from ? to : name, layers]));
}

/** Returns whether these layers are among the choices. */
export function isKept(choices: JsonObject, layers: readonly Json[]): boolean {
  const written = JSON.stringify(layers);
  return Object.values(choices).some((each) => JSON.stringify(each) === written);
}

/** Returns layers in a line: `linear 8, relu, linear`. */
export function summaryOf(layers: Json | undefined): string {
  if (!Array.isArray(layers)) return "edited as JSON";
  const names = (layers as readonly Json[]).map((layer) => {
    if (!isObject(layer)) return String(layer);
    return typeof layer.units === "number" ? `${layer.type} ${layer.units}` : String(layer.type);
  });
  return names.join(", ");
}
