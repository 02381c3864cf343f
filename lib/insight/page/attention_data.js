"use strict";
// What the page knows: the weights, and the maps that are made of them. Rows are queries, columns are keys.

const kMean = -1; // as head: the mean of the layer's heads; as layer: of all layers
const kRollout = -2; // as head: attention rollout up to the layer

// A map of numbers (rows x columns), row-major.
class Grid {
  constructor(rows, columns) {
    this.rows = rows;
    this.columns = columns;
    this.values = new Float32Array(rows * columns);
  }
  at(row, column) {
    return this.values[row * this.columns + column];
  }
  row(row) {
    return this.values.subarray(row * this.columns, (row + 1) * this.columns);
  }
}

class Figure {
  // `weights`: the element that holds them, 16-bit fractions in base64; read when they are asked for.
  constructor(data, weights) {
    Object.assign(this, data);
    this.weights = weights;
    this.maps = new Map();
  }

  get fractions() {
    const bytes = atob(this.weights.textContent);
    const fractions = new Uint16Array(bytes.length / 2);
    for (let i = 0; i < fractions.length; ++i) {
      fractions[i] = bytes.charCodeAt(2 * i) | (bytes.charCodeAt(2 * i + 1) << 8);
    }
    Object.defineProperty(this, "fractions", { value: fractions });
    return fractions;
  }

  // The map of tokens that (layer, head) name; each is made once.
  map(layer, head) {
    const key = layer + ":" + head;
    if (!this.maps.has(key)) this.maps.set(key, this.make(layer, head));
    return this.maps.get(key);
  }

  make(layer, head) {
    if (head === kRollout) return this.rollout(layer === kMean ? this.layers - 1 : layer);
    if (layer === kMean) return this.meanOf([...Array(this.layers).keys()].map((l) => this.map(l, head)));
    if (head === kMean) return this.meanOf([...Array(this.heads).keys()].map((h) => this.map(layer, h)));
    const out = new Grid(this.queries.tokens.length, this.keys.tokens.length);
    const start = (layer * this.heads + head) * out.values.length;
    for (let i = 0; i < out.values.length; ++i) out.values[i] = this.fractions[start + i] / 65535;
    return out;
  }

  meanOf(grids) {
    const out = new Grid(grids[0].rows, grids[0].columns);
    for (const grid of grids) grid.values.forEach((value, i) => (out.values[i] += value / grids.length));
    return out;
  }

  // R = (W / 2 + I / 2) R, layer after layer: arXiv:2005.00928, eq. 1.
  rollout(lastLayer) {
    const W = this.map(lastLayer, kMean);
    const out = new Grid(W.rows, W.columns);
    if (lastLayer === 0) {
      W.values.forEach((weight, i) => (out.values[i] = weight / 2));
      for (let i = 0; i < W.rows; ++i) out.values[i * W.columns + i] += 0.5;
      return out;
    }
    const before = this.map(lastLayer - 1, kRollout);
    for (let i = 0; i < W.rows; ++i) {
      const target = out.row(i);
      for (let k = 0; k < W.columns; ++k) {
        const weight = W.at(i, k) / 2 + (i === k ? 0.5 : 0);
        const source = before.row(k);
        for (let j = 0; j < target.length; ++j) target[j] += weight * source[j];
      }
    }
    return out;
  }
}

// What stands along one side when pieces are joined or not and special tokens shown or not: each entry with its label
// and the tokens that it is made of.
function entriesOf(axis, isJoined, hasSpecial) {
  const entries = [];
  axis.tokens.forEach((token, index) => {
    if (token.special && !hasSpecial) return;
    const last = entries[entries.length - 1];
    if (isJoined && last && last.word === token.word) {
      last.tokens.push(index);
      return;
    }
    const label = isJoined ? axis.words[token.word] : token.label;
    entries.push({ label, word: token.word, special: token.special, tokens: [index] });
  });
  return entries;
}

// A word is attended to as much as its pieces together, and attends as the mean of its pieces.
function joinMap(map, queries, keys) {
  if (queries.length === map.rows && keys.length === map.columns) return map; // nothing joined, nothing hidden
  const out = new Grid(queries.length, keys.length);
  queries.forEach((query, i) => {
    keys.forEach((key, j) => {
      let sum = 0;
      for (const row of query.tokens) for (const column of key.tokens) sum += map.at(row, column);
      out.values[i * keys.length + j] = sum / query.tokens.length;
    });
  });
  return out;
}

const percent = (weight) => (100 * weight).toFixed(1) + " %";
