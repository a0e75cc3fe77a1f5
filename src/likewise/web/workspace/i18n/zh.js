// 中文。

import collections from "./zh/collections.js";
import compare from "./zh/compare.js";
import explore from "./zh/explore.js";
import shell from "./zh/shell.js";
import train from "./zh/train.js";

/** @type {Record<import("../lib/i18n.js").Key, string>} */
export default { ...collections, ...compare, ...explore, ...shell, ...train };
