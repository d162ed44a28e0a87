// Means over the nearest known rows, weighted by distance.

// Squared distances are counted in this share of a known row's mean squared length.
const STEP = 1e-6;

export class Neighbours {
  constructor(rows, values, nNeighbours) {
    const [nRows, nFeatures] = rows.shape;
    this.rows = Array.from({ length: nRows }, (_, i) =>
      Float64Array.from(rows.values.subarray(i * nFeatures, (i + 1) * nFeatures)),
    );
    this.squares = this.rows.map(sumSquares);
    this.step = STEP * (this.squares.reduce((sum, square) => sum + square, 0) / nRows) || 1;
    this.nOutputs = values.shape[1];
    this.values = values.values;
    this.nNeighbours = nNeighbours;
  }

  // Of equally far rows the first count. Rows at distance 0 decide alone.
  average(features) {
    const own = sumSquares(features);
    const steps = this.rows.map((row, i) => {
      const square = -2 * multiply(features, row) + own + this.squares[i];
      return roundHalfEven(square / this.step);
    });
    const furthest = Float64Array.from(steps).sort()[this.nNeighbours - 1];
    const nearer = findAll(steps, (square) => square < furthest);
    const asFar = findAll(steps, (square) => square === furthest);
    const nearest = [...nearer, ...asFar.slice(0, this.nNeighbours - nearer.length)];
    const near = nearest.map((i) => Math.sqrt(Math.max(steps[i], 0)));
    const weights = near.includes(0) ? near.map((far) => (far === 0 ? 1 : 0)) : near.map((far) => 1 / far);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return Float64Array.from({ length: this.nOutputs }, (_, output) => {
      const sum = nearest.reduce((all, i, n) => all + weights[n] * this.values[i * this.nOutputs + output], 0);
      return sum / total;
    });
  }
}

export function sumSquares(values) {
  return multiply(values, values);
}

export function multiply(left, right) {
  let sum = 0;
  for (let i = 0; i < left.length; i += 1) sum += left[i] * right[i];
  return sum;
}

function findAll(values, isWanted) {
  return values.flatMap((value, i) => (isWanted(value) ? [i] : []));
}

function roundHalfEven(value) {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
}
