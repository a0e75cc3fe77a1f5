// The verdict on a trained model: a sentence, the scores, and queries before and after.

import { html } from "../lib/html.js";
import { number, t } from "../lib/i18n.js";
import { shortfalls } from "../lib/training.js";

/** @param {{ report: import("../lib/training.js").Report, maxDrop: number }} props */
export function Gate({ report, maxDrop }) {
  const { changes, promoted } = report.verdict;
  const dev = changes.find((each) => each.purpose === "dev");
  const points = (/** @type {number} */ value) => number(value, 1);
  return html`
    <section class="verdict ${promoted ? "" : "refused"}" role="status">
      <b>${promoted && dev ? t("train.promoted", { before: points(dev.before), after: points(dev.after) }) : t("train.refused")}</b>
      ${promoted && report.share < 1 && html`<span>${t("train.averaged", { share: number(100 * report.share) })}</span>`}
      ${!promoted && shortfalls(changes, maxDrop).map(({ change, why }, n) => html`<span key=${n}>${t(/** @type {any} */ (`train.why.${why}`), { task: taskName(change), before: points(change.before), after: points(change.after), drop: points(maxDrop) })}</span>`)}
    </section>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("train.scores")}>
      <table>
        <thead><tr><th scope="col">${t("train.task")}</th><th scope="col" class="number">${t("train.before")}</th><th scope="col" class="number">${t("train.after")}</th><th scope="col" class="number">${t("train.change")}</th><th scope="col" class="number">${t("train.items")}</th></tr></thead>
        <tbody>
          ${changes.map((each) => html`
            <tr key=${each.task}><td>${taskName(each)} <span class="soft">${each.metric}</span></td><td class="number">${points(each.before)}</td><td class="number">${points(each.after)}</td>
              <td class="number">${signed(each.difference)} <span class="soft">${signed(each.low)} … ${signed(each.high)}</span></td><td class="number">${number(each.items)}</td></tr>`)}
        </tbody>
      </table>
    </div>
    ${report.examples.length > 0 && html`
      <h2>${t("train.queries.after")}</h2>
      <ol class="beforeafter">
        ${report.examples.map((example, n) => html`
          <li key=${n}><h3>${example.query}</h3>
            <div class="texts">
              ${/** @type {const} */ (["before", "after"]).map((side) => html`
                <div key=${side}><p class="soft">${t(`train.${side}`)}</p>
                  <ol class="ranked">${example[side].map((near, i) => html`<li key=${i} class=${isNew(example, side, near.text) ? "new" : ""}>${near.text.slice(0, 220)} <span class="soft">${near.similarity.toFixed(2)}</span></li>`)}</ol></div>`)}
            </div></li>`)}
      </ol>`}
  `;
}

/** Whether the trained model finds a text that the original one did not. @param {import("../lib/training.js").Example} example @param {string} side @param {string} text */
const isNew = (example, side, text) => side === "after" && !example.before.some((each) => each.text === text);

/** @param {import("../lib/training.js").Change} change */
const taskName = (change) => (change.task === "held-out part" ? t("train.dev") : change.task === "general pairs" ? t("train.general.pairs") : change.task === "general paraphrases" ? t("train.general.paraphrases") : change.task);

/** @param {number} value */
const signed = (value) => `${value > 0 ? "+" : ""}${number(value, 1)}`;
