// Two texts side by side, with what they differ in.

import { html } from "../lib/html.js";
import { diff } from "../lib/diff.js";
import { number, t } from "../lib/i18n.js";

/** `other`: the collection of the right text, where it is another one. @param {{ pair: import("../pages/duplicates.js").FoundPair, other: string, index: number, current: boolean, verdict: string, onDecide: (keep: string) => void }} props */
export function Pair({ pair, other, index, current, verdict, onDecide }) {
  const [left, right] = diff(pair.left.text, pair.right.text);
  const sides = [
    { parts: left, side: pair.left, tag: "del" },
    { parts: right, side: pair.right, tag: "ins" },
  ];
  return html`
    <li class="pair" id=${`pair-${index}`} aria-current=${current ? "true" : null}>
      <div class="texts">
        ${sides.map(({ parts, side, tag }) => html`
          <div key=${tag}><p class=${verdict && verdict !== "both" && (tag === "del") === (verdict === "right") ? "done" : ""}>${parts.map((part, n) => (part.same ? part.text : html`<${tag} key=${n}>${part.text}</${tag}>`))}</p>
            <p class="soft">${t("hit.place", { source: side.source.split(/[/\\]/).pop() || t("record.added"), line: number(side.line) })}${other && tag === "ins" ? ` · ${other}` : ""}</p></div>`)}
      </div>
      <div class="buttons">
        <span class="soft">${t(/** @type {any} */ (`duplicates.${pair.reason}`), { similarity: pair.similarity.toFixed(3) })}</span>
        ${verdict
          ? html`<span class="soft">${other && verdict === "right" ? t("duplicates.leaks.removed") : t(/** @type {any} */ (`duplicates.kept.${verdict}`))}</span>`
          : html`<span class="buttons">
              ${!other && html`<button type="button" onClick=${() => onDecide("left")}>${t("duplicates.left")} <kbd>h</kbd></button>`}
              <button type="button" onClick=${() => onDecide("both")}>${t("duplicates.both")} <kbd>b</kbd></button>
              <button type="button" onClick=${() => onDecide("right")}>${t(other ? "duplicates.leaks.remove" : "duplicates.right")} <kbd>l</kbd></button>
            </span>`}
      </div>
    </li>
  `;
}
