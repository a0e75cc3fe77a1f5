// A training as its job has it: files, steps, the model that it wrote.

import { call, fetched, jobFile } from "./api.js";

/** The folder that a training of this page writes, in the folder of its job. */
export const OUTPUT = "model";

/** Most points of a curve; more are averaged. */
const POINTS = 240;

/**
 * @typedef {{ step: number, loss: number, dev: number | null, seconds: number }} Step
 * @typedef {{ task: string, metric: string, purpose: "dev" | "general", items: number, before: number, after: number, low: number, high: number, difference: number }} Change
 * @typedef {{ text: string, similarity: number }} Near
 * @typedef {{ query: string, before: Near[], after: Near[] }} Example
 * @typedef {{ code: string, text: string, count: number, examples: string[], source: string }} Finding
 * @typedef {{ name: string, form: string, layout: string, rows: number, share: number, median_tokens: number, long_tokens: number, max_tokens: number }} FileFacts
 * @typedef {{ files: FileFacts[], held_out: number, steps: number, findings: Finding[] }} DataCheck
 * @typedef {{ model: string, output: string | null, candidate: string | null, findings: Finding[], share: number, seconds: number,
 *   plan: { steps: number }, verdict: { promoted: boolean, changes: Change[], advice: string }, examples: Example[] }} Report
 */

/** The steps of a training so far. @param {string} job @param {AbortSignal} signal @returns {Promise<Step[]>} */
export async function stepsOf(job, signal) {
  const { files } = await call(`/jobs/${job}/files`, { signal });
  const found = files.find((/** @type {{ name: string }} */ each) => each.name.endsWith("/steps.jsonl"));
  if (!found) return [];
  const answer = await fetched(`${jobFile(job, found.name)}?optional=true`, { signal });
  if (answer.status === 204) return stepsOf(job, signal); // moved beside the model meanwhile
  const text = await answer.text();
  return text.split("\n").slice(0, -1).filter(Boolean).map((line) => JSON.parse(line));
}

/**
 * A curve: [step, value] where there is a value, with few enough points to draw.
 * @param {Step[]} steps @param {"loss" | "dev"} name
 * @returns {[number, number][]}
 */
export function curveOf(steps, name) {
  const found = /** @type {[number, number][]} */ (steps.filter((each) => each[name] !== null).map((each) => [each.step, each[name]]));
  const size = Math.ceil(found.length / POINTS) || 1;
  const parts = Array.from({ length: Math.ceil(found.length / size) }, (_, n) => found.slice(n * size, (n + 1) * size));
  return parts.map((part) => [part[part.length - 1][0], part.reduce((sum, [, value]) => sum + value, 0) / part.length]);
}

/** Why a score is not good enough; null where it is. @param {Change} change @param {number} maxDrop @returns {"dropped" | "fell" | "chance" | null} */
function shortfall(change, maxDrop) {
  if (change.purpose === "general") return change.difference < -maxDrop ? "dropped" : null;
  if (change.low > 0) return null;
  return change.high < 0 ? "fell" : "chance";
}

/** Why a training was not promoted, one for each score. @param {Change[]} changes @param {number} maxDrop */
export const shortfalls = (changes, maxDrop) => changes.map((change) => ({ change, why: shortfall(change, maxDrop) })).filter(({ why }) => why);

/** The trained folder, as a request names it. @param {string} job @param {boolean} promoted */
export const folderOf = (job, promoted) => `jobs/${job}/files/${promoted ? OUTPUT : `${OUTPUT}.training/candidate`}`;

/** The examples that people gave by thumbs, as a file to train on. @param {string} name of a collection */
export async function feedbackFile(name) {
  const { rows } = await call(`/collections/${encodeURIComponent(name)}/feedback/export`, { method: "POST", body: {} });
  const lines = rows.map((/** @type {any} */ row) => `${JSON.stringify(row)}\n`);
  return { blob: new Blob(lines), name: `${name}-feedback.jsonl`, rows: rows.length };
}

