// The box of a search, and how it searches.

import { html } from "../lib/html.js";
import { t } from "../lib/i18n.js";
import { change } from "../lib/router.js";
import { Icon } from "./icon.js";
import { SaveSearch } from "./saved.js";

const MODES = ["semantic", "keyword", "hybrid"];

/** @param {{ name: string, box: any, text: string, setText: (text: string) => void, ask: any, busy: boolean, onDown: () => void }} props */
export function SearchBar({ name, box, text, setText, ask, busy, onDown }) {
  return html`
    <div class="searchbar" role="search">
      <form class="box ${busy ? "busy" : ""}" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); change({ q: text, like: null }); onDown(); }}>
        <${Icon} name="search" />
        <input ref=${box} type="search" value=${text} autofocus autocomplete="off" spellcheck=${false} aria-label=${t("search.label")} placeholder=${t("search.placeholder")}
          onInput=${(/** @type {any} */ event) => setText(event.target.value)}
          onKeyDown=${(/** @type {KeyboardEvent} */ event) => { if (event.key === "ArrowDown") { event.preventDefault(); onDown(); } }} />
        <kbd aria-hidden="true">/</kbd>
      </form>
      <div class="segments" role="group" aria-label=${t("search.mode")}>
        ${MODES.map((mode) => html`<button type="button" class="segment" key=${mode} aria-pressed=${ask.mode === mode} title=${t(/** @type {any} */ (`mode.${mode}.title`))} onClick=${() => change({ mode: mode === "semantic" ? null : mode }, { replace: true })}>${t(/** @type {any} */ (`mode.${mode}`))}</button>`)}
      </div>
      <label class="check" title=${t("search.fold.title")}><input type="checkbox" checked=${ask.fold} onChange=${() => change({ fold: ask.fold ? null : "1" }, { replace: true })} />${t("search.fold")}</label>
      <${SaveSearch} name=${name} ask=${ask} />
    </div>
  `;
}
