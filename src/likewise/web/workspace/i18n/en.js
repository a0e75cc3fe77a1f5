// English. `{name}` is a value; `{n|one|many}` chooses a word by a number.

import collections from "./en/collections.js";
import compare from "./en/compare.js";
import explore from "./en/explore.js";
import shell from "./en/shell.js";
import train from "./en/train.js";

export default { ...collections, ...compare, ...explore, ...shell, ...train };
