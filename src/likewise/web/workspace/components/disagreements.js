// Items on which two candidates disagree, with their texts.

import { html, useState } from "../lib/html.js";
import { EQUAL, inWords, labelOf, shortName } from "../lib/comparison.js";
import { number, t } from "../lib/i18n.js";
import { change, place } from "../lib/router.js";

const FEW = 10;

/** @param {{ found: import("../lib/comparison.js").Found }} props */
export function Disagreements({ found }) {
  const [all, setAll] = useState(false);
  const labels = found.results.map((row) => labelOf(row.candidate));
  const { query } = place.value;
  const [first, second] = twoOf(found, labels.indexOf(query.get("first") ?? ""), labels.indexOf(query.get("second") ?? ""));
  const { items, texts, phrases, higher } = found.disagreements;
  const differing = items
    .map((item) => ({ item, difference: item.scores[first] - item.scores[second] }))
    .filter(({ difference }) => Math.abs(difference) > EQUAL)
    .sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference));
  const [more, fewer] = [higher[first][second], higher[second][first]];
  const shown = all ? differing : differing.slice(0, FEW);
  return html`
    <section class="stack" aria-labelledby="disagreements">
      <h2 id="disagreements">${t("compare.disagree")}</h2>
      <div class="fields">
        <${Choice} label=${t("compare.first")} labels=${labels} value=${first} onChange=${(/** @type {string} */ label) => change({ first: label, second: labels[second] }, { replace: true })} />
        <${Choice} label=${t("compare.second")} labels=${labels} value=${second} onChange=${(/** @type {string} */ label) => change({ first: labels[first], second: label }, { replace: true })} />
      </div>
      <p role="status">${t("compare.disagree.count", { more, fewer, equal: found.items - more - fewer })}</p>
      ${differing.length > 0 && html`<ol class="pairs disagreeing">${shown.map(({ item, difference }, n) => html`
        <li class="pair" key=${n}><p>${item.input}</p>
          <p class="soft">${t("compare.should", { expected: inWords(item.expected, phrases) })}</p>
          <div class="texts">${[first, second].map((each, side) => html`
            <p key=${side} class=${(side ? -difference : difference) > 0 ? "ahead" : ""}><b>${nameOf(found, each, side ? first : second)}</b> <span class="tag">${number(100 * item.scores[each], 0)}</span><br />${inWords(texts[item.predicted[each]], phrases)}</p>`)}</div></li>`)}</ol>`}
      ${differing.length > FEW && html`<p class="buttons"><button type="button" onClick=${() => setAll(!all)}>${all ? t("facets.fewer") : t("facets.more", { count: differing.length - FEW })}</button></p>`}
      <p class="soft">${t("compare.disagree.about")}</p>
    </section>
  `;
}

/** @param {{ label: string, labels: string[], value: number, onChange: (label: string) => void }} props */
const Choice = ({ label, labels, value, onChange }) => html`
  <label>${label}<select value=${labels[value]} onChange=${(/** @type {any} */ event) => onChange(event.target.value)}>
    ${labels.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}</select></label>`;

/**
 * The two candidates: as chosen, else the recommended one and the best of another model or, with one model, the one that it differs from most.
 * @param {import("../lib/comparison.js").Found} found @param {number} first @param {number} second
 */
function twoOf({ results, choice, disagreements: { higher } }, first, second) {
  const rows = results.map((row, n) => ({ n, candidate: row.candidate }));
  if (first < 0) first = rows.find(({ candidate }) => labelOf(candidate) === labelOf(choice))?.n ?? 0;
  if (second < 0) {
    const { model } = results[first].candidate;
    const apart = (/** @type {number} */ n) => higher[first][n] + higher[n][first];
    second = rows.find(({ candidate }) => candidate.model !== model)?.n ?? rows.reduce((most, { n }) => (n !== first && (most < 0 || apart(n) > apart(most)) ? n : most), -1);
  }
  return [first, second < 0 ? first : second];
}

/** The model, or what makes two of one model different. @param {import("../lib/comparison.js").Found} found @param {number} each @param {number} other */
function nameOf({ results }, each, other) {
  const { candidate } = results[each];
  if (candidate.model !== results[other].candidate.model) return shortName(candidate.model);
  return `${candidate.compute} · ${candidate.dimension} × ${candidate.precision}`;
}
