// Models to choose from: those on this machine first.

import { html } from "../lib/html.js";
import { call } from "../lib/api.js";
import { number, size, t } from "../lib/i18n.js";
import { useLoad } from "../lib/load.js";

/** Bytes of a weight in most checkpoints. */
const BYTES = 4;

/** @returns {{ here: ModelFacts[], others: ModelFacts[], reload: () => void }} */
export function useModels() {
  const { value, reload } = useLoad((signal) => call("/models", { signal }), []);
  /** @type {ModelFacts[]} */
  const every = value?.models ?? [];
  return {
    here: every.filter((each) => each.source !== null && !each.problem),
    others: every.filter((each) => each.source === null),
    reload,
  };
}

/** What is known of a model, in a line. @param {ModelFacts} model */
export function modelFacts(model) {
  const parts = [model.dimension && t("model.dimensions", { count: model.dimension }), model.licence];
  if (model.size) parts.push(size(model.size));
  else if (model.parameters) parts.push(t("compare.size", { size: size(BYTES * 1e6 * model.parameters) }), t("model.parameters", { count: number(model.parameters) }));
  return parts.filter(Boolean).join(" · ");
}

/** @param {{ value: string, onChange: (name: string) => void }} props */
export function ModelPicker({ value, onChange }) {
  const { here } = useModels();
  const chosen = here.find((each) => each.name === value);
  const names = here.length ? here.map((each) => each.name) : [value];
  return html`
    <label>${t("import.model")}
      <select value=${value} onChange=${(/** @type {any} */ event) => onChange(event.target.value)}>
        ${names.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}
      </select>
      ${chosen && html`<span class="soft">${modelFacts(chosen)}</span>`}
    </label>
  `;
}
