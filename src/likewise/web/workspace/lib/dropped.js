// Files on their way from a drop to the page that imports them.

/** @typedef {{ file: File, name: string }} Dropped `name` has the folders it was in */

/** @type {Dropped[]} */
let waiting = [];

/** @param {Dropped[]} files */
export const setDropped = (files) => void (waiting = files);

/** The files that were dropped, once. */
export function takeDropped() {
  const taken = waiting;
  waiting = [];
  return taken;
}

const READABLE = /\.(txt|text|rst|md|markdown|csv|tsv|jsonl|ndjson|json|parquet|xlsx|xlsm|html?|pdf)(\.gz|\.zst)?$/i;

/** Whether the server reads files of this name. @param {string} name */
export const isReadable = (name) => READABLE.test(name);

/**
 * The files of a drop, with those inside folders.
 * @param {DataTransfer} transfer
 * @returns {Promise<Dropped[]>}
 */
export async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => !!entry);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, name: file.name }));
  const found = await Promise.all(entries.map((entry) => walk(/** @type {any} */ (entry), "")));
  return found.flat();
}

/** @param {any} entry @param {string} before @returns {Promise<Dropped[]>} */
async function walk(entry, before) {
  if (entry.name.startsWith(".")) return [];
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, name: before + entry.name }];
  }
  const reader = entry.createReader();
  const children = [];
  for (;;) {
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!part.length) break;
    children.push(...part);
  }
  const found = await Promise.all(children.map((child) => walk(child, `${before}${entry.name} - `)));
  return found.flat().filter(({ name }) => isReadable(name));
}
