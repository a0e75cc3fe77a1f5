// Quality and cost of each candidate: it fills while they are scored.

import { html, useState } from "../lib/html.js";
import { number, t } from "../lib/i18n.js";
import { labelOf, points } from "../lib/comparison.js";

const FEW = 12;

/**
 * @param {{ rows: (import("../lib/comparison.js").Scored | import("../lib/comparison.js").Row)[], choice?: import("../lib/comparison.js").Candidate | null,
 *   tolerance?: number, busy?: boolean }} props the rows, the best first
 */
export function Leaderboard({ rows, choice = null, tolerance = 0, busy = false }) {
  const [all, setAll] = useState(false);
  const isChoice = (/** @type {{ candidate: import("../lib/comparison.js").Candidate }} */ row) => Boolean(choice) && labelOf(row.candidate) === labelOf(/** @type {any} */ (choice));
  const shown = rows.filter((row, n) => all || busy || n < FEW || isChoice(row));
  return html`
    <div class="scroll board" tabindex="0" role="region" aria-label=${t("compare.board")} aria-busy=${busy}>
      <table>
        <thead><tr><th scope="col">${t("import.model")}</th><th scope="col">${t("compare.compute")}</th><th scope="col" class="number">${t("compare.dimension")}</th><th scope="col">${t("compare.precision")}</th><th scope="col" class="number">${t("compare.quality")}</th><th scope="col" class="number">${t("compare.loss")}</th><th scope="col" class="number">${t("compare.speed")}</th><th scope="col" class="number">${t("compare.memory")}</th><th scope="col" class="number">${t("compare.bytes")}</th></tr></thead>
        <tbody>
          ${shown.map((row) => html`
            <tr key=${labelOf(row.candidate)} class=${isChoice(row) ? "best" : ""}>
              <td>${row.candidate.model}${isChoice(row) && html` <span class="tag on">${t("compare.chosen")}</span>`}</td><td>${row.candidate.compute}</td><td class="number">${number(row.candidate.dimension)}</td><td>${row.candidate.precision}</td>
              <td class="number nowrap">${points(row.quality.value)} <span class="soft">${number(100 * row.quality.low, 1)}–${number(100 * row.quality.high, 1)}</span></td>
              <td class="number nowrap">${"against_best" in row ? lossOf(row, tolerance) : behind(row, rows[0])}</td>
              <td class="number">${number(row.cost.texts_per_second)}</td><td class="number">${row.cost.memory_mb === null ? "" : number(row.cost.memory_mb)}</td>
              <td class="number">${number(row.vector_bytes)}</td>
            </tr>`)}
        </tbody>
      </table>
    </div>
    ${rows.length > FEW && !busy && html`<p class="buttons"><button type="button" onClick=${() => setAll(!all)}>${all ? t("facets.fewer") : t("facets.more", { count: rows.length - shown.length })}</button></p>`}
  `;
}

/** The loss against the best, in words where it does not matter. @param {import("../lib/comparison.js").Row} row @param {number} tolerance */
function lossOf(row, tolerance) {
  const loss = -row.against_best.interval.value;
  if (loss <= 0) return t("compare.best");
  if (loss <= tolerance || !row.significant) return html`<span class="soft">${t("compare.negligible", { loss: points(loss) })}</span>`;
  return `−${points(loss)}`;
}

/** The difference to the best so far; whether it is chance is known at the end. @param {{ quality: { value: number } }} row @param {{ quality: { value: number } }} best */
const behind = (row, best) => (row === best ? t("compare.best.sofar") : html`<span class="soft">−${points(best.quality.value - row.quality.value)}</span>`);
