// How a file would be read: the first records as a table, and the rows that cannot be read.

import { html } from "../lib/html.js";
import { number, t } from "../lib/i18n.js";
import { sentence } from "./notice.js";

const FIELDS = 6;

/** @param {{ preview: Preview, busy: boolean }} props */
export function PreviewTable({ preview, busy }) {
  const { records, column, skipped, encodings } = preview;
  const fields = [...new Set(records.flatMap((each) => Object.keys(each.fields)))];
  const shown = fields.slice(0, FIELDS);
  const titled = records.some((each) => each.title);
  const guessed = Object.entries(encodings).filter(([, each]) => each.guessed);
  return html`
    ${guessed.map(([file, each]) => html`<p class="notice warn" key=${file}>${t("import.guessed", { encoding: each.label })}</p>`)}
    ${skipped.length > 0 && html`
      <details class="notice warn">
        <summary>${t("import.skipped", { count: skipped.length })}</summary>
        <ul>${skipped.slice(0, 50).map((row, n) => html`<li key=${n}>${row.line ? t("import.line", { line: number(row.line) }) : row.source}: ${sentence(row.reason)}. <span class="soft">${sentence(row.hint)}</span></li>`)}</ul>
      </details>`}
    <div class="scroll ${busy ? "busy" : ""}" tabindex="0" role="region" aria-label=${t("import.preview")}>
      <table>
        <thead><tr><th scope="col" class="line">${t("import.number")}</th>${titled && html`<th scope="col">${t("import.heading")}</th>`}<th scope="col" class="chosen">${column ?? t("import.text")}</th>${shown.map((each) => html`<th scope="col" key=${each}>${each}</th>`)}</tr></thead>
        <tbody>
          ${records.map((each, n) => html`
            <tr key=${n}><td class="line">${number(each.line)}</td>${titled && html`<td>${each.title}</td>`}<td class="chosen">${each.text.slice(0, 300)}</td>${shown.map((name) => html`<td key=${name}>${cell(each.fields[name])}</td>`)}</tr>
          `)}
        </tbody>
      </table>
    </div>
    ${fields.length > shown.length && html`<p class="soft">${t("import.fields.more", { count: fields.length - shown.length })}</p>`}
  `;
}

/** @param {any} value */
const cell = (value) => (value === null || value === undefined ? "" : String(typeof value === "object" ? JSON.stringify(value) : value).slice(0, 80));
