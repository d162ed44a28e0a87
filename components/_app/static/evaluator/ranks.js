// Normal scores of features: their ranks among the training rows, through the inverse of the normal distribution.

// Ranks of 0 and 1 would become infinite.
const FURTHEST = 1e-3;
const ROOT_OF_2_PI = 2.50662827463100050242;
// exp(-2)
const TAIL = 0.13533528323661269189;
// Rational approximations of the inverse normal distribution, with the coefficients of the Cephes library
// (Moshier 1989), which SciPy has: near the middle, and for tails within exp(-32).
const MIDDLE = [
  [-59.9633501014107895267, 98.0010754185999661536, -56.6762857469070293439, 13.9312609387279679503,
    -1.23916583867381258016],
  [1, 1.95448858338141759834, 4.67627912898881538453, 86.3602421390890590575, -225.462687854119370527,
    200.260212380060660359, -82.0372256168333339912, 15.9056225126211695515, -1.18331621121330003142],
];
const OUTER = [
  [4.05544892305962419923, 31.5251094599893866154, 57.1628192246421288162, 44.0805073893200834700,
    14.6849561928858024014, 2.18663306850790267539, -0.140256079171354495875, -0.0350424626827848203418,
    -8.57456785154685413611e-4],
  [1, 15.7799883256466749731, 45.3907635128879210584, 41.3172038254672030440, 15.0425385692907503408,
    2.50464946208309415979, -0.142182922854787788574, -0.0380806407691578277194, -9.33259480895457427372e-4],
];

export class NormalScores {
  // ``quantiles`` has a row of ascending quantiles, evenly spaced from 0 to 1, for each feature.
  constructor({ shape: [nFeatures, n], values }) {
    this.quantiles = Array.from({ length: nFeatures }, (_, i) => values.subarray(i * n, (i + 1) * n));
    const step = 1 / (n - 1);
    this.ranks = Float64Array.from({ length: n }, (_, i) => (i === n - 1 ? 1 : i * step));
    this.step = step;
  }

  transform(features) {
    return Float32Array.from(features, (value, i) => this.score(value, this.quantiles[i]));
  }

  score(value, quantiles) {
    const last = countNotAbove(quantiles, value) - 1;
    let rank = 0;
    if (last >= 0) {
      const rise = last + 1 < quantiles.length ? quantiles[last + 1] - quantiles[last] : 0;
      const slope = rise > 0 ? this.step / rise : 0;
      rank = this.ranks[last] + slope * (value - quantiles[last]);
      if (value === quantiles[last]) {
        let first = last;
        while (first > 0 && quantiles[first - 1] === value) first -= 1;
        // A frequent value spans many quantiles; its rank is their middle.
        rank = (this.ranks[last] + this.ranks[first]) / 2;
      }
    }
    return invertNormal(Math.min(Math.max(rank, FURTHEST), 1 - FURTHEST));
  }
}

function countNotAbove(sorted, value) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Returns the quantile of the normal distribution at a probability from FURTHEST to 1 - FURTHEST.
function invertNormal(probability) {
  const isUpper = probability > 1 - TAIL;
  const y = isUpper ? 1 - probability : probability;
  if (y > TAIL) {
    const centred = y - 0.5;
    const square = centred * centred;
    const [above, below] = MIDDLE.map((coefficients) => evaluate(coefficients, square));
    return (centred + centred * ((square * above) / below)) * ROOT_OF_2_PI;
  }
  const x = Math.sqrt(-2 * Math.log(y));
  const z = 1 / x;
  const [above, below] = OUTER.map((coefficients) => evaluate(coefficients, z));
  const quantile = x - Math.log(x) / x - (z * above) / below;
  return isUpper ? quantile : -quantile;
}

function evaluate(coefficients, x) {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
