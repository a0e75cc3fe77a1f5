// Save what was found as a file.

import { html, useState } from "../lib/html.js";
import { t } from "../lib/i18n.js";
import { rowsOf, saveFile, toCsv, toJsonl } from "../lib/save.js";
import { toast } from "./toast.js";
import { Icon } from "./icon.js";

/** @param {{ name: string, query: string, load: () => Promise<Hit[]> }} props */
export function ExportMenu({ name, query, load }) {
  const [busy, setBusy] = useState(false);
  const save = async (/** @type {"csv" | "jsonl"} */ kind) => {
    setBusy(true);
    try {
      const rows = rowsOf(await load());
      const stem = `${name}-${query.trim().replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 30) || "records"}`;
      if (kind === "csv") saveFile(`${stem}.csv`, `\ufeff${toCsv(rows)}`, "text/csv");
      else saveFile(`${stem}.jsonl`, toJsonl(rows), "application/jsonl");
      toast(t("export.done", { count: rows.length }));
    } catch (error) {
      toast(String(error instanceof Error ? error.message : error));
    } finally {
      setBusy(false);
    }
  };
  return html`
    <span class="exports"><${Icon} name="download" />
      <button type="button" class="link" disabled=${busy} onClick=${() => save("csv")} aria-label=${t("export.as", { kind: "CSV" })}>CSV</button>
      <button type="button" class="link" disabled=${busy} onClick=${() => save("jsonl")} aria-label=${t("export.as", { kind: "JSONL" })}>JSONL</button>
    </span>
  `;
}
