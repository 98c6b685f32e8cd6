/** What predicting a row costs: of every layer, at every place where its weights are used. */
import { type Architecture, architectureNetwork } from "./inference.ts";

/** Multiply-adds of predicting a row with the network of a model. */
export function rowMultiplyAdds(model: Architecture): number {
  return architectureNetwork(model).layers.reduce((total, { multiplyAdds }) => total + multiplyAdds, 0);
}
