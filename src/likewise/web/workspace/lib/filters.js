// Filters of a search: in the address, and as a condition of the server.

/** @typedef {{ column: string, values: (string | number | boolean)[], range: [number, number] | null }} Filter */

/**
 * The filters of an address: `f` has a column and one value, `r` a column and a range.
 * @param {URLSearchParams} query
 * @returns {Filter[]}
 */
export function filtersOf(query) {
  /** @type {Map<string, Filter>} */
  const found = new Map();
  const at = (/** @type {string} */ column) => {
    if (!found.has(column)) found.set(column, { column, values: [], range: null });
    return /** @type {Filter} */ (found.get(column));
  };
  for (const text of query.getAll("f")) {
    const [column, value] = split(text);
    if (value !== undefined) at(column).values.push(value);
  }
  for (const text of query.getAll("r")) {
    const [column, value] = split(text);
    if (Array.isArray(value)) at(column).range = [Number(value[0]), Number(value[1])];
  }
  return [...found.values()];
}

/** @param {string} text @returns {[string, any]} */
function split(text) {
  const place = text.indexOf("=");
  try {
    return [decodeURIComponent(text.slice(0, place)), JSON.parse(text.slice(place + 1))];
  } catch {
    return ["", undefined]; // an address that somebody changed
  }
}

/** @param {string} column @param {any} value */
export const param = (column, value) => `${encodeURIComponent(column)}=${JSON.stringify(value)}`;

/**
 * The filters as a condition; null where there are none.
 * @param {Filter[]} filters
 */
function condition(filters) {
  const parts = filters.flatMap(({ column, values, range }) => {
    const name = `\`${column.replaceAll("`", "")}\``;
    const any = values.map((value) => equal(name, column, value));
    const own = any.length ? [`(${any.join(" OR ")})`] : [];
    return range ? [...own, `(${name} >= ${range[0]} AND ${name} <= ${range[1]})`] : own;
  });
  return parts.join(" AND ") || null;
}

/** The condition of an address: that of its filters, and `where`, which a saved search may have. @param {URLSearchParams} query */
export function whereOf(query) {
  const [own, other] = [condition(filtersOf(query)), query.get("where")];
  return own && other ? `${own} AND (${other})` : own || other || null;
}

/** @param {string} name @param {string} column @param {string | number | boolean} value */
function equal(name, column, value) {
  if (typeof value !== "string") return `${name} = ${value}`;
  const text = `'${value.replaceAll("'", "''")}'`;
  // the server shows the last part of the path of a file
  return column === "source" ? `ends_with(${name}, ${text})` : `${name} = ${text}`;
}
