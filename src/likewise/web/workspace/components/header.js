// Navigation, running jobs, language and theme.

import { html } from "../lib/html.js";
import { ROOT, href } from "../lib/router.js";
import { language, setLanguage, t } from "../lib/i18n.js";
import { THEMES, setTheme, theme } from "../lib/theme.js";
import { openJobs } from "../lib/jobs.js";
import { Icon } from "./icon.js";
import { showHelp } from "./help.js";

/** @type {{ section: string, key: import("../lib/i18n.js").Key }[]} */
const SECTIONS = [
  { section: "collections", key: "nav.collections" },
  { section: "explore", key: "nav.explore" },
  { section: "compare", key: "nav.compare" },
  { section: "train", key: "nav.train" },
];

/** @param {{ section: string }} props */
export function Header({ section }) {
  const shown = section === "import" ? "collections" : section;
  return html`
    <header class="top">
      <a class="brand" href=${href(["collections"])}><i class="logo" aria-hidden="true"></i>Likewise</a>
      <nav class="sections" aria-label=${t("nav.label")}>
        ${SECTIONS.map(({ section: each, key }) => html`
          <a key=${each} href=${href([each])} aria-current=${each === shown ? "page" : null}>${t(key)}</a>
        `)}
        <a href=${`${ROOT}/${language.value === "zh" ? "zh/" : ""}`} target="_self" title=${t("nav.texts.title")}>${t("nav.texts")}</a>
      </nav>
      <div class="tools">
        <${JobsLink} />
        <button type="button" class="quiet" onClick=${showHelp} aria-label=${t("help.title")} title=${t("help.title")}><kbd>?</kbd></button>
        <${ThemeButton} />
        <button type="button" class="quiet" lang=${language.value === "en" ? "zh-CN" : "en"} onClick=${() => setLanguage(language.value === "en" ? "zh" : "en")}>
          ${language.value === "en" ? "中文" : "English"}
        </button>
      </div>
    </header>
  `;
}

function JobsLink() {
  const open = openJobs.value;
  if (!open.length) {
    return html`<a class="button quiet" href=${href(["jobs"])} aria-label=${t("jobs.title")} title=${t("jobs.title")}><${Icon} name="clock" /></a>`;
  }
  const progress = open.find((job) => job.status === "running")?.progress;
  const share = progress?.total ? Math.round((100 * progress.done) / progress.total) : null;
  const shown = share === null ? t("jobs.running.short") : `${share} %`;
  return html`
    <a class="button quiet running" href=${href(["jobs"])} aria-label=${`${shown}, ${t("jobs.running", { count: open.length })}`}>
      <i class="spinner" aria-hidden="true"></i>${shown}
    </a>
  `;
}

function ThemeButton() {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length];
  const label = t("theme.label", { theme: t(`theme.${theme.value}`) });
  return html`
    <button type="button" class="quiet" onClick=${() => setTheme(next)} aria-label=${label} title=${label}>
      <${Icon} name=${theme.value} />
    </button>
  `;
}
