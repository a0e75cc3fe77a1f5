// What a threshold of similarity gives: precision, recall and cost, as the slider moves.

import { html, useMemo } from "../lib/html.js";
import { chartWidth, labelOf } from "../lib/comparison.js";
import { bestOf, decisionAt, decisionsOf, matchFrom } from "../lib/decisions.js";
import { number, t } from "../lib/i18n.js";
import { change, place } from "../lib/router.js";

const [HEIGHT, LEFT, BOTTOM] = [230, 44, 34];

/** @typedef {import("../lib/decisions.js").Decision} Decision */

/** @param {{ found: import("../lib/comparison.js").Found }} props */
export function Thresholds({ found }) {
  const { query } = place.value;
  const labels = found.results.map((row) => labelOf(row.candidate));
  const label = labels.includes(query.get("of") ?? "") ? /** @type {string} */ (query.get("of")) : labelOf(found.choice);
  const pairs = found.results[labels.indexOf(label)].pairs;
  const cost = (/** @type {string} */ name) => Math.max(0, Number(query.get(name) ?? 1) || 0);
  const [wrong, missed] = [cost("wrong"), cost("missed")];
  const match = Number(query.get("match") ?? "") || (pairs ? matchFrom(pairs) : 1);
  const decisions = useMemo(() => (pairs ? decisionsOf(pairs, match) : []), [pairs, match]);
  if (!pairs) return null;
  const best = bestOf(decisions, wrong, missed);
  const asked = Number(query.get("threshold") ?? "");
  const now = decisionAt(decisions, query.get("threshold") ? asked : best.threshold);
  const set = (/** @type {Record<string, string | null>} */ changes) => change(changes, { replace: true });
  const price = (/** @type {Decision} */ each) => wrong * each.wrong + missed * each.missed;
  const input = (/** @type {any} */ event) => event.target.value;
  return html`
    <section class="stack" aria-labelledby="thresholds">
      <h2 id="thresholds">${t("compare.threshold")}</h2>
      ${found.type === "Retrieval" && html`<p class="soft">${t("compare.threshold.queries")}</p>`}
      <div class="fields">
        <label>${t("compare.threshold.of")}<select value=${label} onChange=${(/** @type {any} */ event) => set({ of: input(event), threshold: null })}>${labels.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}</select></label>
        ${pairs.ratings.length > 2 && html`<label>${t("compare.match")}<select value=${String(match)} onChange=${(/** @type {any} */ event) => set({ match: input(event), threshold: null })}>${pairs.ratings.slice(1).map((each) => html`<option key=${each} value=${String(each)}>${number(each, 2)}</option>`)}</select></label>`}
        <label>${t("compare.cost.wrong")}<input type="number" min="0" step="any" value=${wrong} onInput=${(/** @type {any} */ event) => input(event) && set({ wrong: input(event) })} /></label>
        <label>${t("compare.cost.missed")}<input type="number" min="0" step="any" value=${missed} onInput=${(/** @type {any} */ event) => input(event) && set({ missed: input(event) })} /></label>
      </div>
      <div class="threshold">
        <label>${t("compare.threshold.least")}
          <input type="range" min=${decisions[0].threshold} max=${decisions[decisions.length - 1].threshold} step=${pairs.step} value=${now.threshold} onInput=${(/** @type {any} */ event) => set({ threshold: input(event) })} /></label>
        <dl class="decision">
          <div><dt>${t("compare.threshold")}</dt><dd class="at">${number(now.threshold, 3)}</dd></div>
          <div><dt>${t("compare.precision.share")}</dt><dd>${percent(now.precision)}</dd></div>
          <div><dt>${t("compare.recall")}</dt><dd>${percent(now.recall)}</dd></div>
          <div><dt>F1</dt><dd>${percent(now.f1)}</dd></div>
          <div><dt>${t("compare.wrong")}</dt><dd>${number(now.wrong)}</dd></div>
          <div><dt>${t("compare.missed")}</dt><dd>${number(now.missed)}</dd></div>
          <div><dt>${t("compare.cost")}</dt><dd class="cost">${number(price(now), 2)}</dd></div>
        </dl>
        <${Curves} decisions=${decisions} now=${now} best=${best} />
        <p class="buttons"><span>${t("compare.threshold.best", { threshold: number(best.threshold, 3), cost: number(price(best), 2) })}</span>
          ${now !== best && html`<button type="button" onClick=${() => set({ threshold: null })}>${t("compare.threshold.take")}</button>`}</p>
      </div>
    </section>
  `;
}

const percent = (/** @type {number} */ share) => `${number(100 * share, 1)} %`;

/** @param {{ decisions: Decision[], now: Decision, best: Decision }} props */
function Curves({ decisions, now, best }) {
  const width = chartWidth();
  const [low, high] = [decisions[0].threshold, decisions[decisions.length - 1].threshold];
  const x = (/** @type {number} */ threshold) => LEFT + ((threshold - low) / (high - low || 1)) * (width - LEFT - 12);
  const y = (/** @type {number} */ share) => 12 + (1 - share) * (HEIGHT - BOTTOM - 12);
  /** @type {["precision" | "recall" | "f1", string][]} */
  const lines = [["precision", t("compare.precision.share")], ["recall", t("compare.recall")], ["f1", "F1"]];
  return html`
    <figure class="chart fitting shares"><svg viewBox=${`0 0 ${width} ${HEIGHT}`} role="img" aria-label=${t("compare.threshold.chart")}>
      ${[0, 0.5, 1].map((each) => html`<g key=${each}><line x1=${LEFT} x2=${width - 12} y1=${y(each)} y2=${y(each)} /><text x=${LEFT - 7} y=${y(each) + 4} text-anchor="end">${number(100 * each)}</text></g>`)}
      ${[low, (low + high) / 2, high].map((each, n) => html`<text key=${n} x=${x(each)} y=${HEIGHT - 12} text-anchor=${["start", "middle", "end"][n]}>${number(each, 2)}</text>`)}
      ${lines.map(([name], n) => html`<polyline key=${name} class=${`model-${n}`} points=${decisions.map((each) => `${x(each.threshold).toFixed(1)},${y(each[name]).toFixed(1)}`).join(" ")} />`)}
      <line class="bestline" x1=${x(best.threshold)} x2=${x(best.threshold)} y1="12" y2=${HEIGHT - BOTTOM} />
      <line class="nowline" x1=${x(now.threshold)} x2=${x(now.threshold)} y1="12" y2=${HEIGHT - BOTTOM} />
    </svg>
    <figcaption class="chips">${lines.map(([name, text], n) => html`<span key=${name} class=${`key model-${n}`}>${text}</span>`)}<span class="soft">${t("compare.threshold.lines")}</span></figcaption></figure>
  `;
}
