// A map as the server writes it: see likewise/analysis/projection/points.py.

/**
 * @typedef {{ id: string, name: string, size: number, terms: string[], example: number }} Topic
 * @typedef {{ clusters: number, found: boolean, unclustered: number, topics: Topic[], labels: any[] }} Level
 * @typedef {{ title: string, names: string[], low: number | null, high: number | null }} Column
 * @typedef {{ count: number, method: string, trustworthiness: number | null, sampled: number, levels: Level[],
 *   columns: Column[], coordinates: Uint16Array, other: Uint16Array | null, ids: string[], texts: string[], rows: Map<string, number>,
 *   groups: (name: string) => Uint16Array }} Points
 */

/** @param {ArrayBuffer} file @returns {Points} */
export function readPoints(file) {
  const view = new DataView(file);
  if (view.getUint32(0) !== 0x4c574d50) throw new Error("this is no map");
  const length = view.getUint32(4, true);
  const decoder = new TextDecoder();
  const header = JSON.parse(decoder.decode(new Uint8Array(file, 8, length)));
  const block = (/** @type {string} */ name) => {
    const { offset, bytes } = header.blocks[name];
    return { start: 8 + length + offset, bytes };
  };
  const numbers = (/** @type {string} */ name) => {
    const { start, bytes } = block(name);
    return new Uint16Array(file, start, bytes / 2); // blocks begin at multiples of 8
  };
  const { start, bytes } = block("texts");
  const { ids, texts } = JSON.parse(decoder.decode(new Uint8Array(file, start, bytes)));
  return {
    ...header,
    coordinates: numbers("positions"),
    other: header.blocks.other ? numbers("other") : null, // positions by another model
    ids,
    texts,
    rows: new Map(ids.map((/** @type {string} */ id, /** @type {number} */ n) => [id, n])),
    groups: numbers,
  };
}
