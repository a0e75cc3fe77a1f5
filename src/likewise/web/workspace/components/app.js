// The frame: header, the page of the address, help.

import { html, useEffect } from "../lib/html.js";
import { go, href, place } from "../lib/router.js";
import { t } from "../lib/i18n.js";
import { bind } from "../lib/keys.js";
import { Header } from "./header.js";
import { Help, showHelp } from "./help.js";
import { Toasts } from "./toast.js";
import { CollectionPage } from "../pages/collection.js";
import { CollectionsPage } from "../pages/collections.js";
import { ComparePage } from "../pages/compare.js";
import { ExplorePage } from "../pages/explore.js";
import { ImportPage } from "../pages/import.js";
import { JobsPage } from "../pages/jobs.js";
import { TrainPage } from "../pages/train.js";

/** The page of an address. @param {string[]} path */
function pageOf([section, first, second]) {
  switch (section) {
    case "collections":
      return first ? html`<${CollectionPage} key=${first} name=${first} tab=${second ?? "search"} />` : html`<${CollectionsPage} />`;
    case "import":
      return html`<${ImportPage} into=${first} />`;
    case "explore":
      return html`<${ExplorePage} name=${first} />`;
    case "compare":
      return html`<${ComparePage} job=${first} />`;
    case "train":
      return html`<${TrainPage} job=${first} />`;
    case "jobs":
      return html`<${JobsPage} />`;
    default:
      return html`<${CollectionsPage} />`;
  }
}

export function App() {
  const { path } = place.value;
  useEffect(() => {
    if (!path.length) go(href(["collections"]), { replace: true });
  }, [path.length]);
  useEffect(() => bind({ "?": showHelp }), []);
  return html`
    <a class="skip" href="#main">${t("nav.skip")}</a>
    <${Header} section=${path[0] ?? "collections"} />
    <main id="main" tabindex="-1">${pageOf(path)}</main>
    <${Help} />
    <${Toasts} />
  `;
}
