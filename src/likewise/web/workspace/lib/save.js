// Files that the page makes.

/** @param {string} name @param {string} text @param {string} type */
export function saveFile(name, text, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** @param {any} value */
function cell(value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text; // no formulas
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {Record<string, any>[]} rows */
export function toCsv(rows) {
  const head = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return [head, ...rows.map((row) => head.map((name) => row[name]))].map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

/** @param {Record<string, any>[]} rows */
export const toJsonl = (rows) => rows.map((row) => JSON.stringify(row) + "\n").join("");

/** Hits as rows of a table. @param {Hit[]} hits */
export const rowsOf = (hits) => hits.map((hit, n) => ({
  rank: n + 1, text: hit.text, score: hit.score, measure: hit.measure, similarity: hit.similarity, percentile: hit.percentile,
  title: hit.title, source: hit.source, line: hit.line, id: hit.id, ...hit.fields,
}));
