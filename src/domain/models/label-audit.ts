/** The result of an audit of labels: the rows with the most surprising class. */
import { z } from "zod";

/** Maximum rows that an audit lists. */
export const MAX_LISTED_LABELS = 1000;

const probability = (of: string) => z.number().meta({ description: `The probability, out of fold, of ${of}.` });

const auditedLabel = z
  .strictObject({
    row: z.int().min(0).meta({ description: "Its number in the job's data, counted from 0." }),
    label: z.string().meta({ description: "Its class as it is in the data." }),
    suggested: z.string().meta({ description: "The most probable other class." }),
    label_probability: probability("its class"),
    suggested_probability: probability("the suggested class"),
    doubtful: z.boolean().meta({ description: "Whether confident learning counts it among the wrong ones." }),
  })
  .meta({ id: "AuditedLabel" });

export const labelAudit = z
  .strictObject({
    rows: z.int().min(1).meta({ description: "Rows that were looked at." }),
    repeats: z.int().min(1).meta({ description: "How often the rows were cut into folds." }),
    folds: z.int().min(2),
    doubtful: z.int().min(0).meta({
      description:
        "How many of the rows are probably wrong, by confident learning (Northcutt et al. 2021): an estimate, not a verdict.",
    }),
    labels: z
      .array(auditedLabel)
      .meta({ description: `The rows whose class got the least probability, the least first: at most ${MAX_LISTED_LABELS}.` }),
  })
  .meta({
    id: "LabelAudit",
    description: "Rows of a classification whose class is probably wrong, by networks that have not seen them.",
  });

export type AuditedLabel = z.output<typeof auditedLabel>;
export type LabelAudit = z.output<typeof labelAudit>;
