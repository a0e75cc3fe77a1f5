// One thing that was found.

import { html, useEffect, useState } from "../lib/html.js";
import { post } from "../lib/api.js";
import { number, t } from "../lib/i18n.js";
import { change } from "../lib/router.js";
import { Icon } from "./icon.js";
import { Highlighted } from "./highlight.js";
import { attempt, toast } from "./toast.js";

/**
 * @param {{ hit: Hit, index: number, rank: number, current: boolean, query: string, mode: string, name: string, onOpen: () => void }} props
 */
export function HitRow({ hit, index, current, query, mode, name, onOpen }) {
  const fields = Object.entries(hit.fields).filter(([, value]) => value !== null && value !== "").slice(0, 4);
  return html`
    <li class="hit" id=${`hit-${index}`} data-id=${hit.id} aria-current=${current ? "true" : null}>
      <button type="button" class="body" onClick=${onOpen}>
        ${hit.title && html`<b class="heading">${hit.title}</b>`}
        <span class="text"><${Highlighted} hit=${hit} query=${mode === "semantic" ? "" : query} sentence=${Boolean(query)} /></span>
      </button>
      <p class="meta">
        <${Score} hit=${hit} />
        ${hit.source && html`<span class="soft place" title=${hit.source}>${t("hit.place", { source: hit.source.split(/[/\\]/).pop() ?? "", line: number(hit.line) })}</span>`}
        ${fields.map(([key, value]) => html`<span class="tag" key=${key}><i>${key}</i> ${shortened(value)}</span>`)}
        ${hit.folded && hit.folded.length > 0 && html`<span class="tag on">${t("hit.folded", { count: hit.folded.length })}</span>`}
        <span class="actions">
        ${query && html`<${Thumbs} name=${name} query=${query} hit=${hit} />`}
        <button type="button" class="link" onClick=${() => change({ like: hit.id, q: null, open: null, k: null })}><${Icon} name="like" />${t("hit.like")}</button>
        </span>
      </p>
    </li>
  `;
}

/** Whether a hit fits its query: stored as an example for training. @param {{ name: string, query: string, hit: Hit }} props */
function Thumbs({ name, query, hit }) {
  const [given, setGiven] = useState("");
  useEffect(() => setGiven(""), [query]);
  const give = (/** @type {"better" | "wrong"} */ verdict) => attempt(async () => {
    await post(`/collections/${encodeURIComponent(name)}/feedback`, { query, [verdict]: [hit.id] });
    setGiven(verdict);
    toast(t(verdict === "better" ? "hit.fits.done" : "hit.wrong.done"));
  });
  return html`
    <button type="button" class="link thumb" aria-pressed=${given === "better"} onClick=${() => give("better")} aria-label=${t("hit.fits")} title=${t("hit.fits")}><${Icon} name="up" /></button>
    <button type="button" class="link thumb" aria-pressed=${given === "wrong"} onClick=${() => give("wrong")} aria-label=${t("hit.wrong")} title=${t("hit.wrong")}><${Icon} name="down" /></button>
  `;
}

/** @param {any} value */
const shortened = (value) => {
  const text = typeof value === "number" ? number(value, 3) : typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
};

/** A similarity, with what it means in this collection. @param {{ hit: Hit }} props */
export function Score({ hit }) {
  if (!hit.measure) return null;
  if (hit.measure === "bm25") return html`<span class="score" title=${t("score.words.title")}>${t("score.words", { score: number(hit.score, 1) })}</span>`;
  const similarity = hit.similarity ?? null;
  if (hit.measure === "rerank" || similarity === null) return html`<span class="score">${number(hit.score, 2)}</span>`;
  const { percentile } = hit;
  const title = t("score.title", { similarity: number(similarity, 3), pairs: hit.pairs });
  if (percentile === null) return html`<span class="score" title=${title}>${similarity.toFixed(2)}</span>`;
  return html`
    <span class="score" title=${title}>
      <i class="meter" aria-hidden="true"><i style=${{ width: `${Math.max(3, strength(percentile) * 100)}%` }}></i></i>
      ${percentile >= 99.995 ? t("score.above_all") : t("score.above", { percentile: number(percentile, percentile > 99 ? 2 : 1) })}
    </span>
  `;
}

/** How full the meter is: each nine of the percentile is a quarter. @param {number} percentile */
export const strength = (percentile) => Math.min(1, -Math.log10(Math.max(1e-4, 1 - percentile / 100)) / 4);
