// Search as you type, filters, and what was found.

import { html, useEffect, useMemo, useRef, useState } from "../lib/html.js";
import { post } from "../lib/api.js";
import { whereOf } from "../lib/filters.js";
import { number, t } from "../lib/i18n.js";
import { bind } from "../lib/keys.js";
import { useLoad } from "../lib/load.js";
import { change, place } from "../lib/router.js";
import { Facets } from "../components/facets.js";
import { HitRow } from "../components/hit.js";
import { ErrorNotice } from "../components/notice.js";
import { RecordPanel } from "../components/record.js";
import { SavedSearches } from "../components/saved.js";
import { SearchBar } from "../components/searchbar.js";
import { ExportMenu } from "../components/export.js";

const FIRST = 20;
const DELAY = 60;

/** What an address asks for. @param {URLSearchParams} query */
function wanted(query) {
  return {
    query: query.get("q") ?? "",
    mode: query.get("mode") ?? "semantic",
    like: query.get("like") ?? "",
    fold: query.get("fold") === "1",
    count: Math.max(1, Math.min(1000, Number(query.get("k")) || FIRST)),
    where: whereOf(query),
    extra: query.get("where") ?? "",
    asOf: query.get("as_of") ?? "",
  };
}

/**
 * The request of an address: a search, what is like a record, or the records as they are.
 * @param {string} name @param {ReturnType<typeof wanted>} ask @param {number} [count]
 * @returns {[string, any]}
 */
function requestOf(name, ask, count = ask.count) {
  const path = `/collections/${encodeURIComponent(name)}`;
  const common = { where: ask.where, as_of: ask.asOf || null };
  if (ask.like) return [`${path}/search`, { ...common, like: ask.like, top_k: count }];
  if (!ask.query.trim()) return [`${path}/browse`, { ...common, limit: count }];
  return [`${path}/search`, { ...common, query: ask.query, mode: ask.mode, fold_duplicates: ask.fold, top_k: count }];
}

/** @param {{ name: string, summary: Summary, state: string, onChanged: () => void }} props */
export function SearchTab({ name, summary, state, onChanged }) {
  const { query } = place.value;
  const ask = wanted(query);
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [text, setText] = useState(ask.query);
  const [at, setAt] = useState(-1);
  const [path, body] = requestOf(name, ask);
  const { value, error, busy, reload } = useLoad(async (signal) => {
    const begun = performance.now();
    const found = await post(path, body, signal);
    return { ...found, milliseconds: performance.now() - begun };
  }, [path, JSON.stringify(body), state]);
  const hits = /** @type {Hit[]} */ (value?.hits ?? []);

  useEffect(() => {
    if (text === ask.query) return;
    const timer = setTimeout(() => change({ q: text, like: null, k: null }, { replace: true }), DELAY);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => setText(ask.query), [ask.query]);
  useEffect(() => setAt(-1), [ask.query, ask.like, ask.mode, ask.where]);
  useEffect(() => warm(name, summary), [name]);

  const open = query.get("open");
  const current = useMemo(() => ({ hits, at }), [hits, at]);
  useEffect(() => {
    const move = (/** @type {number} */ step) => () => {
      const next = Math.max(0, Math.min(current.hits.length - 1, current.at + step));
      setAt(next);
      document.getElementById(`hit-${next}`)?.scrollIntoView({ block: "nearest" });
    };
    const chosen = () => current.hits[current.at];
    return bind({
      "/": () => box.current?.select(),
      j: move(1),
      k: move(-1),
      Enter: () => chosen() && change({ open: chosen().id }),
      m: () => chosen() && change({ like: chosen().id, q: null, open: null }),
      Escape: () => (open ? change({ open: null }) : box.current?.blur()),
    });
  }, [current, open]);

  const likeHit = ask.like;
  return html`
    <div class="search ${open ? "with-panel" : ""}">
      <${SearchBar} name=${name} box=${box} text=${text} setText=${setText} ask=${ask} busy=${busy} onDown=${() => { box.current?.blur(); setAt(0); }} />
      ${ask.asOf && html`<p class="notice warn">${t("search.as_of", { run: ask.asOf })} <button type="button" onClick=${() => change({ as_of: null })}>${t("search.as_of.leave")}</button></p>`}
      ${likeHit && html`<p class="chips"><span class="chip on">${t("search.like")} <button type="button" onClick=${() => change({ like: null })} aria-label=${t("common.remove")}>×</button></span></p>`}
      ${ask.extra && html`<p class="chips"><span class="chip on">${t("search.where")}${" "}<code>${ask.extra}</code> <button type="button" onClick=${() => change({ where: null, k: null })} aria-label=${t("common.remove")}>×</button></span></p>`}
      <${SavedSearches} name=${name} empty=${!ask.query && !ask.where && !likeHit} />
      <div class="columns">
        <${Facets} name=${name} query=${query} asOf=${ask.asOf} state=${state} />
        <section class="found" aria-label=${t("search.results")} aria-busy=${busy}>
          ${error && html`<${ErrorNotice} error=${error} retry=${reload} />`}
          ${value && html`
            <div class="bar">
              <p class="soft" role="status">${countOf(value, ask)}</p>
              ${correctionsOf(value)}
              <${ExportMenu} name=${name} load=${async () => (await post(...requestOf(name, ask, 1000))).hits} query=${ask.query} />
            </div>`}
          ${value && !hits.length && html`<p class="empty">${t(summary.records ? "search.none" : "search.empty")}</p>`}
          <ol class="hits">
            ${hits.map((hit, n) => html`<${HitRow} key=${hit.id} hit=${hit} index=${n} rank=${n + 1} current=${n === at} query=${ask.like ? "" : ask.query} mode=${ask.mode} name=${name} onOpen=${() => { setAt(n); change({ open: hit.id }); }} />`)}
          </ol>
          ${hits.length >= ask.count && ask.count < 1000 && html`<button type="button" class="more" onClick=${() => change({ k: String(Math.min(1000, ask.count + 40)) }, { replace: true })}>${t("search.more")}</button>`}
        </section>
        ${open && html`<${RecordPanel} name=${name} id=${open} onClose=${() => change({ open: null })} onChanged=${() => { change({ open: null }); onChanged(); }} />`}
      </div>
    </div>
  `;
}

/** How many were found, and in which time. @param {any} value @param {ReturnType<typeof wanted>} ask */
function countOf(value, ask) {
  if (value.total !== undefined) return t("search.total", { count: value.total });
  const folded = value.hits.reduce((/** @type {number} */ sum, /** @type {Hit} */ hit) => sum + (hit.folded?.length ?? 0), 0);
  const found = t("search.count", { count: value.hits.length, milliseconds: number(value.milliseconds) });
  return ask.fold && folded ? `${found} · ${t("search.folded", { count: folded })}` : found;
}

/** @param {any} value */
function correctionsOf(value) {
  const found = Object.entries(value.corrections ?? {});
  if (!found.length) return null;
  return html`<p class="soft">${found.map(([word, other]) => t("search.corrected", { word, other: String(other) })).join(" ")}</p>`;
}

/** Load the model before the first search needs it. @param {string} name @param {Summary} summary */
function warm(name, { model, compute }) {
  post("/encode", { texts: [name], model, compute }).catch(() => {});
}
