// The mathematics of descent on a quadratic whose axes are its eigenvectors; the counterpart of
// d2lmini.descent and d2lmini.spectrum (a test runs both on the same cases). No drawing here.

/**
 * @typedef {{eta: number, beta: number, lams: number[], start: number[], steps: number}} Setting
 * @typedef {{x: number[][], overflowed: boolean}} Trace
 */

/**
 * The loss ½ Σ λᵢ xᵢ².
 * @param {number[]} x
 * @param {number[]} lams
 * @returns {number}
 */
export function loss(x, lams) {
  return x.reduce((sum, xi, i) => sum + 0.5 * lams[i] * xi * xi, 0);
}

/**
 * The iterates of v ← βv + g, x ← x − ηv; β = 0 is gradient descent.
 * It stops before the first point that is not finite, and then says `overflowed`.
 * @param {Setting} setting
 * @returns {Trace}
 */
export function trajectory({ eta, beta, lams, start, steps }) {
  const x = [[...start]];
  let v = start.map(() => 0);
  for (let t = 0; t < steps; t++) {
    const now = x[t];
    v = v.map((vi, i) => beta * vi + lams[i] * now[i]);
    const next = now.map((xi, i) => xi - eta * v[i]);
    if (![...next, ...v].every(Number.isFinite)) return { x, overflowed: true };
    x.push(next);
  }
  return { x, overflowed: false };
}

/**
 * The spectral radius of [[β, λ], [−ηβ, 1 − ηλ]], whose trace is 1 + β − ηλ and determinant β.
 * @param {number} lam
 * @param {number} eta
 * @param {number} [beta]
 * @returns {number}
 */
export function rate(lam, eta, beta = 0) {
  // Without this case the cancellation in trace² − 4β would cost digits where β is 0.
  if (beta === 0) return Math.abs(1 - eta * lam);
  const trace = 1 + beta - eta * lam;
  const discriminant = trace * trace - 4 * beta;
  if (discriminant < 0) return Math.sqrt(beta);
  return (Math.abs(trace) + Math.sqrt(discriminant)) / 2;
}

/**
 * The best fixed η, and the best fixed pair (η, β), for eigenvalues between two bounds.
 * @param {number} low
 * @param {number} high
 * @returns {{gd: number, eta: number, beta: number}}
 */
export function optimum(low, high) {
  const [a, b] = [Math.sqrt(low), Math.sqrt(high)];
  return { gd: 2 / (low + high), eta: (2 / (a + b)) ** 2, beta: ((b - a) / (b + a)) ** 2 };
}
