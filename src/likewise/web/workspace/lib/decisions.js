// Decisions of a threshold, from counts of pairs by similarity and rating: nothing is computed again on the server.

/**
 * @typedef {{ first: number, step: number, ratings: number[], counts: number[][], unseen: number }} PairCounts as `likewise.evaluation.decisions` has them
 * @typedef {{ threshold: number, right: number, wrong: number, missed: number, precision: number, recall: number, f1: number }} Decision
 */

/** Where ratings from 0 to 1 begin to count as matches. */
const MATCH = 0.8;

/** The rating of the list from which pairs count as matches by default. @param {PairCounts} pairs */
export function matchFrom({ ratings }) {
  const least = ratings[0] + MATCH * (ratings[ratings.length - 1] - ratings[0]);
  return ratings.find((each) => each >= least - 1e-9) ?? 1;
}

/**
 * The decision of every threshold, from the lowest on.
 * @param {PairCounts} pairs @param {number} match the least rating that counts as a match
 * @returns {Decision[]}
 */
export function decisionsOf({ first, step, ratings, counts, unseen }, match) {
  const size = counts[0].length;
  const sum = (/** @type {boolean} */ matching, /** @type {number} */ column) => counts.reduce((total, row, n) => total + ((ratings[n] >= match - 1e-9) === matching ? row[column] : 0), 0);
  const matches = Array.from({ length: size }, (_, column) => sum(true, column)).reduce((a, b) => a + b, 0) + unseen;
  /** @type {Decision[]} */
  const found = [];
  let [right, wrong] = [0, 0];
  for (let column = size; column >= 0; column--) {
    if (column < size) {
      right += sum(true, column);
      wrong += sum(false, column);
    }
    const missed = matches - right;
    found.push({
      threshold: Number(((first + column) * step).toFixed(4)), right, wrong, missed,
      precision: right + wrong ? right / (right + wrong) : 1, recall: matches ? right / matches : 1, f1: (2 * right) / Math.max(1, 2 * right + wrong + missed),
    });
  }
  return found.reverse();
}

/** The decision that costs least; of several, that of the highest threshold. @param {Decision[]} decisions @param {number} wrong @param {number} missed */
export const bestOf = (decisions, wrong, missed) => decisions.reduce((best, each) => (wrong * each.wrong + missed * each.missed <= wrong * best.wrong + missed * best.missed ? each : best));

/** The decision nearest to a threshold. @param {Decision[]} decisions @param {number} threshold */
export const decisionAt = (decisions, threshold) => decisions.reduce((best, each) => (Math.abs(each.threshold - threshold) < Math.abs(best.threshold - threshold) ? each : best));
