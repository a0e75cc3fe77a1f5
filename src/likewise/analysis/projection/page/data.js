"use strict";
// The embedded data, decompressed; the page makes no requests.

const readJson = (id) => JSON.parse(document.getElementById(id).textContent);

async function decompress(id) {
  const text = atob(document.getElementById(id).textContent.trim());
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

async function load() {
  const [positions, groups, texts] = await Promise.all(
    ["positions", "groups", "texts"].map((name) => decompress(`part-${name}`)),
  );
  const coordinates = new Uint16Array(positions);
  return {
    facts: readJson("facts-data"),
    count: coordinates.length / 2,
    coordinates, // x, y, x, y, … of 0 to 65535
    groups: new Uint16Array(groups),
    texts: JSON.parse(new TextDecoder().decode(texts)),
    // the other columns are decompressed only for an export
    columns: async () => JSON.parse(new TextDecoder().decode(await decompress("part-columns"))),
  };
}

/** Rows as CSV or JSON Lines: the text, the other columns, then position and cluster. */
async function exportRows(data, rows, groupName, kind) {
  const columns = await data.columns();
  const text = data.facts.text;
  const toRow = (i) => {
    const row = { [text]: data.texts[i] };
    for (const [name, values] of Object.entries(columns)) row[name] = values[i];
    row[data.facts.extra[0]] = (data.coordinates[2 * i] / 65535) * 2 - 1;
    row[data.facts.extra[1]] = (data.coordinates[2 * i + 1] / 65535) * 2 - 1;
    row[data.facts.extra[2]] = groupName(i);
    return row;
  };
  if (kind === "jsonl") return rows.map((i) => JSON.stringify(toRow(i)) + "\n").join("");
  const cell = (value) => {
    const shown = value == null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
    return /[",\n\r]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
  };
  const head = [text, ...Object.keys(columns), ...data.facts.extra];
  const body = rows.map((i) => Object.values(toRow(i)).map(cell).join(","));
  return [head.map(cell).join(","), ...body].join("\n") + "\n";
}
