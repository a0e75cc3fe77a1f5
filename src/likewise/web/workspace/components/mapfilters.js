// Histograms of the fields, which filter the map and each other.

import { html, useEffect, useMemo, useState } from "../lib/html.js";
import { number, t } from "../lib/i18n.js";
import { Icon } from "./icon.js";

const COLUMNS = 6;
const VALUES = 8;
const BINS = 32;

/** @typedef {{ values: Set<number>, range: [number, number] | null }} Chosen */

/**
 * Whether a row passes the filters of all columns but one.
 * @param {Map<number, Chosen>} chosen @param {Map<number, Uint16Array>} groups @param {number} row @param {number} [but]
 */
function passes(chosen, groups, row, but) {
  for (const [at, { values, range }] of chosen) {
    if (at === but) continue;
    const group = /** @type {Uint16Array} */ (groups.get(at))[row];
    if (values.size && !values.has(group)) return false;
    if (range && (group > 255 || group < range[0] || group > range[1])) return false;
  }
  return true;
}

/** @param {{ points: import("../lib/points.js").Points, map: any, turn: number, onCount: (mask: Uint8Array | null) => void }} props */
export function MapFilters({ points, map, turn, onCount }) {
  const [chosen, setChosen] = useState(/** @type {Map<number, Chosen>} */ (new Map()));
  const columns = useMemo(() => points.columns.map((column, at) => ({ column, at })).filter(({ column }) => column.low !== null || column.names.length > 1).slice(0, COLUMNS), [points, turn]);
  const groups = useMemo(() => new Map(columns.map(({ at }) => [at, points.groups(`column-${at}`)])), [columns]);
  useEffect(() => setChosen(new Map()), [points]);
  const active = useMemo(() => new Map([...chosen].filter(([, { values, range }]) => values.size || range)), [chosen]);
  useEffect(() => {
    if (!map) return;
    const mask = active.size ? Uint8Array.from({ length: points.count }, (_, row) => Number(passes(active, groups, row))) : null;
    map.setFilter(mask);
    onCount(mask);
  }, [map, active, groups]);
  if (!columns.length || !map) return null;
  const set = (/** @type {number} */ at, /** @type {Partial<Chosen>} */ changed) => setChosen((before) => new Map(before).set(at, { values: new Set(), range: null, ...before.get(at), ...changed }));
  const count = active.size ? groups.size && Array.from({ length: points.count }, (_, row) => passes(active, groups, row)).filter(Boolean).length : points.count;
  return html`
    <section class="mapfilters">
      <header><h3><${Icon} name="filter" /> ${t("facets.title")}</h3>${active.size > 0 && html`<span class="soft" role="status">${t("map.filtered", { count: Number(count) })}</span><button type="button" class="link" onClick=${() => setChosen(new Map())}>${t("facets.clear")}</button>`}</header>
      ${columns.map(({ column, at }) => (column.low === null
        ? html`<${Values} key=${at} column=${column} group=${groups.get(at)} chosen=${chosen.get(at)?.values ?? new Set()} passes=${(/** @type {number} */ row) => passes(active, groups, row, at)} onChoose=${(/** @type {Set<number>} */ values) => set(at, { values })} />`
        : html`<${Range} key=${at} column=${column} group=${groups.get(at)} range=${chosen.get(at)?.range ?? null} passes=${(/** @type {number} */ row) => passes(active, groups, row, at)} onChoose=${(/** @type {[number, number] | null} */ range) => set(at, { range })} />`))}
    </section>
  `;
}

/** @param {{ column: import("../lib/points.js").Column, group: Uint16Array, chosen: Set<number>, passes: (row: number) => boolean, onChoose: (values: Set<number>) => void }} props */
function Values({ column, group, chosen, passes: passing, onChoose }) {
  const counts = new Uint32Array(column.names.length + 1);
  for (let row = 0; row < group.length; row++) if (passing(row)) counts[Math.min(group[row], column.names.length)]++;
  const most = Math.max(1, ...counts.subarray(0, column.names.length));
  const shown = column.names.map((name, n) => ({ name, n })).filter(({ n }) => n < VALUES || chosen.has(n));
  return html`
    <fieldset class="bars"><legend>${column.title}</legend>
      ${shown.map(({ name, n }) => html`
        <button type="button" key=${n} aria-pressed=${chosen.has(n)} onClick=${() => { const next = new Set(chosen); if (!next.delete(n)) next.add(n); onChoose(next); }}>
          <i aria-hidden="true" style=${{ width: `${(100 * counts[n]) / most}%` }}></i><span class="name">${name}</span><span class="soft">${number(counts[n])}</span></button>`)}
      ${column.names.length > shown.length && html`<span class="soft">${t("facets.more", { count: column.names.length - shown.length })}</span>`}
    </fieldset>
  `;
}

/** @param {{ column: import("../lib/points.js").Column, group: Uint16Array, range: [number, number] | null, passes: (row: number) => boolean, onChoose: (range: [number, number] | null) => void }} props */
function Range({ column, group, range, passes: passing, onChoose }) {
  const [low, high] = [column.low ?? 0, column.high ?? 0];
  const bins = new Uint32Array(BINS);
  for (let row = 0; row < group.length; row++) if (group[row] <= 255 && passing(row)) bins[Math.floor((group[row] * BINS) / 256)]++;
  const most = Math.max(1, ...bins);
  const [from, to] = range ?? [0, 255];
  const valueOf = (/** @type {number} */ group) => low + (group / 255) * (high - low);
  const choose = (/** @type {number} */ first, /** @type {number} */ last) => onChoose(first <= 0 && last >= 255 ? null : [Math.min(first, last), Math.max(first, last)]);
  return html`
    <fieldset class="bars"><legend>${column.title}</legend>
      <div class="histogram" aria-hidden="true">${[...bins].map((count, n) => html`<i key=${n} class=${(n + 1) * 8 > from && n * 8 <= to ? "on" : ""} style=${{ height: `${Math.max(count ? 6 : 0, (100 * count) / most)}%` }}></i>`)}</div>
      <input type="range" min="0" max="255" value=${from} aria-label=${t("facets.from", { name: column.title })} onInput=${(/** @type {any} */ event) => choose(Number(event.target.value), to)} />
      <input type="range" min="0" max="255" value=${to} aria-label=${t("facets.to", { name: column.title })} onInput=${(/** @type {any} */ event) => choose(from, Number(event.target.value))} />
      <p class="figures soft"><span>${number(valueOf(from), 2)}</span><span>${number(valueOf(to), 2)}</span></p>
    </fieldset>
  `;
}
