// A question, answered with sentences of the collection, or not at all.

import { html, useEffect, useRef, useState } from "../lib/html.js";
import { post } from "../lib/api.js";
import { number, t } from "../lib/i18n.js";
import { bind } from "../lib/keys.js";
import { useLoad } from "../lib/load.js";
import { change, href, place } from "../lib/router.js";
import { ErrorNotice } from "../components/notice.js";
import { Icon } from "../components/icon.js";

/** Shares of off-topic questions that may be answered. */
const ALARMS = ["0.001", "0.01", "0.05", "0.2", "1"];

/** @typedef {{ text: string, score: number, hit: Hit }} Quoted */
/** @typedef {{ record: string, title: string, source: string, line: number, chunks: Hit[] }} Source */
/** @typedef {{ answerable: boolean, false_alarm_rate: number | null, false_alarms: number, refused: number | null, quotes: Quoted[], documents: Source[] }} Answer */

/** @param {{ name: string }} props */
export function AskTab({ name }) {
  const { query } = place.value;
  const question = query.get("q") ?? "";
  const alarms = ALARMS.includes(query.get("alarms") ?? "") ? /** @type {string} */ (query.get("alarms")) : "0.01";
  const [text, setText] = useState(question);
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => setText(question), [question]);
  useEffect(() => bind({ "/": () => box.current?.select() }), []);
  const { value, error, busy } = useLoad(
    (signal) => (question.trim() ? post(`/collections/${encodeURIComponent(name)}/ask`, { question, false_alarms: Number(alarms), quotes: 4 }, signal) : Promise.resolve(null)),
    [name, question, alarms],
  );
  /** @type {Answer | null} */
  const answer = value;
  return html`
    <div class="ask">
      <form class="searchbar" role="search" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); change({ q: text }); }}>
        <div class="box ${busy && question ? "busy" : ""}">
          <${Icon} name="ask" />
          <input ref=${box} type="search" autofocus value=${text} placeholder=${t("ask.placeholder")} aria-label=${t("ask.label")} onInput=${(/** @type {any} */ event) => setText(event.target.value)} />
        </div>
        <button class="primary" disabled=${!text.trim()}>${t("ask.go")}</button>
        <label class="inline" title=${t("ask.alarms.title")}>${t("ask.alarms")}
          <select value=${alarms} onChange=${(/** @type {any} */ event) => change({ alarms: event.target.value })}>
            ${ALARMS.map((each) => html`<option key=${each} value=${each}>${each === "1" ? t("ask.alarms.all") : percent(Number(each))}</option>`)}
          </select>
        </label>
      </form>
      ${error && html`<${ErrorNotice} error=${error} />`}
      ${!question && html`<p class="soft">${t("ask.about")}</p>`}
      ${answer && html`<${Answered} answer=${answer} name=${name} />`}
    </div>
  `;
}

/** @param {number} share */
const percent = (share) => (share > 0 && share < 0.001 ? "< 0.1 %" : `${number(100 * share, share < 0.1 ? 1 : 0)} %`);

/** @param {{ answer: Answer, name: string }} props */
function Answered({ answer, name }) {
  const numbers = new Map(answer.documents.map((each, n) => [each.record, n + 1]));
  const open = (/** @type {string} */ id) => href(["collections", name], { open: id });
  return html`
    <section aria-live="polite">
      ${answer.answerable
        ? html`<ol class="quotes">${answer.quotes.map((quote, n) => html`
            <li key=${n}><blockquote>${quote.text}</blockquote> <a class="cite" href=${`#source-${numbers.get(recordOf(quote.hit.id))}`} target="_self">[${numbers.get(recordOf(quote.hit.id)) ?? "–"}]</a></li>`)}</ol>
          ${answer.refused !== null && answer.refused > 0.5 && html`<p class="notice warn">${t("ask.weak", { refused: percent(answer.refused) })}</p>`}`
        : html`<div class="notice"><strong>${t("ask.none")}</strong><p>${t("ask.none.about")}</p></div>`}
      ${answer.false_alarm_rate !== null && html`<p class="soft">${t("ask.rate", { rate: percent(answer.false_alarm_rate), limit: percent(answer.false_alarms) })}</p>`}
      ${answer.documents.length > 0 && html`
        <h2>${answer.answerable ? t("ask.sources") : t("ask.nearest")}</h2>
        <ol class="sources">
          ${answer.documents.map((each, n) => html`
            <li key=${each.record} id=${`source-${n + 1}`}>
              <a href=${open(each.record)}><b>[${n + 1}]</b> ${each.title || each.source.split(/[/\\]/).pop()}${each.line ? html`, ${t("import.line", { line: number(each.line) })}` : ""}</a>
              <p>${each.chunks[0]?.text.slice(0, 300)}</p>
            </li>`)}
        </ol>`}
    </section>
  `;
}

/** @param {string} id */
const recordOf = (id) => id.split(".")[0];
