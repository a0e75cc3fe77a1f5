// Notes on the values of a field, which everybody who opens the collection sees.

import { post } from "./api.js";

/** @typedef {{ column: string, value: string, note: string }} Note */

/** @param {string} name of the collection */
export const notesPath = (name) => `/collections/${encodeURIComponent(name)}/notes`;

/**
 * Write notes; an empty one removes what was there.
 * @param {string} name of the collection @param {string} column
 * @param {{ value: string, note: string }[]} values those without a value are left out
 */
export async function writeNotes(name, column, values) {
  const named = values.filter(({ value }) => value);
  if (named.length) await post(notesPath(name), { column, values: named });
}
