// What two texts differ in, word by word.

const MOST = 400; // words; longer texts are compared up to there

/** @typedef {{ text: string, same: boolean }} Part */

/** Words, marks and spaces. @param {string} text */
const pieces = (text) => text.match(/\p{Script=Han}|[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];

/**
 * The longest common subsequence of two texts (Wagner and Fischer 1974).
 * @param {string} left @param {string} right
 * @returns {[Part[], Part[]]} both in parts that the other has, or not
 */
export function diff(left, right) {
  const a = pieces(left).slice(0, MOST);
  const b = pieces(right).slice(0, MOST);
  const width = b.length + 1;
  const length = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      length[i * width + j] = equal(a[i], b[j])
        ? length[(i + 1) * width + j + 1] + 1
        : Math.max(length[(i + 1) * width + j], length[i * width + j + 1]);
    }
  }
  /** @type {[Part[], Part[]]} */
  const found = [[], []];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && equal(a[i], b[j])) {
      push(found[0], a[i++], true);
      push(found[1], b[j++], true);
    } else if (j >= b.length || (i < a.length && length[(i + 1) * width + j] >= length[i * width + j + 1])) {
      push(found[0], a[i++], false);
    } else push(found[1], b[j++], false);
  }
  return found;
}

/** @param {string} one @param {string} other */
const equal = (one, other) => one === other || one.toLowerCase() === other.toLowerCase();

/** @param {Part[]} parts @param {string} text @param {boolean} same */
function push(parts, text, same) {
  const last = parts[parts.length - 1];
  if (last?.same === same) last.text += text;
  else parts.push({ text, same });
}
