// From files to a collection: send, look at what is read, choose, index.

import { html, useEffect, useMemo, useState } from "../lib/html.js";
import { call, post, send } from "../lib/api.js";
import { number, t } from "../lib/i18n.js";
import { takeDropped } from "../lib/dropped.js";
import { start } from "../lib/jobs.js";
import { useLoad } from "../lib/load.js";
import { go, href, place } from "../lib/router.js";
import { DropZone } from "../components/drop.js";
import { ErrorNotice } from "../components/notice.js";
import { ModelPicker } from "../components/models.js";
import { PreviewTable } from "../components/preview.js";

/** @typedef {import("../lib/dropped.js").Dropped} Dropped */

const ENCODINGS = ["utf-8", "latin-1", "cp1252", "utf-16", "gb18030", "big5", "shift_jis", "euc_kr", "cp1251", "koi8_r"];

/** @param {{ into?: string }} props */
export function ImportPage({ into }) {
  const { query } = place.value;
  const files = query.getAll("file");
  return html`
    <div class="page narrow">
      <p class="crumbs"><a href=${href(["collections"])}>${t("nav.collections")}</a>${into && html` / <a href=${href(["collections", into])}>${into}</a>`}</p>
      <h1>${into ? t("import.more", { name: into }) : t("import.title")}</h1>
      ${files.length ? html`<${Review} files=${files} into=${into} />` : html`<${Source} into=${into} from=${query.get("from") ?? "files"} />`}
    </div>
  `;
}

/** @param {{ into?: string, from: string }} props */
function Source({ into, from }) {
  const [sent, setSent] = useState({ done: 0, total: 0, share: 0 });
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const path = into ? ["import", into] : ["import"];

  /** @param {Dropped[]} dropped */
  const sendAll = async (dropped) => {
    setError(null);
    const ids = [];
    try {
      for (const [done, { file, name }] of dropped.entries()) {
        setSent({ done, total: dropped.length, share: 0 });
        ids.push((await send(file, name, (share) => setSent({ done, total: dropped.length, share }))).id);
      }
      go(href(path, { file: ids, name: suggested(dropped[0].name) }), { replace: true });
    } catch (failure) {
      setError(/** @type {Error} */ (failure));
    } finally {
      setSent({ done: 0, total: 0, share: 0 });
    }
  };
  useEffect(() => {
    const dropped = takeDropped();
    if (dropped.length) sendAll(dropped);
  }, []);

  if (sent.total) {
    const share = (sent.done + sent.share) / sent.total;
    return html`
      <section class="job running">
        <h2>${t("import.sending", { count: sent.total })}</h2>
        <div class="progress" role="progressbar" aria-label=${t("import.sending", { count: sent.total })} aria-valuenow=${Math.round(share * 100)} aria-valuemin="0" aria-valuemax="100"><i style=${{ width: `${share * 100}%` }}></i></div>
      </section>
    `;
  }
  return html`
    ${error && html`<${ErrorNotice} error=${error} />`}
    <div class="segments" role="group" aria-label=${t("import.from")}>
      ${["files", "paste", "path"].map((each) => html`
        <a class="segment" key=${each} href=${href(path, { from: each })} aria-current=${from === each ? "true" : null}>${t(/** @type {any} */ (`import.from.${each}`))}</a>
      `)}
    </div>
    ${from === "files" && html`<${DropZone} large bare onFiles=${sendAll} />`}
    ${from === "paste" && html`<${Paste} onFiles=${sendAll} />`}
    ${from === "path" && html`<${PathForm} onSent=${(/** @type {SentFile} */ file) => go(href(path, { file: file.id, name: suggested(file.name) }))} />`}
  `;
}

/** @param {{ onFiles: (files: Dropped[]) => void }} props */
function Paste({ onFiles }) {
  const [text, setText] = useState("");
  const lines = text.split("\n").filter((line) => line.trim()).length;
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    onFiles([{ file: new File([text], "pasted.txt"), name: "pasted.txt" }]);
  };
  return html`
    <form class="stack" onSubmit=${submit}>
      <label>${t("import.paste.label")}<textarea rows="12" value=${text} placeholder=${t("import.paste.hint")} onInput=${(/** @type {any} */ event) => setText(event.target.value)}></textarea></label>
      <div class="buttons"><button class="primary" disabled=${!lines}>${t("import.paste.go", { lines })}</button></div>
    </form>
  `;
}

/** @param {{ onSent: (file: SentFile) => void }} props */
function PathForm({ onSent }) {
  const [path, setPath] = useState("");
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    setError(null);
    await post("/files/path", { path: path.trim() }).then(onSent, setError);
  };
  return html`
    <form class="stack" onSubmit=${submit}>
      <label>${t("import.path.label")}<input type="text" value=${path} placeholder="/home/me/notes" spellcheck=${false} onInput=${(/** @type {any} */ event) => setPath(event.target.value)} /></label>
      <p class="soft">${t("import.path.about")}</p>
      ${error && html`<${ErrorNotice} error=${error} />`}
      <div class="buttons"><button class="primary" disabled=${!path.trim()}>${t("import.path.go")}</button></div>
    </form>
  `;
}

/** A name for a collection, from a file's. @param {string} file */
export function suggested(file) {
  const stem = file.split(" - ")[0].replace(/(\.[a-z0-9]{1,8}){1,2}$/i, "");
  const clean = stem.toLowerCase().normalize("NFKD").replace(/[^a-z0-9_-]+/g, "-").replace(/^-+|-+$/g, "");
  return clean.slice(0, 40) || "texts";
}

/** @param {{ files: string[], into?: string }} props */
function Review({ files, into }) {
  const { query } = place.peek();
  const [name, setName] = useState(into ?? query.get("name") ?? "texts");
  const [choice, setChoice] = useState({ column: "", unit: "auto", encoding: "", model: "all-MiniLM-L6-v2" });
  const [error, setError] = useState(/** @type {Error | null} */ (null));
  const reading = useMemo(() => ({ files, unit: choice.unit, column: choice.column || null, encoding: choice.encoding || null }), [files.join(), choice.unit, choice.column, choice.encoding]);
  const { value, error: unreadable, busy } = useLoad((signal) => /** @type {Promise<Preview>} */ (post("/preview", { ...reading, rows: 50 }, signal)), [reading]);
  const set = (/** @type {Partial<typeof choice>} */ changed) => setChoice((before) => ({ ...before, ...changed }));

  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    setError(null);
    try {
      const path = `/collections/${encodeURIComponent(name)}`;
      const { model, compute } = into ? await call(path) : { model: choice.model, compute: "auto" };
      await start(`${path}/index`, { ...reading, model, compute });
      go(href(["collections", name]));
    } catch (failure) {
      setError(/** @type {Error} */ (failure));
    }
  };
  const columns = value?.columns ?? [];
  return html`
    <form class="stack" onSubmit=${submit}>
      <div class="fields">
        ${!into && html`<label>${t("import.name")}<input type="text" required value=${name} pattern="[A-Za-z0-9_.\\-]+" title=${t("import.name.title")} onInput=${(/** @type {any} */ event) => setName(event.target.value)} /></label>`}
        ${columns.length > 0 && html`
          <label>${t("import.column")}<select value=${choice.column || value?.column} onChange=${(/** @type {any} */ event) => set({ column: event.target.value })}>
            ${columns.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}
          </select></label>`}
        ${value && !columns.length && html`
          <label>${t("import.unit")}<select value=${choice.unit} onChange=${(/** @type {any} */ event) => set({ unit: event.target.value })}>
            ${["auto", "line", "section", "document"].map((each) => html`<option key=${each} value=${each}>${t(/** @type {any} */ (`import.unit.${each}`))}</option>`)}
          </select></label>`}
        <label>${t("import.encoding")}<select value=${choice.encoding} onChange=${(/** @type {any} */ event) => set({ encoding: event.target.value })}>
          <option value="">${encodingOf(value)}</option>
          ${ENCODINGS.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}
        </select></label>
        ${!into && html`<${ModelPicker} value=${choice.model} onChange=${(/** @type {string} */ model) => set({ model })} />`}
      </div>
      ${unreadable && html`<${ErrorNotice} error=${unreadable} />`}
      ${value && html`<${PreviewTable} preview=${value} busy=${busy} />`}
      ${error && html`<${ErrorNotice} error=${error} />`}
      <div class="buttons sticky">
        <button class="primary" disabled=${!value?.records.length || !name}>${t("import.go")}</button>
        <a class="button" href=${href(into ? ["collections", into] : ["collections"])}>${t("common.cancel")}</a>
        ${value && html`<span class="soft">${value.whole ? t("import.whole", { count: value.records.length }) : t("import.first", { count: number(value.records.length) })}</span>`}
      </div>
    </form>
  `;
}

/** @param {Preview | null} preview */
function encodingOf(preview) {
  const found = new Set(Object.values(preview?.encodings ?? {}).map((each) => each.label));
  return found.size ? t("import.encoding.found", { name: [...found].join(", ") }) : t("import.encoding.auto");
}
