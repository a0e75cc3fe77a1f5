// Tags: fields that people set, on the server and on the map that is shown.

import { post } from "./api.js";
import { add, ended } from "./jobs.js";

/** Most different values of a column of numbers of 16 bits. */
const COLUMN = 65535;

/**
 * Set a field of records.
 * @param {string} name of the collection @param {string} column
 * @param {{ id: string, value: string }[]} records
 */
export async function tag(name, column, records) {
  const answer = await post(`/collections/${encodeURIComponent(name)}/records/tag`, { column, records });
  if (!answer.links) return;
  add(answer); // many records are a job
  const job = await ended(answer.id);
  if (job.status !== "done") throw new Error(job.error?.message ?? job.status);
}

/** The values of a column, by row; empty where there is none. @param {import("./points.js").Points} points @param {string} title @returns {string[]} */
export function valuesOf(points, title) {
  const at = points.columns.findIndex((each) => each.title === title);
  if (at < 0 || points.columns[at].low !== null) return new Array(points.count).fill("");
  const groups = points.groups(`column-${at}`);
  return Array.from(groups, (group) => points.columns[at].names[group] ?? "");
}

/**
 * Show a column of text on the map, the most frequent values first.
 * @param {import("./points.js").Points} points it is changed
 * @param {string} title @param {string[]} values by row
 */
export function setColumn(points, title, values) {
  const counts = new Map();
  for (const value of values) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  const names = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a)).slice(0, COLUMN);
  const numbers = new Map(names.map((value, n) => [value, n]));
  const groups = Uint16Array.from(values, (value) => numbers.get(value) ?? names.length);
  const known = points.columns.findIndex((each) => each.title === title);
  const at = known < 0 ? points.columns.length : known;
  points.columns[at] = { title, names, low: null, high: null };
  const before = points.groups;
  points.groups = (name) => (name === `column-${at}` ? groups : before(name));
}
