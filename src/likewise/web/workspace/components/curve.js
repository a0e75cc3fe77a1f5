// A curve of a training, drawn as it grows.

import { html } from "../lib/html.js";
import { number, t } from "../lib/i18n.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [560, 190, 52, 26];

/** @param {{ title: string, points: [number, number][], steps: number, digits: number }} props */
export function Curve({ title, points, steps, digits }) {
  if (!points.length) return null;
  const values = points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  const x = (/** @type {number} */ step) => LEFT + (step / Math.max(steps, points[points.length - 1][0])) * (WIDTH - LEFT - 12);
  const y = (/** @type {number} */ value) => 12 + ((high + room - value) / (high - low + 2 * room)) * (HEIGHT - BOTTOM - 12);
  const [lastStep, last] = points[points.length - 1];
  const label = `${title}: ${number(values[0], digits)} → ${number(last, digits)}`;
  return html`
    <figure class="chart curve">
      <figcaption>${title} <b>${number(last, digits)}</b></figcaption>
      <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${label}>
        <line x1=${LEFT} y1=${HEIGHT - BOTTOM} x2=${WIDTH} y2=${HEIGHT - BOTTOM} />
        ${[low, high].map((value, n) => (n && high === low ? null : html`<text key=${n} x=${LEFT - 8} y=${y(value) + 4} text-anchor="end">${number(value, digits)}</text>`))}
        <text x=${WIDTH - 4} y=${HEIGHT - 7} text-anchor="end">${t("train.step", { step: lastStep, steps })}</text>
        <polyline points=${points.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" ")} />
        <circle cx=${x(lastStep)} cy=${y(last)} r="4" />
      </svg>
    </figure>
  `;
}
