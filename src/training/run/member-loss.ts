/** The loss of networks that end with a mean over their members. Knows no particular loss. */
import { graph, type Tensor } from "../../engine/index.ts";

/** A mean over rows of predictions [rows, outputs], targets [rows, ...] and weights of rows [rows]. */
type RowLoss = (predictions: Tensor, targets: Tensor, rowWeights: Tensor | undefined) => Tensor;

/**
 * Returns the mean of the members' losses, for outputs [rows, members, outputs]: the loss of members times as many rows, each with its
 * row's targets and weight. Members that minimised the loss of their mean would depend on each other, and generalise as one network
 * does (Gorishniy et al., TabM, 2024, section 3).
 */
export function memberLoss(loss: RowLoss, outputs: Tensor, targets: Tensor, rowWeights: Tensor | undefined): Tensor {
  const [rows, members, ...rest] = outputs.shape as [number, number, ...number[]];
  const repeated = (x: Tensor): Tensor => {
    const [, ...own] = x.shape;
    const spread = graph.broadcast(graph.reshape(x, [rows, 1, ...own]), [rows, members, ...own]);
    return graph.reshape(spread, [rows * members, ...own]);
  };
  return loss(graph.reshape(outputs, [rows * members, ...rest]), repeated(targets), rowWeights && repeated(rowWeights));
}
