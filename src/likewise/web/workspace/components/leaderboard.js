// Quality and cost of each candidate, and which one to take.

import { html, useState } from "../lib/html.js";
import { jobFile } from "../lib/api.js";
import { number, t } from "../lib/i18n.js";
import { Icon } from "./icon.js";
import { sentence } from "./notice.js";

/**
 * @typedef {{ candidate: { model: string, compute: string, dimension: number, precision: string },
 *   quality: { value: number, low: number, high: number }, against_best: { interval: { value: number } },
 *   cost: { texts_per_second: number, memory_mb: number, start_seconds: number }, significant: boolean }} Row
 * @typedef {{ metric: string, items: number, results: Row[], choice: Row["candidate"], reason: string, tolerance: number, label_warning: string }} Found
 */

const FEW = 12;

/** @param {{ id: string, found: Found, report: string }} props */
export function Leaderboard({ id, found, report }) {
  const [all, setAll] = useState(false);
  const { choice, results } = found;
  const isChoice = (/** @type {Row} */ row) => JSON.stringify(row.candidate) === JSON.stringify(choice);
  const shown = results.filter((row, n) => all || n < FEW || isChoice(row));
  return html`
    <section class="verdict" role="status"><b>${t("compare.take", { model: choice.model, compute: choice.compute, dimension: String(choice.dimension), precision: choice.precision })}</b>
      <span>${sentence(found.reason)}</span></section>
    ${found.label_warning && html`<p class="notice warn">${sentence(found.label_warning)}</p>`}
    <${Chart} found=${found} isChoice=${isChoice} />
    <div class="scroll" tabindex="0" role="region" aria-label=${t("compare.board")}>
      <table>
        <thead><tr><th scope="col">${t("import.model")}</th><th scope="col">${t("compare.compute")}</th><th scope="col" class="number">${t("compare.dimension")}</th><th scope="col">${t("compare.precision")}</th><th scope="col" class="number">${t("compare.quality")}</th><th scope="col" class="number">${t("compare.loss")}</th><th scope="col" class="number">${t("compare.speed")}</th><th scope="col" class="number">${t("compare.memory")}</th></tr></thead>
        <tbody>
          ${shown.map((row, n) => html`
            <tr key=${n} class=${isChoice(row) ? "best" : ""}>
              <td>${row.candidate.model}${isChoice(row) && html` <span class="tag on">${t("compare.chosen")}</span>`}</td><td>${row.candidate.compute}</td><td class="number">${number(row.candidate.dimension)}</td><td>${row.candidate.precision}</td>
              <td class="number">${number(100 * row.quality.value, 2)} <span class="soft">${number(100 * row.quality.low, 1)}–${number(100 * row.quality.high, 1)}</span></td>
              <td class="number">${lossOf(row, found.tolerance)}</td>
              <td class="number">${number(row.cost.texts_per_second)}</td><td class="number">${number(row.cost.memory_mb)}</td>
            </tr>`)}
        </tbody>
      </table>
    </div>
    <p class="buttons">
      ${results.length > FEW && html`<button type="button" onClick=${() => setAll(!all)}>${all ? t("facets.fewer") : t("facets.more", { count: results.length - FEW })}</button>`}
      <a class="button" href=${jobFile(id, report)} download><${Icon} name="download" />${t("compare.report")}</a>
      <span class="soft">${t("compare.items", { items: found.items, metric: found.metric })}</span>
    </p>
  `;
}

/** The loss against the best, in words where it does not matter. @param {Row} row @param {number} tolerance */
function lossOf(row, tolerance) {
  const loss = -row.against_best.interval.value;
  if (loss <= 0) return t("compare.best");
  if (loss <= tolerance || !row.significant) return html`<span class="soft">${t("compare.negligible", { loss: number(100 * loss, 2) })}</span>`;
  return number(-100 * loss, 2);
}

/** Quality against speed, with intervals. @param {{ found: Found, isChoice: (row: Row) => boolean }} props */
function Chart({ found, isChoice }) {
  const rows = found.results.filter((row) => row.candidate.precision === "float32" || isChoice(row));
  const [width, height, left, bottom] = [760, 300, 56, 40];
  const speeds = rows.map((row) => Math.log10(Math.max(1, row.cost.texts_per_second)));
  const [slow, fast] = [Math.min(...speeds) - 0.08, Math.max(...speeds) + 0.12];
  const [low, high] = [Math.min(...rows.map((row) => row.quality.low)), Math.max(...rows.map((row) => row.quality.high))];
  const x = (/** @type {number} */ speed) => left + ((speed - slow) / (fast - slow || 1)) * (width - left - 130);
  const y = (/** @type {number} */ quality) => 14 + ((high - quality) / (high - low || 1)) * (height - bottom - 28);
  return html`
    <figure class="chart"><svg viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${t("compare.chart")}>
      <line x1=${left} y1=${height - bottom} x2=${width} y2=${height - bottom} /><line x1=${left} y1="8" x2=${left} y2=${height - bottom} />
      <text x=${width - 4} y=${height - 10} text-anchor="end">${t("compare.speed")} →</text><text x=${left + 6} y="14">${t("compare.quality")} ↑</text>
      ${[low, (low + high) / 2, high].map((each, n) => html`<text key=${n} x=${left - 8} y=${y(each) + 4} text-anchor="end">${number(100 * each, 1)}</text>`)}
      ${rows.map((row, n) => html`
        <g key=${n}><line class="whisker" x1=${x(speeds[n])} x2=${x(speeds[n])} y1=${y(row.quality.low)} y2=${y(row.quality.high)} />
          <circle class=${isChoice(row) ? "" : "others"} cx=${x(speeds[n])} cy=${y(row.quality.value)} r=${isChoice(row) ? 6 : 4}><title>${row.candidate.model} ${row.candidate.compute} · ${row.candidate.dimension}</title></circle>
          ${isChoice(row) && html`<text class="name" x=${x(speeds[n]) + 10} y=${y(row.quality.value) + 4}>${row.candidate.compute} · ${row.candidate.dimension}</text>`}
        </g>`)}
    </svg></figure>
  `;
}
