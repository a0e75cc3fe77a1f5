// A text with its nearest sentence, or with the words of a query.

import { html } from "../lib/html.js";

const SHOWN = 420;

/**
 * The part of a text that is shown: around its best sentence.
 * @param {string} text @param {{ start: number, end: number } | undefined} best
 * @returns {[number, number]}
 */
function excerpt(text, best) {
  if (text.length <= SHOWN) return [0, text.length];
  const middle = best ? (best.start + best.end) / 2 : 0;
  const start = Math.max(0, Math.min(text.length - SHOWN, Math.round(middle - SHOWN / 2)));
  return [start, start + SHOWN];
}

/** The server counts characters, JavaScript UTF-16 units. @param {string} text @param {Span | undefined} span */
function unitsOf(text, span) {
  if (!span) return undefined;
  const letters = [...text];
  const start = letters.slice(0, span.start).join("").length;
  return { start, end: start + letters.slice(span.start, span.end).join("").length };
}

/** @param {{ hit: Hit, query: string, sentence: boolean }} props */
export function Highlighted({ hit, query, sentence }) {
  const { text } = hit;
  const best = unitsOf(text, hit.best);
  const [from, to] = excerpt(text, best);
  const words = wordsOf(query);
  const isPart = best && best.end - best.start < text.trim().length - 2;
  const before = from > 0 ? "…" : "";
  const after = to < text.length ? "…" : "";
  if (words.length) return html`${before}${marked(text.slice(from, to), words)}${after}`;
  if (!sentence || !best || !isPart) return html`${before}${text.slice(from, to)}${after}`;
  const [start, end] = [Math.max(from, best.start), Math.min(to, best.end)];
  return html`${before}${text.slice(from, start)}<mark>${text.slice(start, end)}</mark>${text.slice(end, to)}${after}`;
}

/** @param {string} query */
export const wordsOf = (query) => (query.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => word.length > 1 || /\p{Script=Han}/u.test(word));

/** A text in parts, those that begin with a word of the query marked. @param {string} text @param {string[]} words */
function marked(text, words) {
  const stems = words.map((word) => (word.length > 4 ? word.slice(0, -1) : word));
  return text.split(/([\p{Script=Han}]|[\p{L}\p{N}]+)/u).map((part, n) => {
    const low = part.toLowerCase();
    const is = n % 2 === 1 && stems.some((stem, i) => (words[i].length > 4 ? low.startsWith(stem) && low.length <= stem.length + 4 : low === stem || (/\p{Script=Han}/u.test(low) && stem.includes(low))));
    return is ? html`<mark key=${n}>${part}</mark>` : part;
  });
}
