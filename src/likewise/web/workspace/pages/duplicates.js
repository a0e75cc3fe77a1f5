// Records that say nearly the same: how many there are, pair by pair, and what stays.

import { html, useEffect, useMemo, useState } from "../lib/html.js";
import { call, post } from "../lib/api.js";
import { number, t } from "../lib/i18n.js";
import { ended, isOpen, jobs, result, start } from "../lib/jobs.js";
import { bind } from "../lib/keys.js";
import { useLoad } from "../lib/load.js";
import { change, place } from "../lib/router.js";
import { Icon } from "../components/icon.js";
import { JobCard } from "../components/job.js";
import { ErrorNotice } from "../components/notice.js";
import { Pair } from "../components/pair.js";
import { attempt, toast } from "../components/toast.js";

const SHOWN = 50;
const DEFAULT = 0.9;
const LOOK = "collections_duplicates";
const REMOVE = "collections_dedupe";

/** @typedef {{ id: string, text: string, source: string, line: number }} Side */
/** @typedef {{ similarity: number, reason: string, steps: number[], left: Side, right: Side }} FoundPair */
/** @typedef {{ records: number, left_out: number, against: string | null, counts: { threshold: number, removed: number, groups: number }[], pairs: FoundPair[] }} Found */

/** @param {{ name: string, summary: Summary, onChanged: () => void }} props */
export function DuplicatesTab({ name, summary, onChanged }) {
  const against = place.value.query.get("against") ?? "";
  const mine = jobs.value.filter((job) => (job.operation === LOOK || job.operation === REMOVE) && job.request.name === name && (job.request.against ?? "") === against);
  const running = mine.find(isOpen);
  const done = mine.find((job) => job.operation === LOOK && job.status === "done");
  const failed = !running && mine[0]?.status === "failed" ? mine[0] : null;
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const path = `/collections/${encodeURIComponent(name)}`;
  const look = () => { setError(null); start(`${path}/duplicates`, { against: against || null }).catch(setError); };
  const remove = async (/** @type {number} */ threshold, /** @type {string[]} */ keep) => {
    setError(null);
    try {
      const job = await ended((await start(`${path}/dedupe`, { threshold, against: against || null, keep })).id);
      if (job.status !== "done") return;
      const { removed } = await result(job.id);
      const again = () => { onChanged(); look(); };
      toast(t("duplicates.removed", { count: removed }), { label: t("common.undo"), run: () => post(`${path}/undo`).then(again) });
      again();
    } catch (error) {
      setError(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const found = useLoad((_) => (done ? /** @type {Promise<Found>} */ (result(done.id)) : Promise.resolve(null)), [done?.id]);
  const stale = done && Date.parse(summary.updated) / 1000 > done.created;
  return html`
    <div class="history">
      <${Against} name=${name} summary=${summary} against=${against} />
      ${!running && html`<p>${against ? t("duplicates.leaks.about", { name: against }) : t("duplicates.about")} <button type="button" class=${done ? "" : "primary"} onClick=${look}>${done ? t("duplicates.again") : t("duplicates.look")}</button></p>`}
      ${(running ?? failed) && html`<${JobCard} job=${running ?? failed} />`}
      ${(error ?? found.error) && html`<${ErrorNotice} error=${error ?? found.error} />`}
      ${stale && found.value && html`<p class="notice">${t("duplicates.stale")}</p>`}
      ${done && found.value && (found.value.against ?? "") === against && html`<${Review} key=${done.id} name=${name} found=${found.value} busy=${Boolean(running)} onRemove=${remove} onChanged=${onChanged} />`}
    </div>
  `;
}

/** What the records are compared with. @param {{ name: string, summary: Summary, against: string }} props */
function Against({ name, summary, against }) {
  const { value } = useLoad((signal) => call("/collections", { signal }), []);
  /** @type {Summary[]} */
  const others = (value?.collections ?? []).filter((/** @type {Summary} */ each) => each.name !== name);
  if (!others.length) return null;
  const fits = (/** @type {Summary} */ each) => each.model === summary.model && each.compute === summary.compute;
  return html`
    <label class="narrow">${t("duplicates.against")}
      <select value=${against} onChange=${(/** @type {any} */ event) => change({ against: event.target.value || null, threshold: null })}>
        <option value="">${t("duplicates.within")}</option>
        ${others.map((each) => html`<option key=${each.name} value=${each.name} disabled=${!fits(each)}>${fits(each) ? each.name : t("duplicates.other_model", { name: each.name })}</option>`)}
      </select>
    </label>
  `;
}

/** @param {FoundPair} pair */
const keyOf = ({ left, right }) => `${left.id} ${right.id}`;

/** @param {{ name: string, found: Found, busy: boolean, onRemove: (threshold: number, keep: string[]) => void, onChanged: () => void }} props */
function Review({ name, found, busy, onRemove, onChanged }) {
  const { query } = place.value;
  const threshold = Number(query.get("threshold")) || DEFAULT;
  const [verdicts, setVerdicts] = useState(/** @type {Record<string, string>} */ ({}));
  const [at, setAt] = useState(0);
  const [count, setCount] = useState(SHOWN);
  const steps = found.counts;
  const step = steps.reduce((best, each, n) => (Math.abs(each.threshold - threshold) < Math.abs(steps[best].threshold - threshold) ? n : best), 0);
  const { removed, groups } = steps[step];
  const pairs = useMemo(() => found.pairs.filter((pair) => pair.steps.includes(step)), [found, step]);
  const shown = pairs.slice(0, count);
  const both = pairs.filter((pair) => verdicts[keyOf(pair)] === "both").map((pair) => pair.left.id);
  const path = `/collections/${encodeURIComponent(name)}`;
  const other = found.against ?? "";

  const decide = async (/** @type {FoundPair} */ pair, /** @type {"left" | "right" | "both"} */ keep) => {
    const key = keyOf(pair);
    if (keep !== "both") {
      const gone = keep === "left" ? pair.right : pair.left;
      let removed = false;
      await attempt(async () => { await post(`${path}/records/remove`, { ids: [gone.id] }); removed = true; });
      if (!removed) return;
      toast(t("record.removed"), {
        label: t("common.undo"),
        run: () => post(`${path}/undo`).then(() => { setVerdicts((before) => ({ ...before, [key]: "" })); onChanged(); }),
      });
      onChanged();
    }
    setVerdicts((before) => ({ ...before, [key]: keep }));
    setAt((before) => Math.min(before + 1, shown.length - 1));
  };
  useEffect(() => {
    const move = (/** @type {number} */ by) => () => setAt((before) => Math.max(0, Math.min(shown.length - 1, before + by)));
    const keep = (/** @type {"left" | "right" | "both"} */ which) => () => shown[at] && decide(shown[at], which);
    return bind({ j: move(1), k: move(-1), ...(other ? {} : { h: keep("left") }), l: keep("right"), b: keep("both") });
  }, [at, shown]);
  useEffect(() => document.getElementById(`pair-${at}`)?.scrollIntoView({ block: "nearest" }), [at]);

  return html`
    <section class="threshold">
      <p><span class="big">${number(removed)}</span> ${other ? t("duplicates.leaks.count", { records: found.records, name: other }) : t("duplicates.count", { count: removed, groups, records: found.records })}</p>
      <div class="histogram" aria-hidden="true">${steps.map((each, n) => html`<i key=${n} class=${n >= step ? "on" : ""} style=${{ height: `${(100 * each.removed) / Math.max(1, steps[0].removed)}%` }}></i>`)}</div>
      <label>${t("duplicates.threshold", { threshold: steps[step].threshold.toFixed(2) })}
        <input type="range" min="0" max=${steps.length - 1} step="1" value=${step} onInput=${(/** @type {any} */ event) => { setAt(0); change({ threshold: String(steps[event.target.value].threshold) }, { replace: true }); }} />
      </label>
      <p class="soft">${t("duplicates.hint")}${found.left_out > 0 && html` ${t("duplicates.left_out", { count: found.left_out })}`}</p>
      ${removed > 0 && html`<p class="buttons"><button type="button" disabled=${busy} onClick=${() => onRemove(steps[step].threshold, both)}><${Icon} name="trash" />${t("duplicates.remove", { count: removed })}</button>
        <span class="soft">${t("duplicates.remove.about")}</span></p>`}
    </section>
    <p class="soft" role="status">${t("duplicates.pairs", { count: pairs.length })}${pairs.length < removed && html` ${t("duplicates.most")}`}</p>
    <ol class="pairs">
      ${shown.map((pair, n) => html`<${Pair} key=${keyOf(pair)} pair=${pair} other=${other} index=${n} current=${n === at} verdict=${verdicts[keyOf(pair)] ?? ""} onDecide=${(/** @type {any} */ keep) => { setAt(n); decide(pair, keep); }} />`)}
    </ol>
    ${pairs.length > count && html`<button type="button" class="more" onClick=${() => setCount(count + SHOWN)}>${t("search.more")}</button>`}
  `;
}
