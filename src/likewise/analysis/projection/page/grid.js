// @ts-nocheck
"use strict";
// Finds points: the nearest one, and those inside a polygon.

/** A spatial grid index, to find the point under the pointer quickly. */
export class Grid {
  constructor(coordinates) {
    this.coordinates = coordinates;
    this.side = 256;
    const count = coordinates.length / 2;
    const starts = new Uint32Array(this.side * this.side + 1);
    for (let i = 0; i < count; i++) starts[this.cell(coordinates[2 * i], coordinates[2 * i + 1]) + 1]++;
    for (let c = 1; c < starts.length; c++) starts[c] += starts[c - 1];
    const next = starts.slice();
    this.items = new Uint32Array(count);
    for (let i = 0; i < count; i++) this.items[next[this.cell(coordinates[2 * i], coordinates[2 * i + 1])]++] = i;
    this.starts = starts;
  }

  cell(x, y) {
    return (y >> 8) * this.side + (x >> 8);
  }

  /** The nearest visible point within a radius; -1 if there is none. */
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
          const dx = this.coordinates[2 * i] - x;
          const dy = this.coordinates[2 * i + 1] - y;
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

/** Indices of the points inside a polygon of x, y pairs. */
export function pointsInside(coordinates, polygon) {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of polygon) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    bottom = Math.min(bottom, y);
    top = Math.max(top, y);
  }
  const found = [];
  for (let i = 0; i < coordinates.length / 2; i++) {
    const x = coordinates[2 * i];
    const y = coordinates[2 * i + 1];
    if (x < left || x > right || y < bottom || y > top) continue;
    let isInside = false;
    for (let a = 0, b = polygon.length - 1; a < polygon.length; b = a++) {
      const [ax, ay] = polygon[a];
      const [bx, by] = polygon[b];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) isInside = !isInside;
    }
    if (isInside) found.push(i);
  }
  return found;
}
