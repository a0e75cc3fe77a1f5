// Quality against speed, with 95 % intervals: one point for each candidate.

import { html } from "../lib/html.js";
import { number, t } from "../lib/i18n.js";
import { chartWidth, labelOf, shortName } from "../lib/comparison.js";

const [HEIGHT, LEFT, RIGHT, BOTTOM] = [300, 52, 24, 44];
const TICKS = 4;

/** @typedef {import("../lib/comparison.js").Scored | import("../lib/comparison.js").Row} Point */

/** @param {{ rows: Point[], choice?: import("../lib/comparison.js").Candidate | null }} props */
export function QualityChart({ rows, choice = null }) {
  const isChoice = (/** @type {Point} */ row) => Boolean(choice) && labelOf(row.candidate) === labelOf(/** @type {any} */ (choice));
  const points = rows.filter((row) => row.candidate.precision === "float32" || isChoice(row));
  if (!points.length) return null;
  const speeds = points.map((row) => Math.log10(Math.max(1, row.cost.texts_per_second)));
  const [slow, fast] = spread(speeds, 0.08);
  const [low, high] = spread(points.flatMap((row) => [row.quality.low, row.quality.value, row.quality.high]), 0.004);
  const width = chartWidth();
  const shared = new Map();
  const x = (/** @type {number} */ speed) => LEFT + 14 + ((speed - slow) / (fast - slow)) * (width - LEFT - RIGHT - 14);
  const y = (/** @type {number} */ quality) => 26 + ((high - quality) / (high - low)) * (HEIGHT - BOTTOM - 34);
  const models = [...new Set(points.map((row) => row.candidate.model))];
  return html`
    <figure class="chart fitting"><svg viewBox=${`0 0 ${width} ${HEIGHT}`} role="img" aria-label=${t("compare.chart")}>
      <line x1=${LEFT} y1=${HEIGHT - BOTTOM} x2=${width - 8} y2=${HEIGHT - BOTTOM} /><line x1=${LEFT} y1="20" x2=${LEFT} y2=${HEIGHT - BOTTOM} />
      <text x=${width - 8} y=${HEIGHT - 6} text-anchor="end">${t("compare.speed")} →</text><text x="4" y="13">${t("compare.quality")} ↑</text>
      ${even(low, high).map((each) => html`<text key=${each} x=${LEFT - 8} y=${y(each) + 4} text-anchor="end">${number(100 * each, 1)}</text>`)}
      ${even(slow, fast).map((each) => html`<text key=${each} x=${x(each)} y=${HEIGHT - BOTTOM + 17} text-anchor="middle">${number(rounded(10 ** each))}</text>`)}
      ${points.map((row, n) => {
        const beside = shared.get(row.cost.texts_per_second) ?? 0; // forms of one model have one speed
        shared.set(row.cost.texts_per_second, beside + 1);
        const at = x(speeds[n]) + (beside % 2 ? 1 : -1) * Math.ceil(beside / 2) * 10;
        return html`
          <g key=${labelOf(row.candidate)} class=${`model-${models.indexOf(row.candidate.model) % 6}`}><line class="whisker" x1=${at} x2=${at} y1=${y(row.quality.low)} y2=${y(row.quality.high)} />
            <circle cx=${at} cy=${y(row.quality.value)} r=${isChoice(row) ? 6.5 : 4}><title>${labelOf(row.candidate)}: ${number(100 * row.quality.value, 2)}</title></circle>
            ${isChoice(row) && html`<circle class="ring" cx=${at} cy=${y(row.quality.value)} r="11" />`}
          </g>`;
      })}
    </svg>
    <figcaption class="chips">${models.map((each, n) => html`<span key=${each} class=${`key model-${n % 6}`}>${shortName(each)}</span>`)}
      ${choice && html`<span class="soft">${t("compare.chart.ring")}</span>`}</figcaption></figure>
  `;
}

/** From the least to the greatest, with some room. @param {number[]} values @param {number} least @returns {[number, number]} */
function spread(values, least) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(least, 0.06 * (high - low));
  return [low - room, high + room];
}

/** @param {number} low @param {number} high */
const even = (low, high) => Array.from({ length: TICKS }, (_, n) => low + ((high - low) * (n + 0.5)) / TICKS);

/** Two figures are enough for a speed. @param {number} value */
const rounded = (value) => Number(value.toPrecision(2));
