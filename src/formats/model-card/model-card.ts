/**
 * A model card (Mitchell et al., Model Cards for Model Reporting, 2019): one HTML file with a model's purpose, data, scores and limits. It
 * loads nothing, runs nothing, and is bounded: lists and texts are cut.
 */
import type { ModelCardFacts } from "../../domain/model-card/facts.ts";
import { markup, ours } from "./markup.ts";
import { limitSection, pictureSection, scoreSection } from "./scores.ts";
import { aboutSection, dataSection, purpose, receiptSection, trainingSection, whichOf } from "./sections.ts";
import { CARD_POLICY, STYLE } from "./style.ts";

export { CARD_POLICY } from "./style.ts";

export const CARD_TYPE = "text/html";

/** Returns the card of a model as a document. */
export function encodeModelCard(card: ModelCardFacts): string {
  const { name } = card.model;
  const which = whichOf(card);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CARD_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${purpose(card)}">
<title>${name} ${which}: model card</title>
<style>${ours(STYLE)}</style>
</head>
<body>
<main>
<header><h1>${name} <small>${which}</small></h1><p class="dim">Model card</p></header>
${aboutSection(card)}${scoreSection(card)}${limitSection(card)}${dataSection(card)}${trainingSection(card)}${pictureSection(card)}${receiptSection(card)}
</main>
</body>
</html>
`.text;
}
