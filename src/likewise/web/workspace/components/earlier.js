// Other comparisons on the same data, beside this one: what changed.

import { html, useEffect } from "../lib/html.js";
import { labelOf, points, scoredOf, shortName, taskOf } from "../lib/comparison.js";
import { moment, number, t } from "../lib/i18n.js";
import { jobs, loadPast, messagesOf } from "../lib/jobs.js";
import { useLoad } from "../lib/load.js";
import { change, href, place } from "../lib/router.js";

/** Comparisons that are looked at, the newest first. */
const MOST = 50;
/** Scores that differ by less, of 1, are the same. */
const SAME = 0.00005;

/**
 * @typedef {{ job: Job, rows: import("../lib/comparison.js").Scored[] }} Run
 * @typedef {Pick<import("../lib/comparison.js").Scored, "candidate" | "quality" | "cost">} Score
 */

/** @param {{ id: string, data: string, rows: Score[] }} props */
export function Earlier({ id, data, rows }) {
  useEffect(() => void loadPast("compare").catch(() => {}), []);
  const others = jobs.value.filter((each) => each.operation === "compare" && each.id !== id && each.status !== "queued").slice(0, MOST);
  const { value } = useLoad((signal) => runsOn(data, others, signal), [data, others.map((each) => each.id + each.status).join()]);
  if (!value?.length) return null;
  const before = jobs.value.find((each) => each.id === id)?.created ?? Infinity;
  const run = value.find(({ job }) => job.id === place.value.query.get("with")) ?? value.find(({ job }) => job.created < before) ?? value[0];
  const then = new Map(run.rows.map((row) => [labelOf(row.candidate), row]));
  const both = rows.filter((row) => then.has(labelOf(row.candidate)));
  const same = both.filter((row) => Math.abs(gain(row, then)) < SAME).length;
  return html`
    <section class="stack" aria-labelledby="earlier">
      <h2 id="earlier">${t("compare.earlier")}</h2>
      <div class="fields"><label>${t("compare.earlier.run")}
        <select value=${run.job.id} onChange=${(/** @type {any} */ event) => change({ with: event.target.value }, { replace: true })}>
          ${value.map(({ job }) => html`<option key=${job.id} value=${job.id}>${moment(job.created)} · ${(job.request.models ?? []).map(shortName).join(", ")}</option>`)}
        </select></label></div>
      <p role="status">${t("compare.earlier.both", { both: both.length, same })} ${t("compare.earlier.only", { here: rows.length - both.length, there: run.rows.length - both.length })} <a href=${href(["compare", run.job.id])}>${t("compare.earlier.open")}</a></p>
      ${both.length > 0 && html`
        <div class="scroll changes" tabindex="0" role="region" aria-label=${t("compare.earlier")}><table>
          <thead><tr><th scope="col">${t("compare.candidate")}</th><th scope="col" class="number">${t("compare.quality")}</th><th scope="col" class="number">${t("compare.change")}</th><th scope="col" class="number">${t("compare.speed")}</th><th scope="col" class="number">${t("compare.change")}</th></tr></thead>
          <tbody>${both.map((row) => {
            const old = /** @type {Score} */ (then.get(labelOf(row.candidate)));
            return html`<tr key=${labelOf(row.candidate)}><td>${labelOf(row.candidate)}</td>
              <td class="number nowrap"><span class="soft">${points(old.quality.value)} →</span> ${points(row.quality.value)}</td>
              <td class="number nowrap">${signed(gain(row, then))}</td>
              <td class="number nowrap"><span class="soft">${number(old.cost.texts_per_second)} →</span> ${number(row.cost.texts_per_second)}</td>
              <td class="number nowrap">${number(row.cost.texts_per_second / old.cost.texts_per_second, 2)} ×</td></tr>`;
          })}</tbody></table></div>`}
    </section>
  `;
}

/** @param {Score} row @param {Map<string, Score>} then */
const gain = (row, then) => row.quality.value - /** @type {Score} */ (then.get(labelOf(row.candidate))).quality.value;

/** @param {number} gained */
const signed = (gained) => (Math.abs(gained) < SAME ? html`<span class="soft">${t("compare.same")}</span>` : `${gained > 0 ? "+" : "−"}${points(Math.abs(gained))}`);

/** The comparisons on some data, with what each has scored. @param {string} data @param {Job[]} others @param {AbortSignal} signal @returns {Promise<Run[]>} */
async function runsOn(data, others, signal) {
  const found = await Promise.all(others.map(async (job) => {
    const messages = await messagesOf(job.id, signal);
    return { job, rows: taskOf(messages)?.data === data ? scoredOf(messages) : [] };
  }));
  return found.filter(({ rows }) => rows.length);
}
