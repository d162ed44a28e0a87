// Functions of statistics. The last bits of exp, log and tanh may differ from those of Python's libraries.

// The logit of 0 and of 1 is infinite.
const LEAST = 1e-6;

export function expit(value) {
  return 1 / (1 + Math.exp(-value));
}

export function logit(probability) {
  return Math.log(probability / (1 - probability));
}

export function softmax(values) {
  const highest = Math.max(...values);
  const powers = Float64Array.from(values, (value) => Math.exp(value - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

// From the last sums of an estimator to its outputs.
export const LINKS = {
  identity: (values) => values,
  logistic: (values) => values.map(expit),
  softmax,
};

// Returns probabilities with their logits multiplied by a slope and, if there is one, shifted.
export function calibrate(outputs, slope, intercept) {
  const clipped = outputs.map((value) => Math.min(Math.max(value, LEAST), 1 - LEAST));
  if (outputs.length === 1) return clipped.map((value) => expit(slope * logit(value) + intercept));
  return softmax(clipped.map((value) => slope * Math.log(value)));
}
