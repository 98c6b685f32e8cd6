/** `trainyard compare`: which of two models is better, and how certain that is. */
import { betterText, comparedLabel, comparedText, differenceText, probabilityText } from "../../client/better.ts";
import type { ComparedScores } from "../../client/index.ts";
import { betterOverSeedsText } from "../../client/questions/seeds.ts";
import { examples, type Register } from "../context.ts";
import { SCORE_FORMAT } from "../figures.ts";
import { findDataset } from "../references.ts";
import { type Terminal, table } from "../terminal.ts";

export const registerCompare: Register = (program, context) => {
  program
    .command("compare")
    .description("say which of two models is better on rows that neither was trained on, and how certain that is")
    .argument("<a>", "model: id, name, name@version or name@alias")
    .argument("<b>", "the other model")
    .option("-d, --data <dataset>", "a data set that neither has seen; without it, the rows that both of their jobs held out")
    .addHelpText("after", examples("trainyard compare iris@2 iris@1", "trainyard compare iris@2 iris@1 --data iris-new"))
    .action(async (a: string, b: string, { data }: { readonly data?: string }) => {
      const client = context.client();
      const dataset = data === undefined ? undefined : (await findDataset(client, data)).id;
      const compared = await client.compareScores(a, b, dataset === undefined ? {} : { dataset });
      context.show(compared, () => comparedLines(compared, a, b, context.out));
    });
};

function comparedLines({ figures, rows, part, seeds }: ComparedScores, a: string, b: string, terminal: Terminal): string[] {
  const { bold, dim } = terminal.paint;
  const [main] = figures;
  if (!main) return [`Neither model has a score on these ${rows} rows.`];
  const lines = figures.map((each) => [
    comparedLabel(each),
    comparedText(each.a, each, SCORE_FORMAT),
    comparedText(each.b, each, SCORE_FORMAT),
    differenceText(each, SCORE_FORMAT),
    probabilityText(each.p_a_better),
  ]);
  const overSeeds = betterOverSeedsText(main, seeds, a, b);
  const of = part === "dataset" ? "of the data set" : "that both held out";
  return [
    bold(betterText(main, a, b)),
    ...(overSeeds ? [overSeeds] : []),
    dim(`by ${comparedLabel(main)} on ${rows} rows ${of}; p: how certain it is that ${a} is better`),
    "",
    ...table([["", a, b, "difference (90 %)", "p"], ...lines], terminal),
  ];
}
