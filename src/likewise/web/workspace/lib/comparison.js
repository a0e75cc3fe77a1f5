// Comparisons as their jobs have them: candidates while they are scored, and the result.

import { language, number, t } from "./i18n.js";

/**
 * @typedef {{ model: string, compute: string, dimension: number, precision: string }} Candidate
 * @typedef {{ value: number, low: number, high: number }} Interval
 * @typedef {{ texts_per_second: number, memory_mb: number | null, start_seconds: number }} Cost
 * @typedef {{ candidate: Candidate, metric: string, quality: Interval, cost: Cost, vector_bytes: number }} Scored
 * @typedef {Omit<Scored, "metric"> & { against_best: { interval: Interval }, significant: boolean, pairs: import("./decisions.js").PairCounts | null }} Row
 * @typedef {Record<string, { code: string, values: Record<string, string> }>} Phrases of texts that can be said in another language
 * @typedef {{ input: string, expected: string, scores: number[], predicted: number[] }} Item scores, and indices of texts, by candidate
 * @typedef {{ name: string, type: string, data: string }} Task
 * @typedef {{ task: string, type: string, data: string, metric: string, items: number, results: Row[], choice: Candidate, tolerance: number,
 *   disagreements: { items: Item[], texts: string[], phrases: Phrases, higher: number[][] }, generated_labels: { kind: "titles" | "halves" | "words", count: number, overlap: number, very_weak: boolean } | null, failures: { input: string, expected: string, predicted: string, phrases: Phrases }[] }} Found
 */

/** Names of dimensions, and what the full vectors are divided by. @type {Record<string, number>} */
export const SHARES = { full: 1, half: 2, quarter: 4 };
export const COMPUTES = ["float32", "bfloat16", "int8"];
export const PRECISIONS = ["float32", "int8", "binary"];

/** Scores of an item that differ by less are counted as equal. */
export const EQUAL = 0.01;

/** Units of the width of a chart: text is as large on a phone. */
export const chartWidth = () => (innerWidth < 600 ? 360 : 760);

/** A name that no other candidate has. @param {Candidate} candidate */
export const labelOf = ({ model, compute, dimension, precision }) => `${model} ${compute} · ${dimension} × ${precision}`;

/** Models are long names in a narrow place: the last part of a path. @param {string} model */
export const shortName = (model) => model.split("/").pop() ?? model;

/**
 * The candidates that were scored so far, the best first; of a repeated run, the last scores.
 * @param {import("./jobs.js").Message[]} messages
 * @returns {Scored[]}
 */
export function scoredOf(messages) {
  const found = new Map(messages.filter((each) => each.code === "scored").map((each) => [labelOf(each.values.candidate), each.values]));
  return [...found.values()].sort((a, b) => b.quality.value - a.quality.value);
}

/** What is compared on; null before it was read. @param {import("./jobs.js").Message[]} messages @returns {Task | null} */
export const taskOf = (messages) => messages.filter((each) => each.code === "task").pop()?.values ?? null;

/** A share of 1 in points of 100, always with two digits after the point. @param {number} share */
export const points = (share) => (100 * share).toLocaleString(language.value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/**
 * A result of a task in the language of the page, as far as its words are known.
 * @param {string} text @param {Phrases} [phrases] none in comparisons of earlier versions
 */
export function inWords(text, phrases = {}) {
  const phrase = phrases[text];
  return phrase ? t(/** @type {import("./i18n.js").Key} */ (`compare.say.${phrase.code}`), phrase.values) : text;
}

/** Why the choice is recommended, in a sentence. @param {Found} found */
export function reasonOf({ results, choice, tolerance }) {
  const best = results[0];
  const chosen = results.find((row) => labelOf(row.candidate) === labelOf(choice)) ?? best;
  const costs = { speed: chosen.cost.texts_per_second, bytes: chosen.vector_bytes };
  if (chosen === best) return t("compare.why.best", costs);
  const { value, low } = chosen.against_best.interval;
  const small = !chosen.significant || low >= -tolerance;
  return t(small ? "compare.why.small" : "compare.why.real", {
    ...costs, loss: points(Math.abs(value)), best: labelOf(best.candidate), tolerance: number(100 * tolerance, 2),
    bestspeed: best.cost.texts_per_second, bestbytes: best.vector_bytes,
  });
}
