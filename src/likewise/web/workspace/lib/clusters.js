// Parts of a cluster: those that finer clusters of the same hierarchy have in it.

/** @typedef {import("./points.js").Points} Points */
/** @typedef {{ groups: Uint16Array, names: string[] }} Named groups of rows; a number past the last name is none */

/** No group of at most 65535. */
const NONE = 65535;

/** A copy of the clusters that are shown. @param {Uint16Array} groups @param {string[]} names @returns {Named} */
export const copied = (groups, names) => ({ groups: Uint16Array.from(groups, (group) => (group < names.length ? group : NONE)), names: [...names] });

/**
 * The clusters with one of them split; null where no finer clusters divide it.
 * @param {Points} points @param {Named} named @param {number} group
 * @returns {Named | null}
 */
export function split(points, named, group) {
  const rows = [];
  for (let row = 0; row < points.count; row++) if (named.groups[row] === group) rows.push(row);
  for (const [at, level] of points.levels.entries()) {
    const finer = points.groups(`level-${at}`);
    /** @type {Map<number, number>} */
    const counts = new Map();
    for (const row of rows) if (finer[row] < level.topics.length) counts.set(finer[row], (counts.get(finer[row]) ?? 0) + 1);
    if (counts.size < 2) continue;
    const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([part]) => part);
    const numbers = new Map(parts.map((part, n) => [part, n ? named.names.length + n - 1 : group]));
    const names = [...named.names, ...parts.slice(1).map((part) => level.topics[part].name)];
    names[group] = level.topics[parts[0]].name;
    const groups = Uint16Array.from(named.groups);
    for (const row of rows) groups[row] = numbers.get(finer[row]) ?? NONE;
    return { groups, names };
  }
  return null;
}
