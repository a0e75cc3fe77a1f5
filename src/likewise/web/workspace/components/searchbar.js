// The box of a search, how it searches, and saved searches.

import { html } from "../lib/html.js";
import { t } from "../lib/i18n.js";
import { change, go, href, place } from "../lib/router.js";
import { forgetSearch, saveSearch, savedSearches } from "../lib/save.js";
import { toast } from "./toast.js";
import { Icon } from "./icon.js";

const MODES = ["semantic", "keyword", "hybrid"];

/** @param {{ box: any, text: string, setText: (text: string) => void, ask: any, busy: boolean, onDown: () => void }} props */
export function SearchBar({ box, text, setText, ask, busy, onDown }) {
  const name = place.value.path[1];
  const save = () => {
    const query = new URLSearchParams(place.peek().query);
    query.delete("open");
    saveSearch(name, { label: ask.query || t("search.filtered"), query: query.toString() });
    toast(t("search.saved"));
  };
  return html`
    <form class="searchbar" role="search" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); change({ q: text, like: null }); onDown(); }}>
      <div class="box ${busy ? "busy" : ""}">
        <${Icon} name="search" />
        <input ref=${box} type="search" value=${text} autofocus autocomplete="off" spellcheck=${false} aria-label=${t("search.label")} placeholder=${t("search.placeholder")}
          onInput=${(/** @type {any} */ event) => setText(event.target.value)}
          onKeyDown=${(/** @type {KeyboardEvent} */ event) => { if (event.key === "ArrowDown") { event.preventDefault(); onDown(); } }} />
        <kbd aria-hidden="true">/</kbd>
      </div>
      <div class="segments" role="group" aria-label=${t("search.mode")}>
        ${MODES.map((mode) => html`<button type="button" class="segment" key=${mode} aria-pressed=${ask.mode === mode} title=${t(/** @type {any} */ (`mode.${mode}.title`))} onClick=${() => change({ mode: mode === "semantic" ? null : mode }, { replace: true })}>${t(/** @type {any} */ (`mode.${mode}`))}</button>`)}
      </div>
      <label class="check" title=${t("search.fold.title")}><input type="checkbox" checked=${ask.fold} onChange=${() => change({ fold: ask.fold ? null : "1" }, { replace: true })} />${t("search.fold")}</label>
      <button type="button" disabled=${!ask.query && !ask.where} onClick=${save} title=${t("search.save.title")}><${Icon} name="star" />${t("search.save")}</button>
    </form>
  `;
}

/** @param {{ name: string, empty: boolean }} props */
export function SavedSearches({ name, empty }) {
  const saved = savedSearches(name);
  if (!empty || !saved.length) return null;
  return html`
    <p class="chips"><span class="soft">${t("search.saved.title")}</span>
      ${saved.map(({ label, query }) => html`
        <span class="chip" key=${query}><a href=${`${href(["collections", name])}?${query}`} onClick=${(/** @type {Event} */ event) => { event.preventDefault(); go(`${href(["collections", name])}?${query}`); }}>${label}</a>
          <button type="button" onClick=${() => forgetSearch(name, query)} aria-label=${t("search.saved.forget", { label })}>×</button></span>
      `)}
    </p>
  `;
}
