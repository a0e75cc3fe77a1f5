// Filters that are made of the fields of a collection.

import { html, useState } from "../lib/html.js";
import { post } from "../lib/api.js";
import { filtersOf, param, whereOf } from "../lib/filters.js";
import { number, t } from "../lib/i18n.js";
import { useLoad } from "../lib/load.js";
import { change } from "../lib/router.js";
import { Icon } from "./icon.js";

const FEW = 6;

/** @param {{ name: string, query: URLSearchParams, asOf: string, state: string }} props */
export function Facets({ name, query, asOf, state }) {
  const filters = filtersOf(query);
  const where = whereOf(query);
  const path = `/collections/${encodeURIComponent(name)}/facets`;
  const load = (/** @type {string | null} */ condition, /** @type {AbortSignal} */ signal) => post(path, { where: condition, as_of: asOf || null, top: 50 }, signal);
  const whole = useLoad((signal) => load(null, signal), [name, asOf, state]);
  const now = useLoad((signal) => (where ? load(where, signal) : Promise.resolve(null)), [name, where, asOf, state]);
  /** @type {Facet[]} */
  const facets = (whole.value?.facets ?? []).filter((/** @type {Facet} */ facet) => facet.kind !== "texts");
  if (!facets.length) return null;
  /** @type {Map<string, Facet>} */
  const current = new Map((now.value?.facets ?? []).map((/** @type {Facet} */ facet) => [facet.name, facet]));
  return html`
    <details class="facets" open=${innerWidth > 800}>
      <summary><${Icon} name="filter" />${t("facets.title")}${filters.length > 0 && html` <b class="badge">${filters.length}</b>`}</summary>
      ${filters.length > 0 && html`<button type="button" class="link" onClick=${() => change({ f: null, r: null, k: null })}>${t("facets.clear")}</button>`}
      ${facets.map((facet) => html`<${Column} key=${facet.name} facet=${facet} now=${where ? current.get(facet.name) : facet} filter=${filters.find((each) => each.column === facet.name)} query=${query} />`)}
    </details>
  `;
}

/** @param {{ facet: Facet, now?: Facet, filter?: import("../lib/filters.js").Filter, query: URLSearchParams }} props */
function Column({ facet, now, filter, query }) {
  const title = facet.name === "source" ? t("facets.source") : facet.name;
  return html`
    <fieldset class="facet">
      <legend>${title}</legend>
      ${facet.kind === "values" ? html`<${Values} facet=${facet} now=${now} filter=${filter} query=${query} />` : html`<${Numbers} facet=${facet} now=${now} filter=${filter} query=${query} />`}
    </fieldset>
  `;
}

/** @param {{ facet: Facet, now?: Facet, filter?: import("../lib/filters.js").Filter, query: URLSearchParams }} props */
function Values({ facet, now, filter, query }) {
  const [all, setAll] = useState(false);
  const counts = new Map((now?.values ?? []).map((each) => [each.value, each.count]));
  const chosen = new Set(filter?.values ?? []);
  const shown = facet.values.filter((each, n) => all || n < FEW || chosen.has(each.value));
  const toggle = (/** @type {any} */ value) => {
    const text = param(facet.name, value);
    const others = query.getAll("f");
    change({ f: others.includes(text) ? others.filter((each) => each !== text) : [...others, text], k: null, open: null });
  };
  return html`
    ${shown.map(({ value, count }) => {
      const found = filter ? count : (counts.get(value) ?? 0);
      return html`<label key=${String(value)} class="value ${found ? "" : "none"}"><input type="checkbox" checked=${chosen.has(value)} onChange=${() => toggle(value)} /><span class="name">${String(value)}</span><span class="soft">${number(found)}</span></label>`;
    })}
    ${facet.values.length > FEW && html`<button type="button" class="link" onClick=${() => setAll(!all)}>${all ? t("facets.fewer") : t("facets.more", { count: facet.values.length - FEW })}</button>`}
  `;
}

/** @param {{ facet: Facet, now?: Facet, filter?: import("../lib/filters.js").Filter, query: URLSearchParams }} props */
function Numbers({ facet, filter, query }) {
  const { low, high, bins } = facet;
  if (low === null || high === null) return null;
  const [from, to] = filter?.range ?? [low, high];
  const most = Math.max(...bins, 1);
  const step = (high - low) / bins.length || 1;
  const set = (/** @type {number} */ first, /** @type {number} */ last) => {
    const others = query.getAll("r").filter((each) => !each.startsWith(`${encodeURIComponent(facet.name)}=`));
    change({ r: Number.isNaN(first) || Number.isNaN(last) ? others : [...others, param(facet.name, [first, last])], k: null, open: null });
  };
  return html`
    <div class="histogram" aria-hidden="true">
      ${bins.map((count, n) => {
        const start = low + n * step;
        const on = start + step >= from && start <= to;
        return html`<i key=${n} class=${on ? "on" : ""} style=${{ height: `${Math.max(count ? 6 : 0, (100 * count) / most)}%` }}></i>`;
      })}
    </div>
    <div class="range">
      <input type="number" step="any" value=${from} aria-label=${t("facets.from", { name: facet.name })} onChange=${(/** @type {any} */ event) => set(event.target.valueAsNumber, to)} />
      <span>–</span>
      <input type="number" step="any" value=${to} aria-label=${t("facets.to", { name: facet.name })} onChange=${(/** @type {any} */ event) => set(from, event.target.valueAsNumber)} />
    </div>
  `;
}
