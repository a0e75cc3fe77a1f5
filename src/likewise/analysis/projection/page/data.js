"use strict";
// What the file holds, unpacked: nothing is fetched from anywhere.

const read = (id) => JSON.parse(document.getElementById(id).textContent);

async function unpack(id) {
  const text = atob(document.getElementById(id).textContent.trim());
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

async function load() {
  const [positions, groups, texts] = await Promise.all(
    ["positions", "groups", "texts"].map((name) => unpack(`part-${name}`)),
  );
  const places = new Uint16Array(positions);
  return {
    facts: read("facts-data"),
    count: places.length / 2,
    places, // x, y, x, y, … of 0 to 65535
    groups: new Uint16Array(groups),
    texts: JSON.parse(new TextDecoder().decode(texts)),
    // the other columns are wanted only when something is saved
    columns: async () => JSON.parse(new TextDecoder().decode(await unpack("part-columns"))),
  };
}

/** Points by cells of a grid, so that the one under the pointer is found at once. */
class Grid {
  constructor(places) {
    this.places = places;
    this.side = 256;
    const count = places.length / 2;
    const starts = new Uint32Array(this.side * this.side + 1);
    for (let i = 0; i < count; i++) starts[this.cell(places[2 * i], places[2 * i + 1]) + 1]++;
    for (let c = 1; c < starts.length; c++) starts[c] += starts[c - 1];
    const next = starts.slice();
    this.items = new Uint32Array(count);
    for (let i = 0; i < count; i++) this.items[next[this.cell(places[2 * i], places[2 * i + 1])]++] = i;
    this.starts = starts;
  }

  cell(x, y) {
    return (y >> 8) * this.side + (x >> 8);
  }

  /** The nearest point that is shown, within a radius; -1 where there is none. */
  nearest(x, y, radius, shown) {
    const low = (v) => Math.max(0, Math.min(this.side - 1, Math.floor((v - radius) / 256)));
    const high = (v) => Math.max(0, Math.min(this.side - 1, Math.floor((v + radius) / 256)));
    let best = -1;
    let least = radius * radius;
    for (let row = low(y); row <= high(y); row++) {
      for (let column = low(x); column <= high(x); column++) {
        const cell = row * this.side + column;
        for (let k = this.starts[cell]; k < this.starts[cell + 1]; k++) {
          const i = this.items[k];
          const dx = this.places[2 * i] - x;
          const dy = this.places[2 * i + 1] - y;
          const distance = dx * dx + dy * dy;
          if (distance <= least && shown(i)) {
            least = distance;
            best = i;
          }
        }
      }
    }
    return best;
  }
}

/** Numbers of the points inside a closed line of x, y pairs. */
function inside(places, line) {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of line) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    bottom = Math.min(bottom, y);
    top = Math.max(top, y);
  }
  const found = [];
  for (let i = 0; i < places.length / 2; i++) {
    const x = places[2 * i];
    const y = places[2 * i + 1];
    if (x < left || x > right || y < bottom || y > top) continue;
    let odd = false;
    for (let a = 0, b = line.length - 1; a < line.length; b = a++) {
      const [ax, ay] = line[a];
      const [bx, by] = line[b];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
    }
    if (odd) found.push(i);
  }
  return found;
}

/** Rows as a file: the text, its other columns, then what the map knows of it. */
async function saved(data, rows, groupName, kind) {
  const columns = await data.columns();
  const text = data.facts.text;
  const line = (i) => {
    const row = { [text]: data.texts[i] };
    for (const [name, values] of Object.entries(columns)) row[name] = values[i];
    row[data.facts.extra[0]] = (data.places[2 * i] / 65535) * 2 - 1;
    row[data.facts.extra[1]] = (data.places[2 * i + 1] / 65535) * 2 - 1;
    row[data.facts.extra[2]] = groupName(i);
    return row;
  };
  if (kind === "jsonl") return rows.map((i) => JSON.stringify(line(i)) + "\n").join("");
  const cell = (value) => {
    const shown = value == null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
    return /[",\n\r]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
  };
  const head = [text, ...Object.keys(columns), ...data.facts.extra];
  const body = rows.map((i) => Object.values(line(i)).map(cell).join(","));
  return [head.map(cell).join(","), ...body].join("\n") + "\n";
}
