// Training data as it would be used: rows, shares, lengths, and what to know before training.

import { html } from "../lib/html.js";
import { number, t } from "../lib/i18n.js";
import { sentence } from "./notice.js";

/** What the checks find, by code. */
export const KNOWN = ["leaks", "repeated", "identical", "cut", "unknown_tokens", "label_noise"];

/** @param {{ found: import("../lib/training.js").DataCheck }} props */
export function DataReport({ found }) {
  const cut = (/** @type {import("../lib/training.js").FileFacts} */ file) => file.long_tokens > file.max_tokens;
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label=${t("train.check")}>
      <table>
        <thead><tr><th scope="col">${t("facets.source")}</th><th scope="col">${t("train.layout")}</th><th scope="col" class="number">${t("train.rows")}</th><th scope="col" class="number">${t("train.share")}</th><th scope="col" class="number">${t("train.tokens")}</th></tr></thead>
        <tbody>
          ${found.files.map((file) => html`
            <tr key=${file.name}><td>${file.name}</td><td title=${file.layout}>${t(/** @type {any} */ (`train.form.${file.form}`))}</td><td class="number">${number(file.rows)}</td><td class="number">${number(100 * file.share, 1)} %</td>
              <td class="number">${t("train.tokens.value", { median: file.median_tokens, long: file.long_tokens })}${cut(file) && html` <b class="warn">${t("train.tokens.cut", { limit: file.max_tokens })}</b>`}</td></tr>`)}
        </tbody>
      </table>
    </div>
    <p class="soft">${t("train.held", { rows: found.held_out })} ${t("train.epoch", { steps: found.steps })}</p>
    <${Findings} findings=${found.findings} />
  `;
}

/** @param {{ findings: import("../lib/training.js").Finding[] }} props */
export function Findings({ findings }) {
  if (!findings.length) return html`<p class="notice" role="status">${t("train.clean")}</p>`;
  return html`
    <div role="status"><ul class="findings">
      ${findings.map((each, n) => html`
        <li class="notice warn" key=${n}>${KNOWN.includes(each.code) && each.source ? t(/** @type {any} */ (`train.finding.${each.code}`), { count: each.count, source: each.source }) : sentence(each.text)}
          ${each.examples.length > 0 && html`<details><summary>${t("train.examples")}</summary><ul>${each.examples.map((text, i) => html`<li key=${i}>${text}</li>`)}</ul></details>`}</li>`)}
    </ul></div>
  `;
}
