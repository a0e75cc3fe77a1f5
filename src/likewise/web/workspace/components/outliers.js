// Texts that are far from all others: a list, lit up on the map.

import { html, useEffect, useMemo, useState } from "../lib/html.js";
import { number, t } from "../lib/i18n.js";
import { isOpen, jobs, loaded, result, start } from "../lib/jobs.js";
import { useLoad } from "../lib/load.js";
import { change, place } from "../lib/router.js";
import { Icon } from "./icon.js";
import { JobCard } from "./job.js";
import { ErrorNotice } from "./notice.js";

/** @typedef {{ id: string, text: string, source: string, line: number }} Stored */
/** @typedef {{ similarity: number, nearest_similarity: number, group: number, copies: number, chunk: Stored, nearest: Stored }} Outlier */
/** @typedef {{ chunks: number, neighbors: number, typical: number, recall: number, outliers: Outlier[] }} Found */

/** @param {{ name: string, points: import("../lib/points.js").Points, updated: string, onRows: (rows: number[]) => void, onSelect: (rows: number[]) => void, onPick: (row: number) => void }} props */
export function Outliers({ name, points, updated, onRows, onSelect, onPick }) {
  const on = place.value.query.get("outliers") === "1";
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const since = Date.parse(updated) / 1000 || 0;
  const mine = jobs.value.filter((job) => job.operation === "collections_outliers" && job.request.name === name && job.created >= since);
  const running = mine.find(isOpen);
  const done = mine.find((job) => job.status === "done");
  const failed = !running && !done && mine[0]?.status === "failed" ? mine[0] : null;
  const look = () => start(`/collections/${encodeURIComponent(name)}/outliers`, {}).catch(setError);
  useEffect(() => {
    if (on && updated && loaded.value && !mine.length) look();
  }, [on, updated, loaded.value, mine.length === 0]);
  const { value, error: unread } = useLoad((_) => (on && done ? /** @type {Promise<Found>} */ (result(done.id)) : Promise.resolve(null)), [on, done?.id]);
  const rows = useMemo(() => (value?.outliers ?? []).map(({ chunk }) => points.rows.get(chunk.id)).filter((row) => row !== undefined), [value, points]);
  useEffect(() => onRows(on ? /** @type {number[]} */ (rows) : []), [on, rows]);

  if (!on) return html`<section><button type="button" onClick=${() => change({ outliers: "1", open: null }, { replace: true })}>${t("outliers.show")}</button></section>`;
  return html`
    <section class="outliers">
      <header><h3>${t("outliers.title")}</h3><button type="button" class="quiet" onClick=${() => change({ outliers: null }, { replace: true })} aria-label=${t("common.close")}><${Icon} name="close" /></button></header>
      ${(running ?? failed) && html`<${JobCard} job=${running ?? failed} />`}
      ${(error ?? unread) && html`<${ErrorNotice} error=${error ?? unread} />`}
      ${value && html`
        <p class="soft">${t("outliers.about", { neighbors: value.neighbors, typical: number(value.typical, 2) })}</p>
        <p><button type="button" disabled=${!rows.length} onClick=${() => onSelect(/** @type {number[]} */ (rows))}>${t("outliers.select", { count: rows.length })}</button></p>
        <${List} found=${value} points=${points} onPick=${onPick} />`}
    </section>
  `;
}

/** @param {{ found: Found, points: import("../lib/points.js").Points, onPick: (row: number) => void }} props */
function List({ found, points, onPick }) {
  const groups = useMemo(() => {
    /** @type {Map<number, Outlier[]>} */
    const groups = new Map();
    for (const each of found.outliers) groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
    return [...groups.values()];
  }, [found]);
  return html`
    <ol class="near">
      ${groups.map((group) => html`
        <li key=${group[0].chunk.id}>
          ${group.length > 1 && html`<p class="soft group">${t("outliers.group", { count: group.length })}</p>`}
          ${group.map((each) => {
            const row = points.rows.get(each.chunk.id);
            return html`<button type="button" key=${each.chunk.id} disabled=${row === undefined} onClick=${() => row !== undefined && onPick(row)}>
              <span>${each.chunk.text.slice(0, 160)}</span>
              <span class="soft">${t("outliers.similarity", { similarity: number(each.similarity, 2) })}${each.copies > 1 ? ` · ${t("outliers.copies", { count: each.copies })}` : ""}</span>
              ${group.length === 1 && html`<span class="soft">${t("outliers.nearest", { similarity: number(each.nearest_similarity, 2), text: each.nearest.text.slice(0, 90) })}</span>`}
            </button>`;
          })}
        </li>`)}
    </ol>
  `;
}
